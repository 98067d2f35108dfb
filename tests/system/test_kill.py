"""Nothing is lost: not by kill -9 at any moment, not by a database that is locked, read-only or full.

In its short form each kind of killing has a few rounds, and a locked database is waited for a moment only;
`SOAK_ROUNDS=20` kills that often, and locks for longer than the proxy waits for a lock.
"""

import http.client
import json
import os
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.limits import bound_by_permissions, files_that_cannot_grow, needs_file_limits, needs_permissions
from tests.system.process import ProxyProcess, add_platform, create_key, proxy_process, told_here
from tests.system.upstream import Upstream, upstream
from tests.waiting import wait_until

IS_LONG = "SOAK_ROUNDS" in os.environ
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "3"))
LOCKED_SECONDS = 10 if IS_LONG else 0
# A pause of the clients whose proxy runs on for seconds, until another one has started beside it.
WHILE_ANOTHER_STARTS = 0.01
BODY = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]})
STREAM_BODY = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "stream": True})


class Client(threading.Thread):
    """Calls until the proxy is gone; keeps the ids of the answers that came whole."""

    def __init__(self, port: int, key: str, pause: float) -> None:
        super().__init__(daemon=True)
        self.port, self.key, self.pause = port, key, pause
        self.whole: list[str] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        bodies = [BODY, STREAM_BODY]
        try:
            while True:
                bodies.reverse()
                connection.request("POST", "/work/v1/chat/completions", body=bodies[0], headers=headers)
                answer = connection.getresponse()
                text = answer.read().decode()
                if answer.status == 200:
                    start = text.index('"id"') + 4
                    self.whole.append(text[start:].split('"')[1])
                time.sleep(self.pause)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def prepare(home: Path, provider: Upstream) -> str:
    add_platform(home, "work", "openai", f"http://127.0.0.1:{provider.port}/v1")
    return create_key(home, "tests")


def stored_ids(home: Path) -> Counter[str]:
    return Counter(record["response_id"] for record in told_here(home, "logs", "--limit", "1000000"))


def start_clients(process: ProxyProcess, key: str, count: int, *, pause: float = 0) -> list[Client]:
    """Clients that call at the same time, each with a pause between its calls."""
    clients = [Client(process.port, key, pause) for _ in range(count)]
    for client in clients:
        client.start()
    return clients


class SmallSegmentsProxy(ProxyProcess):
    """A proxy that begins a new segment of its journal every dozen records instead of every 8 MB."""

    program = ("-c", "import tokenmon.ingest.writer as w; w.SEGMENT_BYTES = 8192; import tokenmon.cli as c; c.main()")


class ImpatientProxy(ProxyProcess):
    """A proxy that waits for a lock a moment instead of five seconds."""

    program = (
        "-c",
        "from tokenmon.storage.store import Store; Store.open.__func__.__kwdefaults__['busy_timeout_seconds'] = 0.2; "
        "import tokenmon.cli as c; c.main()",
    )


def end_clients(clients: list[Client]) -> list[str]:
    """The ids of the answers that came whole, of clients whose proxy is gone."""
    for client in clients:
        client.join(20)
    return [one for client in clients for one in client.whole]


def wait_for_a_new_segment(home: Path, pid: int) -> None:
    first = journal_files(home, pid)
    wait_until(lambda: first.isdisjoint(journal_files(home, pid)))


def journal_files(home: Path, pid: int | None = None) -> set[str]:
    """The names of the journal's segments: all, or those that one process made."""
    of_whom = "*" if pid is None else f"*-{pid}-*"
    return {path.name for path in (home / "state" / "journal").glob(of_whom + ".jsonl")}


def assert_nothing_is_lost(home: Path, whole: list[str]) -> None:
    """After one more start all whole answers are stored, no call twice, and the journal is empty."""
    with proxy_process(home) as process:
        pass
    stored = stored_ids(home)
    assert [one for one in whole if stored[one] != 1] == []
    assert [one for one, count in stored.items() if one is not None and count != 1] == []
    assert journal_files(home) == set()
    assert "stopped; everything is stored" in process.talk


@pytest.mark.soak
def test_a_killed_proxy_loses_no_whole_response_and_records_none_twice(home: Path) -> None:
    chance = random.Random(20261123)
    whole: list[str] = []
    with upstream() as provider:
        key = prepare(home, provider)
        for _ in range(ROUNDS):
            process = ProxyProcess(home)
            clients = start_clients(process, key, 4)
            # The random moment is what this test is about: nothing can be waited for instead.
            time.sleep(chance.uniform(0.02, 0.4))
            process.kill()
            whole += end_clients(clients)

        assert len(whole) > 10 * ROUNDS
        assert_nothing_is_lost(home, whole)


@pytest.mark.soak
def test_a_proxy_that_is_killed_between_its_segments_loses_nothing(home: Path) -> None:
    chance = random.Random(20261125)
    whole: list[str] = []
    with upstream() as provider:
        key = prepare(home, provider)
        for _ in range(ROUNDS):
            process = SmallSegmentsProxy(home)
            clients = start_clients(process, key, 4)
            # From the first new segment on there is another one several times a second.
            wait_for_a_new_segment(home, process.pid)
            time.sleep(chance.uniform(0, 0.2))
            process.kill()
            whole += end_clients(clients)

        assert len(whole) > 10 * ROUNDS
        assert_nothing_is_lost(home, whole)


