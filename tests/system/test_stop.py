"""Stopping, and two proxies in one home: streams in flight are finished, and no proxy takes another's journal."""

import http.client
import json
import os
import signal
import socket
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.proxy.running import platform
from tests.system.process import ProxyProcess, proxy_process
from tests.system.upstream import Upstream, upstream
from tests.waiting import wait_until
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.session import open_session

CALL = "/work/v1/chat/completions"
BODY = json.dumps({"model": "gpt-4o", "messages": []})
STREAM_BODY = json.dumps({"model": "gpt-4o", "messages": [], "stream": True})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def provider(home: Path) -> Iterator[Upstream]:
    """A provider, and the platform `work` that callers bring their own key to."""
    with upstream() as running, open_session() as session:
        session.store.add_platform(platform("work", f"http://127.0.0.1:{running.port}/v1"))
        yield running


def records() -> list[UsageRecord]:
    with open_session() as session:
        return list(session.store.iter_records(Filter(Period(None, None))))


def call(process: ProxyProcess, count: int) -> list[str]:
    """Whole answers, one after the other; their ids."""
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=10)
    with closing(connection):
        ids = []
        for _ in range(count):
            connection.request("POST", CALL, body=BODY, headers={"content-type": "application/json"})
            ids.append(json.loads(connection.getresponse().read())["id"])
        return ids


@contextmanager
def stream_in_flight(process: ProxyProcess, provider: Upstream) -> Iterator[http.client.HTTPResponse]:
    """A stream whose first event has come and whose end the provider holds back."""
    provider.may_finish.clear()
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=20)
    with closing(connection):
        connection.request("POST", CALL, body=STREAM_BODY, headers={"content-type": "application/json"})
        answer = connection.getresponse()
        assert answer.readline().startswith(b"data: ")
        yield answer
    provider.may_finish.set()


def is_listening(process: ProxyProcess) -> bool:
    try:
        socket.create_connection(("127.0.0.1", process.port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def tell_to_stop(process: ProxyProcess, number: int) -> None:
    """Send a signal, and wait until no new caller is taken."""
    os.kill(process.pid, number)
    wait_until(lambda: not is_listening(process))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["SIGTERM", "Ctrl-C"])
def test_a_stop_lets_the_stream_in_flight_finish_and_stores_it(
    home: Path, provider: Upstream, number: int, code: int
) -> None:
    process = ProxyProcess(home)
    with stream_in_flight(process, provider) as answer:
        tell_to_stop(process, number)
        provider.may_finish.set()
        rest = answer.read()

    assert process.wait() == code

    assert rest.endswith(b"data: [DONE]\n\n")
    assert [(one.stream, one.usage_source, one.error_type) for one in records()] == [(True, "provider", None)]
    assert list((home / "state" / "journal").iterdir()) == []


def test_a_stream_that_outlives_the_stops_time_is_cut_and_recorded(home: Path, provider: Upstream) -> None:
    process = ProxyProcess(home, TOKENMON_PROXY_STOP_TIMEOUT_SECONDS="1")
    with stream_in_flight(process, provider) as answer:
        code = process.stop()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()

    assert code == 0
    assert [(one.usage_source, one.error_type) for one in records()] == [("estimated", "proxy_stopped")]


def test_a_second_ctrl_c_waits_for_no_stream(home: Path, provider: Upstream) -> None:
    process = ProxyProcess(home)
    with stream_in_flight(process, provider) as answer:
        tell_to_stop(process, signal.SIGINT)
        os.kill(process.pid, signal.SIGINT)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
        code = process.wait()

    assert code == 130


@contextmanager
def locked_database(home: Path) -> Iterator[None]:
    """Nothing is stored meanwhile: what is called stays in the journals."""
    with closing(sqlite3.connect(home / "data" / "tokenmon.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")


def segments(home: Path) -> set[str]:
    return {path.name for path in (home / "state" / "journal").glob("*.jsonl")}


def response_ids(found: list[UsageRecord]) -> Counter[Any]:
    return Counter(one.response_id for one in found)


def test_two_proxies_in_one_home_leave_each_others_journal_alone(home: Path, provider: Upstream) -> None:
    with proxy_process(home) as first:
        with locked_database(home):
            ids = call(first, 5)
            own = segments(home)
            second = ProxyProcess(home)
            ids += call(second, 5)
        wait_until(lambda: len(records()) == 10)
        both = segments(home)
        code = second.stop()
        left = segments(home)

    assert (len(own), len(both), own < both, left, code) == (1, 2, True, own, 0)
    assert response_ids(records()) == Counter(ids)
    assert segments(home) == set()


def test_what_a_killed_proxy_leaves_is_stored_by_the_next_while_another_runs(home: Path, provider: Upstream) -> None:
    with proxy_process(home) as first:
        second = ProxyProcess(home)
        with locked_database(home):
            ids = call(first, 3) + call(second, 3)
            second.kill()
        with proxy_process(home):
            wait_until(lambda: len(records()) == 6)

    assert response_ids(records()) == Counter(ids)
    assert segments(home) == set()
