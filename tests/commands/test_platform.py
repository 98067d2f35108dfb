"""Platforms as typed: added, changed and removed, and no key shown or taken by mistake."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.commands.runner import Home, is_one_line_and_a_hint
from tests.core.sample import call
from tokenmon.core.headroom import Headroom
from tokenmon.session import open_session

SECRET = "sk-test-key-000000001234"


def test_a_platform_is_added_shown_changed_and_removed(home: Home) -> None:
    options = ("--provider", "openai", "--key-stdin", "--input-price", "0.002", "--per", "1K", "--quota", "100 USD")
    added = home.run("platform", "add", "work", *options, "--json", text=SECRET + "\n")
    edited = home.run("platform", "edit", "work", "--warn-at", "90", "--billing", "subscription", "--json")
    listed = home.run("platform", "list", "--json")
    removed = home.run("platform", "remove", "work", "--yes")

    assert (added.code, edited.code, removed.code) == (0, 0, 0)
    assert (added.json["input_price"], added.json["key_hint"]) == ("2", "1234")
    assert edited.json["quota"] == {"amount": "100", "unit": "usd", "period": "month", "warn_at": 90}
    assert (listed.json[0]["billing"], listed.json[0]["has_key"]) == ("subscription", True)
    assert home.run("platform", "list", "--json").json == []


@pytest.mark.parametrize("options", [(), ("--no-input",)])
def test_nothing_is_removed_unasked(work: Home, options: tuple[str, ...]) -> None:
    done = work.run("platform", "remove", "work", *options)

    assert (done.code, "--yes" in done.err) == (2, True)
    assert is_one_line_and_a_hint(done)
    assert work.run("platform", "show", "work").code == 0


@pytest.mark.parametrize("options", [(), ("--json",), ("--per", "1K"), ("--period", "month")])
def test_an_edit_of_nothing_is_a_mistake(work: Home, options: tuple[str, ...]) -> None:
    done = work.run("platform", "edit", "work", *options)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("tokenmon: error: nothing to change is given\nhint: ")


@pytest.mark.parametrize("command", [("add", "other", "--provider", "openai"), ("edit", "work")])
def test_a_client_key_is_no_providers_key(work: Home, command: tuple[str, ...]) -> None:
    token = work.run("key", "create", "laptop").out.strip()

    done = work.run("platform", *command, "--key-stdin", text=token)

    assert (done.code, "a client key of tokenmon" in done.err) == (2, True)
    assert token not in done.err


def test_no_key_is_printed_or_stored_in_the_clear(work: Home) -> None:
    texts = [work.run(*words) for words in (("platform", "list"), ("platform", "show", "work"), ("doctor",))]

    assert all(SECRET not in done.out + done.err for done in texts)
    assert all(SECRET.encode() not in path.read_bytes() for path in work.folder.rglob("*") if path.is_file())


def test_a_price_per_thousand_by_mistake_is_told(home: Home) -> None:
    done = home.run("platform", "add", "w", "--provider", "openai", "--no-key", "--input-price", "2.5", "--per", "1K")

    assert done.code == 0
    assert "is --per right?" in done.err


@pytest.fixture
def called(work: Home) -> Home:
    """A home whose platform has two calls, one of them failed, and headroom beside a wait that is over."""
    now = datetime.now(UTC)
    minute = timedelta(minutes=1)
    with open_session() as session:
        session.store.add([
            call("good", now - minute, platform="work", latency_ms=900, time_to_first_chunk_ms=80),
            call("bad", now - 2.5 * minute, platform="work", status=429, error_type="rate_limit_error"),
        ])  # fmt: skip
        session.store.save_headroom([
            Headroom("work", "requests", 5000, 4999, now + 5.5 * minute, now),
            Headroom("work", "retry", None, None, now - minute, now - 2 * minute),
        ])  # fmt: skip
    return work


def test_show_tells_health_and_headroom(called: Home) -> None:
    shown = called.run("platform", "show", "work").out

    lines = dict(line.split("  ", 1) for line in shown.splitlines())
    values = {name: value.strip() for name, value in lines.items()}
    assert values["health"] == "ok"
    assert values["last hour"] == ("2 calls, 1 failed (50.0%), 900 ms on average, first piece of a stream after 80 ms")
    assert (values["last call"], values["last error"]) == ("1m ago", "rate_limit_error, 2m ago")
    assert values["left of requests"].startswith("4,999 of 5,000 left (99 %), resets in 5m; ")
    assert "left of retry" not in values


def test_show_as_json_keeps_its_keys_and_tells_health_and_headroom(called: Home) -> None:
    shown = called.run("platform", "show", "work", "--json").json
    listed = called.run("platform", "list", "--json").json[0]

    assert {name: shown[name] for name in listed} == listed
    assert shown.keys() - listed.keys() == {"health", "headroom"}
    assert shown["health"]["state"] == "ok"
    assert shown["health"]["last_hour"] == {
        "requests": 2, "errors": 1, "error_share": 0.5, "mean_latency_ms": 900, "mean_time_to_first_chunk_ms": 80,
    }  # fmt: skip
    assert shown["health"]["last_error"]["kind"] == "rate_limit_error"
    assert [(one["dimension"], one["percent_left"]) for one in shown["headroom"]] == [("requests", 99)]


def test_a_platform_that_nobody_called_is_idle(work: Home) -> None:
    shown = work.run("platform", "show", "work", "--json").json

    assert "idle" in work.run("platform", "list").out.split("work", 1)[1]
    assert "idle: no call in 24 hours" in work.run("platform", "show", "work").out
    assert shown["headroom"] == []
    assert shown["health"] == {
        "state": "idle", "last_hour": EMPTY, "last_day": EMPTY, "last_call_at": None, "last_error": None,
    }  # fmt: skip


EMPTY = {"requests": 0, "errors": 0, "error_share": None, "mean_latency_ms": None, "mean_time_to_first_chunk_ms": None}