def test_a_proxy_that_is_killed_before_a_locked_database_loses_nothing(home: Path) -> None:
    with upstream() as provider:
        key = prepare(home, provider)
        process = ProxyProcess(home)
        with locked(home):
            clients = start_clients(process, key, 4)
            wait_until(lambda: health(process)["journal_backlog_bytes"] > 20_000)
            process.kill()
            whole = end_clients(clients)

        assert len(whole) > 20
        assert_nothing_is_lost(home, whole)


@pytest.mark.soak
def test_two_proxies_with_one_home_that_are_killed_in_turn_lose_nothing(home: Path) -> None:
    chance = random.Random(20261124)
    whole: list[str] = []
    with upstream() as provider:
        key = prepare(home, provider)
        pair = ProxyProcess(home), ProxyProcess(home)
        running = [(one, start_clients(one, key, 2, pause=WHILE_ANOTHER_STARTS)) for one in pair]
        for _ in range(ROUNDS):
            # As above: the moment is random on purpose.
            time.sleep(chance.uniform(0.02, 0.3))
            process, clients = running.pop(chance.randrange(2))
            process.kill()
            whole += end_clients(clients)
            process = SmallSegmentsProxy(home)
            running.append((process, start_clients(process, key, 2, pause=WHILE_ANOTHER_STARTS)))
        for process, clients in running:
            process.kill()
            whole += end_clients(clients)

        assert len(whole) > 8 * ROUNDS
        assert_nothing_is_lost(home, whole)


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """The database held by another program."""
    with closing(sqlite3.connect(home / "data" / "tokenmon.db", isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        yield
        holder.execute("ROLLBACK")


def call_many(process: ProxyProcess, key: str, count: int) -> list[str]:
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    ids = []
    for _ in range(count):
        connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=10)
        connection.request("POST", "/work/v1/chat/completions", body=BODY, headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200
        ids.append(json.loads(answer.read())["id"])
        connection.close()
    return ids


def wait_for_records(home: Path, count: int, seconds: float = 30) -> None:
    database = sqlite3.connect(f"file:{home / 'data' / 'tokenmon.db'}?mode=ro", uri=True)
    try:
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            if database.execute("SELECT count(*) FROM records").fetchone()[0] >= count:
                return
            time.sleep(0.02)
        raise AssertionError("the records did not arrive in time")
    finally:
        database.close()


def health(process: ProxyProcess) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        told: dict[str, Any] = json.loads(connection.getresponse().read())
        return told
    finally:
        connection.close()


@pytest.mark.soak
def test_a_locked_database_fails_no_call_and_a_stop_before_it_tells_what_waits(home: Path) -> None:
    start = ProxyProcess if IS_LONG else ImpatientProxy
    with upstream() as provider:
        key = prepare(home, provider)
        process = start(home, TOKENMON_PROXY_STOP_TIMEOUT_SECONDS="1")
        with locked(home):
            ends_at = time.monotonic() + LOCKED_SECONDS
            ids = call_many(process, key, 40)
            while time.monotonic() < ends_at or health(process)["status"] != "degraded":
                ids += call_many(process, key, 1)
                time.sleep(0.1)
        wait_for_records(home, len(ids))
        stored = stored_ids(home)

        with locked(home):
            late = call_many(process, key, 3)
            code = process.stop()

        assert stored == Counter(ids)
        assert code == 0
        assert "stopped; 3 records wait in the journal: the next start stores them\n" in process.talk
        assert_nothing_is_lost(home, ids + late)


# Room for the journal's lines of a few calls, not for the pages that one transaction adds to SQLite's log.
SMALL_FILE = 8 * 1024


@needs_file_limits
def test_a_disk_without_room_for_the_database_and_then_for_the_journal_fails_no_call_and_loses_no_record(
    home: Path,
) -> None:
    with upstream() as provider:
        key = prepare(home, provider)
        with proxy_process(home) as process:
            with files_that_cannot_grow(SMALL_FILE, pid=process.pid):
                ids = call_many(process, key, 6)
                wait_until(lambda: health(process)["status"] == "degraded")
                told = health(process)
            wait_for_records(home, len(ids))
            stored = stored_ids(home)

            assert "the database" in told["problem"]
            assert (told["journal_failures"], told["journal_backlog_bytes"] > 0) == (0, True)
            assert stored == Counter(ids)

            with files_that_cannot_grow(0, pid=process.pid):
                ids += call_many(process, key, 6)
                told = health(process)
            ids += call_many(process, key, 1)
            wait_for_records(home, len(ids))

        assert (told["status"], told["journal_failures"]) == ("degraded", 6)
        assert stored_ids(home) == Counter(ids)


def set_mode(folder: Path, mode: int) -> None:
    for path in folder.iterdir():
        path.chmod(mode)


@needs_permissions
def test_a_read_only_database_fails_no_call_and_loses_no_record(home: Path) -> None:
    with upstream() as provider:
        key = prepare(home, provider)
        set_mode(home / "data", 0o400)
        process = bound_by_permissions(lambda: ProxyProcess(home))
        try:
            ids = call_many(process, key, 20)
            wait_until(lambda: health(process)["status"] == "degraded")
            told = health(process)
            set_mode(home / "data", 0o600)
            wait_for_records(home, len(ids))
        finally:
            process.stop()

        assert "is read-only" in told["problem"]
        assert stored_ids(home) == Counter(ids)
