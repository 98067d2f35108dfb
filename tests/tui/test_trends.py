"""The Trends screen: its keys, its sizes and its states."""

from decimal import Decimal

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.tui.stage import headline, picture, play, press, settle
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


def test_it_opens_by_its_key_with_thirty_days_by_model(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "2")
        assert isinstance(app.screen, TrendsScreen)
        assert headline(app).startswith("Last 30 days")
        assert title(app) == "Cost per day, by model, ─ the span before"
        assert [row.split("  ")[0] for row in series(app).words] == ["■ opus", "■ mini", "■ sonnet"]

    play(months, scene)


def test_the_facts_say_the_sum_the_change_the_mean_and_the_busiest_day(months: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert "$150.00 spent" in summary(app)
        assert "+233 % vs 25 Sep to 24 Oct" in summary(app)
        assert "a day" in summary(app)
        assert "most $5.00" in summary(app)

    play(months, scene, screen="trends")


def test_c_goes_through_every_metric_and_back(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        names = []
        for _ in range(7):
            names.append(found(app).metric.name)
            await press(app, pilot, "c")
        assert names == ["cost", "tokens", "requests", "errors", "latency", "error share", "cache share"]
        assert found(app).metric.name == "cost"
        await press(app, pilot, "C")
        assert found(app).metric.name == "cache share"

    play(months, scene, screen="trends", size=(80, 24))


def test_b_goes_through_every_grouping_and_nothing_is_lost_in_any(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
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


@pytest.mark.parametrize(("key", "bucket"), [("h", "hour"), ("d", "day"), ("w", "week"), ("m", "month")])
def test_a_letter_takes_a_bucket_and_a_the_fitting_one(months: Session, key: str, bucket: str) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, key)
        assert found(app).bucket == bucket
        assert f"per {bucket}" in title(app)
        await press(app, pilot, "a")
        assert found(app).bucket == "day"

    play(months, scene, screen="trends", size=(80, 24))


def test_a_bucket_that_is_too_fine_is_refused_and_gives_way_in_a_longer_range(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "h")
        app.live.look_at(Span("12m"))  # type: ignore[union-attr]
        await settle(app, pilot)
        assert found(app).bucket == "week"
        assert "hours are too many" in headline(app)
        await press(app, pilot, "d", "h")
        assert found(app).bucket == "day"
        assert "more than 2,000 hours" in told(app)

    play(months, scene, screen="trends")


def test_k_draws_lines_and_means_of_several_series_are_never_stacked(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "k")
        assert series(app).words[0].startswith("━")
        await press(app, pilot, "k", "c", "c", "c", "c", "k")
        assert found(app).metric.name == "latency"
        assert series(app).words[0].startswith("━")
        assert "do not stack" in told(app)

    play(months, scene, screen="trends")


def test_x_leaves_out_the_span_before_and_brings_it_back(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert " vs " in summary(app)
        await press(app, pilot, "x")
        assert " vs " not in summary(app)
        assert "before" not in title(app)
        await press(app, pilot, "x")
        assert " vs " in summary(app)

    play(months, scene, screen="trends", size=(80, 24))


def test_brackets_turn_the_page_and_the_comparison_goes_along(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "left_square_bracket")
        assert "25 Sep to 24 Oct 2026" in headline(app)
        assert "no calls 26 Aug to 24 Sep" in summary(app)
        await press(app, pilot, "right_square_bracket")
        assert headline(app).startswith("Last 30 days")

    play(months, scene, screen="trends", size=(80, 24))


def test_z_shows_the_calendar_in_the_place_of_the_chart_and_escape_brings_it_back(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        calendar, chart = app.screen.query_one(Heatmap), app.screen.query_one(TrendChart)
        assert (chart.display, calendar.display) == (True, False)
        await press(app, pilot, "z")
        assert (chart.display, calendar.display) == (False, True)
        assert calendar.has_focus
        await press(app, pilot, "escape")
        assert (chart.display, calendar.display) == (True, False)
        assert series(app).has_focus

    play(months, scene, screen="trends", size=(80, 24))


def test_a_large_terminal_shows_both_and_z_goes_to_the_calendar(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        calendar, chart = app.screen.query_one(Heatmap), app.screen.query_one(TrendChart)
        assert chart.display
        assert calendar.display
        assert series(app).has_focus
        await press(app, pilot, "z")
        assert chart.display
        assert calendar.has_focus

    play(months, scene, screen="trends")


def test_a_terminal_that_grows_gets_its_calendar(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.resize_terminal(120, 40)
        await settle(app, pilot)
        calendar = app.screen.query_one(Heatmap)
        assert calendar.display
        assert found(app).calendar is not None

    play(months, scene, screen="trends", size=(80, 24))


def test_an_empty_database_shows_the_next_steps(session: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        message = app.screen.query_one("#message", Static)
        assert "tokenmon platform add" in str(message.content)
        await press(app, pilot, "z", "k", "x", "enter", "y")
        assert message.display
        assert app.live.exporting() is None  # type: ignore[union-attr]

    play(session, scene, screen="trends", size=(80, 24))


def test_an_empty_range_says_which_key_widens_it(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.live.look_at(Span("2026-02"))  # type: ignore[union-attr]
        await settle(app, pilot)
        words = str(app.screen.query_one("#message", Static).content)
        assert "No calls in this range." in words
        assert "r    another range; the last one was on Mon 23 Nov 2026" in words

    play(months, scene, screen="trends", size=(80, 24))


def test_a_filter_that_hides_everything_says_so_and_escape_shows_it_again(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.shared.set_where("project:nowhere")
        app.reload()
        await settle(app, pilot)
        message = app.screen.query_one("#message", Static)
        assert "The filter hides all 120 calls of this range." in str(message.content)
        await press(app, pilot, "escape")
        assert not message.display

    play(months, scene, screen="trends", size=(80, 24))


@pytest.mark.parametrize("theme", ["tokenmon-dark", "tokenmon-light"])
@pytest.mark.parametrize("size", SIZES)
def test_every_size_shows_the_chart_and_the_series(months: Session, size: tuple[int, int], theme: str) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.theme = theme
        await pilot.pause()
        assert app.screen.query_one(TrendChart).size.height >= 5
        assert "opus" in picture(app)
        assert len(app.screen.query_one(KeyFooter).keys) <= 7

    play(months, scene, screen="trends", size=size)


def test_a_terminal_without_colours_tells_series_by_signs(months: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert [row[0] for row in series(app).words] == ["#", "=", "+"]

    play(months, scene, screen="trends", size=(80, 24))


def test_the_palette_offers_every_metric_and_grouping(months: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        commands = {one.title: one.callback for one in app.get_system_commands(app.screen)}
        commands["Trends of latency"]()
        await settle(app, pilot)
        commands["Trends by project"]()
        await settle(app, pilot)
        assert (found(app).metric.name, found(app).by) == ("latency", "project")

    play(months, scene, screen="trends", size=(80, 24))
