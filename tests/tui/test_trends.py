"""The Trends screen: its keys, its sizes and its states."""

from decimal import Decimal

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.tui.stage import headline, picture, play, press, resize, settle
from tests.tui.trend_stage import add_two_months, buckets, found, series, summary, title, told
from tokenmon.core.span import Span
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.screens.trends import TrendsScreen
from tokenmon.tui.widgets.footer import KeyFooter
from tokenmon.tui.widgets.heatmap import Heatmap
from tokenmon.tui.widgets.trend_chart import TrendChart

SIZES = [(40, 20), (80, 24), (120, 40), (200, 60)]


@pytest.fixture
def months(session: Session) -> Session:
    """Two months of calls."""
    add_two_months(session)
    return session


def test_it_opens_by_its_key_with_thirty_days_by_model_the_facts_and_in_a_large_terminal_the_calendar(
    months: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "2")
        assert isinstance(app.screen, TrendsScreen)
        assert headline(app).startswith("Last 30 days")
        assert title(app) == "Cost per day, by model, ─ the span before"
        assert [row.split("  ")[0] for row in series(app).words] == ["■ opus", "■ mini", "■ sonnet"]

        # The sum, the change, the mean and the busiest day.
        assert "$150.00 spent" in summary(app)
        assert "+233 % vs 25 Sep to 24 Oct" in summary(app)
        assert "a day" in summary(app)
        assert "most $5.00" in summary(app)

        # There is room for both; z goes to the calendar.
        calendar, chart = app.screen.query_one(Heatmap), app.screen.query_one(TrendChart)
        assert chart.display
        assert calendar.display
        assert series(app).has_focus
        await press(app, pilot, "z")
        assert chart.display
        assert calendar.has_focus

    play(months, scene)


