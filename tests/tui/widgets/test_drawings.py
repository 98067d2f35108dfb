"""Widgets of drawings: coloured in every theme, drawn anew only for other values, and days that can be chosen."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import get_args

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import Theme
from textual.widget import Widget

from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.chart import Series, TimeChart
from tokenmon.tui.drawing import gauge, heatmap, sparkline
from tokenmon.tui.texts import Tone
from tokenmon.tui.theme import DARK, DARK_DEFAULTS, LIGHT, LIGHT_DEFAULTS
from tokenmon.tui.widgets.chart import ChartView
from tokenmon.tui.widgets.gauge import Gauge
from tokenmon.tui.widgets.heatmap import Heatmap
from tokenmon.tui.widgets.sparkline import Sparkline
from tokenmon.tui.widgets.tones import tone_style

TODAY = date(2026, 11, 25)
DAYS = heatmap.Heatmap({TODAY: Decimal(5)}, date(2026, 11, 2), TODAY, TODAY)
HOURS = tuple(datetime(2026, 11, 25, tzinfo=UTC) + timedelta(hours=at) for at in range(6))


def chart(*amounts: int) -> TimeChart:
    values = tuple(map(Decimal, amounts))
    series = (Series("gpt-4o", values, "series-1"), Series("house-model", values, "series-2"))
    return TimeChart(HOURS[: len(values)], "hour", series, "stacked", "usd")


class Stage(App[None]):
    """One widget, with the dashboard's stylesheet and themes."""

    CSS_PATH = "../../../tokenmon/tui/dash.tcss"
    get_theme_variable_defaults = Dashboard.get_theme_variable_defaults

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.chosen: list[date] = []
        self.register_theme(DARK)
        self.theme = DARK.name

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_heatmap_day_selected(self, message: Heatmap.DaySelected) -> None:
        self.chosen.append(message.day)

    @property
    def words(self) -> str:
        return self.export_screenshot().replace("&#160;", " ")


def play(widget: Widget, scene: Callable[[Stage, Pilot[None]], Awaitable[None]]) -> None:
    async def run() -> None:
        app = Stage(widget)
        async with app.run_test(size=(60, 16)) as pilot:
            await pilot.pause()
            await scene(app, pilot)

    asyncio.run(run())


def days() -> Heatmap:
    widget = Heatmap()
    widget.show(DAYS)
    return widget


def test_arrows_move_by_days_and_weeks_within_what_is_shown() -> None:
    async def scene(app: Stage, pilot: Pilot[None]) -> None:
        app.widget.focus()
        await pilot.press("left", "up", "down", "down", "left")
        assert app.query_one(Heatmap).selected == date(2026, 11, 12)
        await pilot.press("home", "left", "up")
        assert app.query_one(Heatmap).selected == date(2026, 11, 2)
        await pilot.press("end", "right")
        assert app.query_one(Heatmap).selected == TODAY

    play(days(), scene)


def test_enter_chooses_the_selected_day() -> None:
    async def scene(app: Stage, pilot: Pilot[None]) -> None:
        app.widget.focus()
        await pilot.press("up", "enter")
        assert app.chosen == [TODAY - timedelta(1)]

    play(days(), scene)


def test_a_click_chooses_the_day_under_it_and_none_beside_the_days() -> None:
    async def scene(app: Stage, pilot: Pilot[None]) -> None:
        await pilot.click(Heatmap, offset=(7, 3))
        await pilot.click(Heatmap, offset=(1, 3))
        await pilot.click(Heatmap, offset=(7, 0))
        assert app.chosen == [date(2026, 11, 11)]
        assert "Wed 11 Nov 2026" in app.words

    play(days(), scene)


def test_a_selected_day_that_is_no_longer_shown_is_let_go() -> None:
    async def scene(app: Stage, pilot: Pilot[None]) -> None:
        shown = app.query_one(Heatmap)
        shown.selected = date(2026, 11, 3)
        shown.show(heatmap.Heatmap({}, date(2026, 11, 9), TODAY, TODAY))
        assert shown.selected is None

    play(days(), scene)


