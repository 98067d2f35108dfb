"""Following logs: a line that is written is told of at once, also in folders that come later."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import wait_until
from tokenmon.ingest import following
from tokenmon.ingest.following import changed_tools


class Follower:
    """Gathers what is told, in a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[frozenset[str]] = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._gather)

    def folders(self) -> dict[str, list[Path]]:
        named = {name: self.folder / name for name in ("a", "b")}
        return {name: [path] if path.exists() else [] for name, path in named.items()}

    def _gather(self) -> None:
        for names in changed_tools(self.folders, self.stop):
            self.told.append(names)


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    monkeypatch.setattr(following, "LOOK_AGAIN_MS", 100)
    (tmp_path / "a").mkdir()
    made = Follower(tmp_path)
    made.thread.start()
    yield made
    made.stop.set()
    made.thread.join(10)
    assert not made.thread.is_alive()


def test_a_change_names_the_tool_whose_folder_it_is_in(follower: Follower) -> None:
    wait_until(lambda: follower.told[:1] == [frozenset({"a", "b"})])

    (follower.folder / "a" / "s.jsonl").write_bytes(b"{}\n")

    wait_until(lambda: frozenset({"a"}) in follower.told)


def test_a_folder_that_comes_later_is_followed_too(follower: Follower) -> None:
    wait_until(lambda: len(follower.told) > 0)
    (follower.folder / "b").mkdir()
    wait_until(lambda: follower.told.count(frozenset({"a", "b"})) > 1)

    (follower.folder / "b" / "s.jsonl").write_bytes(b"{}\n")

    wait_until(lambda: frozenset({"b"}) in follower.told)
