"""How far logs were read, on both databases."""

from dataclasses import replace

from tokenmon.core.import_state import FileState
from tokenmon.storage.store import Store

STATE = FileState("/home/ann/日本.jsonl", 2**63 - 1, 2000, 1_777_800_000_000_000_000, 1900, 12, bytes(range(16)), b"{}")


def test_a_state_comes_back_as_it_was(store: Store) -> None:
    store.save_import_states("laptop", "codex", [STATE, replace(STATE, path="b", context=None)])

    assert store.import_states("laptop", "codex") == {STATE.path: STATE, "b": replace(STATE, path="b", context=None)}


def test_machines_and_tools_are_apart(store: Store) -> None:
    store.save_import_states("laptop", "codex", [STATE])

    assert store.import_states("desktop", "codex") == {}
    assert store.import_states("laptop", "claude-code") == {}


def test_a_later_state_takes_the_place_of_an_earlier_one(store: Store) -> None:
    store.save_import_states("laptop", "codex", [STATE])
    later = replace(STATE, size=3000, offset=3000, lines=20)
    store.save_import_states("laptop", "codex", [later])
    store.save_import_states("laptop", "codex", [])

    assert store.import_states("laptop", "codex") == {STATE.path: later}
