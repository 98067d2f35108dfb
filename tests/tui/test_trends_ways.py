"""Where the Trends screen leads, and what it gives away: calls, exports, the clipboard, names from outside."""

from decimal import Decimal
from io import StringIO

import pytest
from textual.pilot import Pilot

from tests.tui.stage import picture, play, press, settle
from tests.tui.trend_stage import add_two_months, buckets, on, series, summary, title, told
from tokenmon.core.filter_language import parse_filter
from tokenmon.core.span import Span
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.messages import OpenScreen
from tokenmon.tui.widgets.trend_chart import TrendChart


@pytest.fixture
def months(session: Session) -> Session:
    """Two months of calls."""
    add_two_months(session)
    return session


def test_a_day_of_the_calendar_a_bucket_and_a_series_lead_to_their_calls_under_the_same_filter(
    months: Session, opened: list[OpenScreen]
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "z", "left", "up", "enter")
        assert [(one.name, one.where, one.span) for one in opened] == [("calls", "", Span("2026-11-15"))]

        opened.clear()
        buckets(app).focus()
        await press(app, pilot, "down", "enter")
        assert [one.span for one in opened] == [Span("2026-11-22")]

        # A series in the same range.
        opened.clear()
        app.shared.set_where("status:ok")
        app.reload()
        await settle(app, pilot)
        series(app).focus()
        await press(app, pilot, "down", "enter")
        await pilot.click(series(app), offset=(4, 2))
        await settle(app, pilot)
        assert [one.where for one in opened] == ["status:ok model=mini", "status:ok model=opus"]
        assert {one.span for one in opened} == {Span("30d")}

    play(months, scene, screen="trends")


def test_calls_without_the_label_and_the_rest_can_be_looked_at_too(session: Session, opened: list[OpenScreen]) -> None:
    session.store.add([on(0, number, project=f"p{number}", cost=Decimal(20 - number)) for number in range(9)])
    session.store.add([on(0, 30, cost=Decimal(50))])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "b", "b", "home", "enter", "end", "enter")
        assert [one.where for one in opened] == ["project=none", "project!=none,p0,p1,p2,p3,p4,p5"]
        assert all(parse_filter(one.where or "") for one in opened)

    play(session, scene, screen="trends")


def test_markup_in_a_name_is_shown_as_it_is_and_a_name_that_the_filter_has_no_room_for_is_told(
    session: Session, opened: list[OpenScreen]
) -> None:
    session.store.add([on(0, 30, request_model="[red]house\x1b[31m-model", cost=Decimal(5))])
    session.store.add([on(0, number, project=f"{number}" * 250) for number in range(9)])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert "[red]house[31m-model" in series(app).words[0]
        assert "[red]house" in picture(app)
        await press(app, pilot, "b", "b", "end", "enter")
        assert opened == []
        assert "longer than 1,000" in told(app)

    play(session, scene, screen="trends")


def test_the_table_of_buckets_is_newest_first_and_v_gives_every_digit_there_and_of_the_sums(months: Session) -> None:
    months.store.add([on(0, 9, cost=Decimal("1234.567891"))])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert "Mon 23 Nov  $1,239.57" in buckets(app).words[0]
        await press(app, pilot, "v")
        assert "$1,239.567891" in buckets(app).words[0]
        assert "$1,384.567891 spent" in summary(app)

    play(months, scene, screen="trends")


def test_exact_values_are_exported_and_copied_a_click_finds_a_bucket_and_a_new_call_leaves_the_cursor(
    months: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        exporting = app.live.exporting()  # type: ignore[union-attr]
        assert exporting is not None
        out = StringIO()
        assert exporting.write("csv", out) == 30
        lines = out.getvalue().splitlines()
        assert exporting.stem == "trends-cost"
        assert lines[0] == "day,cost_usd,previous_cost_usd,opus,mini,sonnet"
        assert lines[-1] == "2026-11-23,5,1.5,2.5,1.5,1"

        # The row or the day under the cursor.
        await press(app, pilot, "down", "y")
        assert app.clipboard == "mini\t45"
        buckets(app).focus()
        await press(app, pilot, "y")
        assert app.clipboard == "2026-11-23\t5"
        await press(app, pilot, "z", "up", "y")
        assert app.clipboard == "2026-11-22\t5"

        # A click on a bar goes to the row of its bucket.
        chart = app.screen.query_one(TrendChart)
        await pilot.click(chart, offset=(7, 5))
        await pilot.pause()
        assert buckets(app).has_focus
        first = buckets(app).row
        assert first is not None
        assert first.key == "2026-10-25"
        await pilot.click(chart, offset=(chart.size.width, 5))
        await pilot.pause()
        row = buckets(app).row
        assert row is not None
        assert row.key == "2026-11-23"

        tones = dict(app.screen._tones)  # type: ignore[attr-defined]
        months.store.add([on(0, 20, request_model="newest", cost=Decimal(500))])
        app.reload()
        await settle(app, pilot)
        assert "newest" in series(app).words[0]
        held = series(app).row
        assert held is not None
        assert held.key == "=mini"
        assert {key: app.screen._tones[key] for key in tones} == tones  # type: ignore[attr-defined]

    play(months, scene, screen="trends")


def test_unpriced_calls_and_subscription_value_are_told_apart_from_cost(months: Session) -> None:
    months.store.add([
        on(0, 10, cost=None, cost_source="unpriced"),
        on(0, 11, cost=Decimal(7), billing="subscription"),
    ])  # fmt: skip

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert "$150.00 spent" in summary(app)
        assert "! 1.5k tokens unpriced" in summary(app)
        assert "$7.00 list-price value" in summary(app)
        app.shared.set_where("billing:subscription")
        app.reload()
        await settle(app, pilot)
        assert title(app).startswith("Subscription value at list price per day")
        assert "$7.00 list-price value" in summary(app)

    play(months, scene, screen="trends")
