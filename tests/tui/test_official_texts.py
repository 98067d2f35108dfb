"""Official limits on the dashboard: a line a window that still runs, the fullest first, in any width."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from tests.tui.sample import NOW, call
from tests.tui.stage import play
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.official_texts import official_lines
from tokenmon.tui.texts import plain
from tokenmon.tui.widgets.panels import FactsPanel

UTC_ZONE = ZoneInfo("UTC")
LIMIT = OfficialLimit(
    "anthropic", "claude-code", "laptop", "five_hour", 300, Decimal("41.9"), NOW + timedelta(hours=2), NOW
)
FULL = replace(LIMIT, tool="codex", used_percent=Decimal(100))
WEEK = replace(
    LIMIT, window="weekly", window_minutes=10080, used_percent=Decimal(80), resets_at=NOW + timedelta(days=2)
)
OVER = replace(LIMIT, machine="desk", used_percent=Decimal(99), resets_at=NOW)


def test_a_line_holds_name_bar_percentage_and_reset() -> None:
    (line,) = official_lines([LIMIT], now=NOW, place=UTC_ZONE, width=60, most=3)

    assert plain(line) == "claude 5h " + "━" * 10 + "─" * 14 + "  41 % resets 17:30"


def test_the_fullest_come_first_with_a_sign_and_those_that_are_over_not_at_all() -> None:
    lines = official_lines([LIMIT, WEEK, OVER, FULL], now=NOW, place=UTC_ZONE, width=80, most=3)

    assert [line[0].text.strip() for line in lines] == ["codex 5h", "claude week", "claude 5h"]
    assert [line[-1].tone for line in lines] == ["error", "warning", "muted"]
    assert [line[-1].text for line in lines] == ["! resets 17:30", "! resets Wed 15:30", "resets 17:30"]


@pytest.mark.parametrize("width", [33, 40, 60, 80, 200])
def test_lines_fit_their_width(width: int) -> None:
    named = replace(LIMIT, window="five_hour 日本語の長い名前のモデル")

    lines = official_lines([LIMIT, WEEK, FULL, named], now=NOW, place=UTC_ZONE, width=width, most=4)

    assert max(cell_len(plain(line)) for line in lines) <= width
    assert [plain(line).count("!") for line in lines] == [1, 1, 0, 0]


def test_names_from_outside_steer_nothing() -> None:
    (line,) = official_lines([replace(LIMIT, tool="\x1b[31mx")], now=NOW, place=UTC_ZONE, width=80, most=1)

    assert "\x1b" not in plain(line)


@pytest.mark.parametrize(("limit", "expected"), [(LIMIT, ["claude 5h"]), (OVER, [])])
def test_the_panel_takes_room_for_limits_that_hold(session: Session, limit: OfficialLimit, expected: list[str]) -> None:
    session.store.add([call(1)])
    session.store.save_official_limits([limit])

    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        panel = app.screen.query_one("#quotas", FactsPanel)
        assert [line[:9] for line in panel.render().plain.splitlines()] == expected
        assert panel.display is bool(expected)

    play(session, scene)
