"""One printed frame: right at every width, and the same numbers as everywhere else."""

import pytest

from tests.tui.sample import call
from tokenmon.core.record_json import totals_json
from tokenmon.session import Session
from tokenmon.tui.asking import Asking
from tokenmon.tui.frame import render_frame, snapshot_json
from tokenmon.tui.snapshot import Snapshot, read_snapshot


def snapshot(session: Session) -> Snapshot:
    return read_snapshot(Asking(session.store, session.settings, session.now()))


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_line_is_wider_than_asked(filled: Session, width: int) -> None:
    frame = render_frame(filled, width=width)

    assert max(len(line) for line in frame.splitlines()) <= width
    assert "gpt-4o" in frame


def test_a_frame_holds_no_escape_sequences(filled: Session) -> None:
    frame = render_frame(filled, width=100)

    assert "\x1b" not in frame
    assert "[red]house" in frame


def test_a_frame_says_what_is_not_exact_and_which_quota_is_in_trouble(filled: Session) -> None:
    frame = render_frame(filled, width=120)

    assert "tokens unpriced" in frame
    assert "! 1 error" in frame
    assert "! warning" in frame
    assert "! rate_limit_error" in frame


def test_an_empty_database_says_what_to_do_next(session: Session) -> None:
    assert "tokenmon platform add" in render_frame(session, width=80)


def test_the_frame_as_json_has_the_sums_of_the_store(filled: Session) -> None:
    content = snapshot_json(filled)

    assert content["today"] == totals_json(snapshot(filled).today)
    assert content["today"]["requests"] == 47
    assert len(content["calls"]) == 10
    assert content["quotas"][0]["state"] == "warning"


def test_the_hours_of_the_chart_end_with_the_present_one(filled: Session) -> None:
    hours = snapshot(filled).hours

    assert len(hours) == 24
    assert hours[-1].start.hour == 15
    assert sum(hour.cost for hour in hours) == snapshot(filled).today.cost


def test_a_new_call_is_in_the_next_snapshot(filled: Session) -> None:
    before = snapshot(filled)
    filled.store.add([call(0, request_model="brand-new")])

    assert snapshot(filled).today.requests == before.today.requests
    filled.store.add([call(3, request_model="brand-new")])
    assert snapshot(filled).today.requests == before.today.requests + 1