def test_every_key_of_the_heatmap_can_be_remapped() -> None:
    assert all(getattr(binding, "id", None) for binding in Heatmap.BINDINGS)


def test_a_chart_has_its_names_below_it() -> None:
    widget = ChartView()
    widget.show(chart(1, 2, 3))

    async def scene(app: Stage, pilot: Pilot[None]) -> None:
        assert "gpt-4o" in app.words
        assert "house-model" in app.words
        assert "$6" in app.words

    play(widget, scene)


def test_series_without_colours_are_told_apart_by_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    widget = ChartView()
    widget.show(chart(1, 2, 3))

    async def scene(app: Stage, pilot: Pilot[None]) -> None:
        drawn = app.query_one(ChartView).render().plain
        assert "# gpt-4o" in drawn
        assert "= house-model" in drawn
        assert "=====" in drawn

    play(widget, scene)


@pytest.mark.parametrize("kind", ["chart", "gauge", "sparkline", "heatmap"])
def test_equal_values_are_not_drawn_again(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    widget, show, other = shows()[kind]
    refreshed: list[object] = []
    show()
    monkeypatch.setattr(widget, "refresh", lambda *_, **__: refreshed.append(widget))

    show()
    assert not refreshed
    other()

    assert refreshed


def shows() -> dict[str, tuple[Widget, Callable[[], None], Callable[[], None]]]:
    view, bar, line, days_view = ChartView(), Gauge(), Sparkline(), Heatmap()
    used = gauge.Gauge(Decimal(1), Decimal(2), "usd", "ok")
    over = gauge.Gauge(Decimal(3), Decimal(2), "usd", "exceeded")
    return {
        "chart": (view, lambda: view.show(chart(1, 2)), lambda: view.show(chart(1, 3))),
        "gauge": (bar, lambda: bar.show(used), lambda: bar.show(over)),
        "sparkline": (
            line,
            lambda: line.show(sparkline.Sparkline((Decimal(1),))),
            lambda: line.show(sparkline.Sparkline((Decimal(2),))),
        ),
        "heatmap": (
            days_view,
            lambda: days_view.show(heatmap.Heatmap({TODAY: Decimal(5)}, DAYS.first, TODAY, TODAY)),
            lambda: days_view.show(heatmap.Heatmap({}, DAYS.first, TODAY, TODAY)),
        ),
    }


def test_a_gauge_and_a_sparkline_say_their_amounts() -> None:
    bar = Gauge()
    bar.show(gauge.Gauge(Decimal(3), Decimal(2), "usd", "exceeded"))

    async def scene(app: Stage, pilot: Pilot[None]) -> None:
        assert "!! exceeded" in app.words
        assert "150 %" in app.words

    play(bar, scene)


def luminance(colour: str) -> float:
    """The relative luminance of a colour, as accessibility guidelines reckon it."""
    parts = [part / 255 for part in Color.parse(colour).rgb]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("theme", "colours"), [(DARK, DARK_DEFAULTS), (LIGHT, LIGHT_DEFAULTS)])
def test_series_stand_out_from_the_background(theme: Theme, colours: dict[str, str]) -> None:
    ground = luminance(str(theme.background))

    series = [luminance(colour) for name, colour in colours.items() if name.startswith("series-")]

    contrasts = [(max(ground, one) + 0.05) / (min(ground, one) + 0.05) for one in series]
    assert len(contrasts) == 9
    assert min(contrasts) >= 4.5


@pytest.mark.parametrize("theme", ["tokenmon-dark", "tokenmon-light", "textual-dark", "textual-light", "dracula"])
def test_every_tone_has_a_colour_in_every_theme(filled: Session, theme: str) -> None:
    async def run() -> None:
        app = Dashboard(filled)
        async with app.run_test() as pilot:
            app.theme = theme
            await pilot.pause()
            chart_view = app.screen.query_one("#chart")
            colours = {tone: tone_style(chart_view, tone).color for tone in get_args(Tone) if tone != "plain"}
            assert all(colours.values())
            assert colours["series-1"] != colours["series-2"]

    asyncio.run(run())