def test_c_goes_through_every_metric_and_back_and_b_through_every_grouping_and_nothing_is_lost_in_any(
    months: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        names = []
        for _ in range(7):
            names.append(found(app).metric.name)
            await press(app, pilot, "c")
        assert names == ["cost", "tokens", "requests", "errors", "latency", "error share", "cache share"]
        assert found(app).metric.name == "cost"
        await press(app, pilot, "C")
        assert found(app).metric.name == "cache share"

        await press(app, pilot, "c")
        assert found(app).metric.name == "cost"

        groups = []
        for _ in range(6):
            groups.append(found(app).by)
            parts = found(app).series
            assert not parts or sum(one.total or 0 for one in parts) == Decimal(150)
            await press(app, pilot, "b")
        assert groups == ["model", "platform", "project", "key", "source", None]
        await press(app, pilot, "B")
        assert found(app).by is None
        assert not series(app).display
        assert buckets(app).has_focus

    play(months, scene, screen="trends", size=(80, 24))


def test_a_letter_takes_a_bucket_and_a_the_fitting_one_and_one_that_is_too_fine_gives_way(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for key, bucket in (("h", "hour"), ("d", "day"), ("w", "week"), ("m", "month")):
            await press(app, pilot, key)
            assert found(app).bucket == bucket
            assert f"per {bucket}" in title(app)
            await press(app, pilot, "a")
            assert found(app).bucket == "day", key

        # In a longer range it gives way, and there it is refused.
        await press(app, pilot, "h")
        app.live.look_at(Span("12m"))  # type: ignore[union-attr]
        await settle(app, pilot)
        assert found(app).bucket == "week"
        assert "hours are too many" in headline(app)
        assert told(app) == ""
        await press(app, pilot, "d", "h")
        assert found(app).bucket == "day"
        assert "more than 2,000 hours" in told(app)

    play(months, scene, screen="trends")


def test_k_draws_lines_means_are_never_stacked_and_the_palette_offers_every_metric_and_grouping(
    months: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "k")
        assert series(app).words[0].startswith("━")
        await press(app, pilot, "k", "c", "c", "c", "c", "k")
        assert found(app).metric.name == "latency"
        assert series(app).words[0].startswith("━")
        assert "do not stack" in told(app)

        # The palette offers every metric and grouping.
        commands = {one.title: one.callback for one in app.get_system_commands(app.screen)}
        commands["Trends of cost"]()
        await settle(app, pilot)
        assert (found(app).metric.name, found(app).by) == ("cost", "model")
        commands["Trends of latency"]()
        await settle(app, pilot)
        commands["Trends by project"]()
        await settle(app, pilot)
        assert (found(app).metric.name, found(app).by) == ("latency", "project")

    play(months, scene, screen="trends")


def test_x_leaves_out_the_span_before_and_brings_it_back_and_brackets_turn_the_page_with_it(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert " vs " in summary(app)
        await press(app, pilot, "x")
        assert " vs " not in summary(app)
        assert "before" not in title(app)
        await press(app, pilot, "x")
        assert " vs " in summary(app)
        await press(app, pilot, "left_square_bracket")
        assert "25 Sep to 24 Oct 2026" in headline(app)
        assert "no calls 26 Aug to 24 Sep" in summary(app)
        await press(app, pilot, "right_square_bracket")
        assert headline(app).startswith("Last 30 days")

    play(months, scene, screen="trends", size=(80, 24))


def test_z_shows_the_calendar_in_the_place_of_the_chart_and_a_terminal_that_grows_gets_both(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        calendar, chart = app.screen.query_one(Heatmap), app.screen.query_one(TrendChart)
        assert (chart.display, calendar.display) == (True, False)
        # The calendar was never read yet when the terminal grows.
        await resize(app, pilot, (120, 40))
        assert calendar.display
        assert found(app).calendar is not None
        await resize(app, pilot, (80, 24))
        assert (chart.display, calendar.display) == (True, False)
        await press(app, pilot, "z")
        assert (chart.display, calendar.display) == (False, True)
        assert calendar.has_focus
        await press(app, pilot, "escape")
        assert (chart.display, calendar.display) == (True, False)
        assert series(app).has_focus

    play(months, scene, screen="trends", size=(80, 24))


def test_an_empty_database_shows_the_next_steps(session: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        message = app.screen.query_one("#message", Static)
        assert "tokenmon platform add" in str(message.content)
        await press(app, pilot, "z", "k", "x", "enter", "y")
        assert message.display
        assert app.live.exporting() is None  # type: ignore[union-attr]

    play(session, scene, screen="trends", size=(80, 24))


def test_a_filter_that_hides_everything_and_an_empty_range_say_so_and_which_key_leads_on(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        message = app.screen.query_one("#message", Static)
        app.shared.set_where("project:nowhere")
        app.reload()
        await settle(app, pilot)
        assert "The filter hides all 120 calls of this range." in str(message.content)
        await press(app, pilot, "escape")
        assert not message.display
        app.live.look_at(Span("2026-02"))  # type: ignore[union-attr]
        await settle(app, pilot)
        assert app.screen.query_one("#message", Static).display
        words = str(message.content)
        assert "No calls in this range." in words
        assert "r    another range; the last one was on Mon 23 Nov 2026" in words

    play(months, scene, screen="trends", size=(80, 24))


def test_every_size_shows_the_chart_and_the_series_in_both_themes(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for size in SIZES:
            await resize(app, pilot, size)
            for theme in ("tokenmon-dark", "tokenmon-light"):
                app.theme = theme
                await pilot.pause()
                assert app.screen.query_one(TrendChart).size.height >= 5, (size, theme)
                assert "opus" in picture(app), (size, theme)
                assert len(app.screen.query_one(KeyFooter).keys) <= 7, (size, theme)

    play(months, scene, screen="trends", size=SIZES[0])


def test_a_terminal_without_colours_tells_series_by_signs(months: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert [row[0] for row in series(app).words] == ["#", "=", "+"]

    play(months, scene, screen="trends", size=(80, 24))
