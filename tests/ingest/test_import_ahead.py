"""Reading in a process of its own: what is stored is what reading here stores, and no process stays behind."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.core.sample import NOON
from tests.ingest.importers import test_codex as codex
from tests.ingest.importers.logs import Machine, line
from tests.ingest.importers.test_claude_code import FILE, FOLDER, answer
from tests.ingest.importers.test_codex_limits import FULL, refresh
from tests.ingest.test_importing import numbered
from tokenmon.errors import TokenmonError
from tokenmon.ingest import import_ahead, import_batches, import_reading, log_files
from tokenmon.ingest.import_ahead import reading_ahead
from tokenmon.ingest.import_audit import audit_json
from tokenmon.ingest.import_order import Order, read_order
from tokenmon.ingest.importers.tools import TOOLS
from tokenmon.providers.catalogue import Catalogue
from tokenmon.storage.store import Store

NO_TEXT = b"no-\xfftext"


@pytest.fixture
def machines(tmp_path: Path, catalogue: Catalogue) -> Iterator[list[Machine]]:
    """Two machines with the same logs, each with a store of its own."""
    root = tmp_path / "logs"
    root.mkdir()
    stores = [Store.open(f"sqlite:///{tmp_path}/{name}.db") for name in ("here", "ahead")]
    yield [Machine(root, store, catalogue) for store in stores]
    for store in stores:
        store.close()


def write_claude_code(machine: Machine) -> None:
    """Calls and their repeats over several files, in blocks and batches, with all that can be wrong with them."""
    machine.write(FILE, *(numbered(number) for number in range(70)))
    machine.write(f"{FOLDER}/two.jsonl", *(numbered(number, 20) for number in range(60, 90)), b"{nonsense}\n", b"no\n")
    synthetic = answer("msg_012345678901234567890")
    synthetic["message"] |= {"model": "<synthetic>", "usage": {"input_tokens": 0, "output_tokens": 0}}
    machine.write(f"{FOLDER}/three.jsonl", synthetic, answer(None), line(numbered(95)).rstrip())
    machine.write(f"{FOLDER}/four.jsonl", numbered(96), line(numbered(97))[:300])
    if sys.platform == "linux":
        machine.write(f"{FOLDER}/{os.fsdecode(NO_TEXT)}.jsonl", numbered(98))


def write_codex(machine: Machine) -> None:
    """A session that tells of limits, and one that began from it, which only the parent's file explains."""
    parent = [codex.meta(), codex.turn(), *(codex.tokens(total) for total in codex.TOTALS), refresh(FULL)]
    machine.write(codex.name_of("0199-aa"), *parent)
    forked = codex.meta("0199-bb", forked_from_id="0199-aa")
    copied = [codex.tokens(total) for total in codex.TOTALS]
    machine.write(codex.name_of("0199-bb"), forked, codex.turn(), *copied, codex.tokens((40000, 30000, 990, 320)))
    if sys.platform == "linux":
        machine.write(f"{codex.DAY}/{os.fsdecode(NO_TEXT)}.jsonl", codex.turn(), codex.tokens((50, 0, 5, 0)))


def order_of(machine: Machine) -> Order:
    tool = TOOLS["claude-code"]
    found = log_files.find(tool, [machine.root], lambda path, reason: None)
    return Order(tool, found, found, [None] * len(found), None)


@pytest.mark.parametrize(("tool", "write"), [("claude-code", write_claude_code), ("codex", write_codex)])
def test_both_roads_store_the_same(
    tool: str, write: Callable[[Machine], None], machines: list[Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, ahead = machines
    monkeypatch.setattr(import_batches, "BATCH", 13)
    write(here)

    audits = []
    for machine, is_apart in ((here, False), (ahead, True)):
        monkeypatch.setattr(import_ahead, "is_worth_it", lambda _, chosen=is_apart: chosen)
        audits.append(audit_json(machine.run(tool), dry_run=False, now=NOON))

    assert audits[0] == audits[1]
    assert audits[0]["records_new"] > 3
    assert here.records() == ahead.records()
    assert here.store.groups(here.everything, ("hour", "model")) == ahead.store.groups(
        ahead.everything, ("hour", "model")
    )
    limits = here.store.official_limits()
    assert limits == ahead.store.official_limits()
    assert {one.machine for one in limits} == ({"here"} if tool == "codex" else set())
    assert here.store.import_states("here", tool) == ahead.store.import_states("here", tool)
    assert (audit := ahead.run(tool)).unchanged == audit.files


def test_portions_are_small_whatever_a_file_holds(machines: list[Machine], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_reading, "PORTION", 3)
    machines[0].write(FILE, *(numbered(number) for number in range(8)))

    with reading_ahead(order_of(machines[0])) as portions:
        whole = [len(portion.calls) for portion in portions]
    parts = [len(portion.calls) for portion in read_order(order_of(machines[0]))]

    # The other process goes by its own bound.
    assert (whole, parts) == ([8], [3, 3, 2])


@pytest.mark.parametrize(
    ("words", "told"),
    [("import sys; sys.exit('no memory')", "no memory"), ("import os; os._exit(9)", "code 9")],
)
def test_a_process_that_ends_early_is_told(
    words: str, told: str, machines: list[Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_ahead, "CHILD", ("-c", words))
    monkeypatch.setattr(import_ahead, "is_worth_it", lambda _: True)
    machines[0].write(FILE, numbered(1))

    with pytest.raises(TokenmonError, match=f"ended early: {told}"):
        machines[0].run("claude-code")

    assert machines[0].store.import_states("here", "claude-code") == {}


def test_portions_that_break_off_are_told(machines: list[Machine], monkeypatch: pytest.MonkeyPatch) -> None:
    words = "import sys; sys.stdout.buffer.write(bytes([0, 0, 1, 0, 5]))"
    monkeypatch.setattr(import_ahead, "CHILD", ("-c", words))

    with pytest.raises(TokenmonError, match="ended early"), reading_ahead(order_of(machines[0])) as portions:
        list(portions)


# Tells its number as that of a file, and then stays.
STAYING = """
import os, sys, threading, msgspec
from tokenmon.ingest.import_portion import Portion
packed = msgspec.msgpack.encode(Portion(os.getpid()))
sys.stdout.buffer.write(len(packed).to_bytes(4, "big") + packed)
sys.stdout.flush()
threading.Event().wait()
"""


@pytest.mark.skipif(os.name == "nt", reason="asks for a process as POSIX tells it")
def test_an_interrupt_leaves_no_process_behind(machines: list[Machine], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_ahead, "CHILD", ("-c", STAYING))
    numbers = []

    with suppress(KeyboardInterrupt), reading_ahead(order_of(machines[0])) as portions:
        numbers.append(next(portions).file)
        raise KeyboardInterrupt

    (number,) = numbers
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_little_is_read_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_ahead, "_cores", lambda: 2)

    worth = [import_ahead.is_worth_it(size) for size in (1000, 10 << 20, 1 << 30)]
    monkeypatch.setattr(import_ahead, "_cores", lambda: 1)

    assert worth == [False, False, True]
    assert not import_ahead.is_worth_it(1 << 30)
