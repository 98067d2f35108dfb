"""The chart of the last hours: cost where there is one, else tokens, else a sentence."""

from tests.tui.sample import call
from tokenmon.session import Session
from tokenmon.tui.asking import Asking
from tokenmon.tui.hour_chart import chart_lines, chart_title
from tokenmon.tui.snapshot import Snapshot, read_snapshot
from tokenmon.tui.texts import plain


def snapshot(session: Session) -> Snapshot:
    return read_snapshot(Asking(session.store, session.settings, session.now()))


def words(session: Session) -> str:
    return "\n".join(plain(line) for line in chart_lines(snapshot(session).hours, width=80, height=10))


def test_cost_has_dollars_on_its_axis_and_the_day_where_it_turns(filled: Session) -> None:
    assert chart_title(snapshot(filled).hours) == "Cost per hour, US dollars"
    assert "$0." in words(filled)
    assert "Mon 23" in words(filled)


def test_calls_without_a_price_show_their_tokens(session: Session) -> None:
    session.store.add([call(5, cost=None, cost_source="unpriced")])

    assert chart_title(snapshot(session).hours) == "Tokens per hour, no cost to show"
    assert "1,500┤" in words(session)


def test_hours_without_calls_are_said(session: Session) -> None:
    session.store.add([call(3 * 24 * 60)])

    assert words(session).strip() == "No calls in the last 24 hours."
