"""The demo's past: the same for the same moment, never in the future, with every kind of work."""

from datetime import UTC, datetime, timedelta

from tokenmon.demo.history import DAYS, KINDS, official_limits, past_calls

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)


def test_the_same_moment_gives_the_same_past() -> None:
    assert list(past_calls(NOW, seed=7)) == list(past_calls(NOW, seed=7))


def test_every_call_is_one_of_its_own_and_lies_in_the_past() -> None:
    found = list(past_calls(NOW, seed=7))

    assert len({one.id for one in found}) == len(found) > 1000
    assert all(NOW - timedelta(days=DAYS + 1) < one.occurred_at < NOW for one in found)


def test_all_kinds_of_work_and_failures_are_there() -> None:
    found = list(past_calls(NOW, seed=7))

    assert {(one.platform, one.request_model) for one in found} == {(one.platform, one.model) for one in KINDS}
    assert any(one.is_error for one in found)
    assert {one.billing for one in found} == {"metered", "subscription"}


def test_the_plans_windows_have_not_been_reset() -> None:
    assert all(one.resets_at is not None and one.resets_at > NOW for one in official_limits(NOW, "laptop"))
