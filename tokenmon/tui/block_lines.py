"""Five-hour blocks in words and bars: the active one, those before it, and what providers say beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tokenmon.analytics.blocks import Block
from tokenmon.core.limit_text import limit_text, span_text
from tokenmon.core.number_text import LIST_PRICE_VALUE
from tokenmon.core.official_limit import ALL_USED, OfficialLimit
from tokenmon.core.record_json import time_text, totals_json
from tokenmon.core.text import clean
from tokenmon.tui.bars import bar_text
from tokenmon.tui.drawing import sparkline
from tokenmon.tui.measures import MEASURE_TITLES
from tokenmon.tui.numbers import Numbers
from tokenmon.tui.reading.sessions import SessionsSnapshot
from tokenmon.tui.session_columns import cost_part
from tokenmon.tui.sheet import Sheet
from tokenmon.tui.table_columns import Column, Stretch, fitting
from tokenmon.tui.texts import Line, Marks, Part, Tone, bar_parts, plain

GAUGE_CELLS = (10, 30)
GAP = "   "
SHORT_NAMES = {"claude-code": "Claude", "codex": "Codex"}


def block_title(found: SessionsSnapshot) -> str:
    """Whose calls the blocks hold."""
    whose = "all calls" if found.block_provider is None else f"{found.block_provider.capitalize()}'s calls"
    return f"Five-hour blocks of {whose}"


def block_lines(found: SessionsSnapshot, numbers: Numbers, place: ZoneInfo, *, width: int, marks: Marks) -> list[Line]:
    """The active block, what providers say, and the last blocks as bars; what does not fit goes to another line."""
    active = next((one for one in found.blocks if one.is_active), None)
    pieces: list[Line] = []
    if not found.has_blocks:
        pieces.append(
            (Part("The filter asks for more than the labels of calls, which is all that blocks know", "muted"),)
        )
    elif active is not None:
        pieces += _active(active, found, numbers, place, width)
    elif not found.is_past:
        pieces.append((Part("No active block: the next call begins one", "muted"),))
    lines = wrapped(pieces, width)
    lines += wrapped(_official(found, place), width)
    if len(found.blocks) > 1:
        lines.append(_last(found.blocks, numbers, width, marks))
    return lines


def wrapped(pieces: Iterable[Line], width: int) -> list[Line]:
    """Pieces beside each other as far as they fit, then on the next line."""
    lines: list[Line] = []
    for piece in pieces:
        if lines and len(plain(lines[-1])) + len(GAP) + len(plain(piece)) <= width:
            lines[-1] = (*lines[-1], Part(GAP), *piece)
        else:
            lines.append(piece)
    return lines


def _active(block: Block, found: SessionsSnapshot, numbers: Numbers, place: ZoneInfo, width: int) -> list[Line]:
    now, left = found.as_of, span_text(block.time_left(found.as_of))
    times = f"{block.start.astimezone(place):%H:%M} to {block.end.astimezone(place):%H:%M}"
    cells = max(GAUGE_CELLS[0], min(GAUGE_CELLS[1], width - len(times) - len(left) - 9))
    filled = min(cells, int((now - block.start) * cells / (block.end - block.start)))
    gauge: Line = (Part(f"{times}  "), *bar_parts(filled, cells, "series-1"))
    pieces: list[Line] = [(*gauge, Part(f"  {left} left"))]
    name = f" {LIST_PRICE_VALUE}" if block.is_value else " spent"
    pieces.append((Part(numbers.money(block.amount), "strong"), Part("" if block.amount is None else name, "muted")))
    burn, projected, pace = block.burn_per_hour(now), block.projected_cost(now), block.tokens_per_minute(now)
    if burn is not None and projected is not None:
        pieces.append((Part(numbers.money(_cents(burn))), Part("/h", "muted")))
        pieces.append((Part(numbers.money(_cents(projected))), Part(" by its end", "muted")))
    if pace is not None:
        pieces.append((Part(numbers.tokens(int(pace))), Part(" tokens/min", "muted")))
    return pieces


def _cents(amount: Decimal) -> Decimal:
    """A forecast has no more digits than anybody may believe."""
    return round(amount, 2) if amount >= 1 else round(amount, 4)


def _official(found: SessionsSnapshot, place: ZoneInfo) -> list[Line]:
    """What providers say is used of their windows; one that was reset since says so."""
    tools: dict[str, list[OfficialLimit]] = {}
    for limit in found.official:
        tools.setdefault(limit.tool, []).append(limit)
    pieces: list[Line] = []
    for tool, limits in tools.items():
        says: Line = (Part(f"{SHORT_NAMES.get(tool, clean(tool) or 'the tool')} says ", "muted"),)
        for limit in limits:
            pieces.append((*says, Part(clean(limit_text(limit, found.as_of, place)) or "", _tone(limit, found.as_of))))
            says = ()
    return pieces


def _tone(limit: OfficialLimit, now: datetime) -> Tone:
    if limit.is_near(now):
        return "error" if limit.used_percent >= ALL_USED else "warning"
    return "muted" if limit.is_over(now) else "plain"


def _last(found: Sequence[Block], numbers: Numbers, width: int, marks: Marks) -> Line:
    """The last blocks as one bar each, the newest at the right."""
    lead = "Last blocks "
    amounts = [one.amount for one in found]
    known = [amount for amount in amounts if amount is not None]
    tail = f" up to {numbers.money(_cents(max(known)))}" if known else " unpriced"
    shown = amounts[-max(1, width - len(lead) - len(tail)) :]
    bars = sparkline.draw(sparkline.Sparkline(tuple(shown)), width=len(shown), marks=marks)
    return (Part(lead, "muted"), *bars[0], Part(tail, "muted"))


@dataclass(frozen=True, slots=True)
class BlockDrawing:
    """How the list of blocks is drawn in a room."""

    found: SessionsSnapshot
    columns: tuple[Column, ...]
    numbers: Numbers
    place: ZoneInfo
    marks: Marks

    def cells(self, block: Block) -> tuple[Line, ...]:
        """A block's cells."""
        return tuple((self._cell(column, block),) for column in self.columns)

    def _cell(self, column: Column, block: Block) -> Part:
        key, now, totals = column.key, self.found.as_of, block.totals
        if key == "start":
            return Part(f"{block.start.astimezone(self.place):%a %d %b %H:%M}")
        if key == "end":
            return Part(f"{block.end.astimezone(self.place):%H:%M}", "muted")
        if key == "bar":
            most = max((one.amount or Decimal(0) for one in self.found.blocks), default=Decimal(0))
            return Part(bar_text(block.amount, most, cells=column.width, marks=self.marks), "series-1")
        if key == "state":
            return Part("active", "good") if block.is_active else Part("")
        if key == "requests":
            return Part(self.numbers.count(totals.requests))
        if key == "tokens":
            return Part(self.numbers.tokens(totals.total_tokens))
        if key == "value":
            value = totals.subscription_value
            return Part(self.numbers.money(value)) if value else Part("-", "muted")
        if key == "hourly":
            burn = block.burn_per_hour(min(now, block.end))
            return Part("-", "muted") if burn is None else Part(self.numbers.money(_cents(burn)))
        return cost_part(totals, self.numbers)


def block_drawing(
    found: SessionsSnapshot, *, room: int, numbers: Numbers, place: ZoneInfo, marks: Marks
) -> BlockDrawing:
    """The drawing of a snapshot's blocks in a room of so many cells."""
    money = numbers.money_cells
    has_value = any(one.totals.subscription_value for one in found.blocks)
    columns = (
        Column("start", "From", 16),
        Column("end", "To", 5),
        Column("bar", "", 8),
        Column("requests", "Calls", 7, True),
        Column("tokens", "Tokens", max(7, numbers.token_cells), True),
        Column("cost", "Cost", money, True),
        *([Column("value", MEASURE_TITLES["value"], max(11, money), True)] if has_value else []),
        Column("hourly", "An hour", money, True),
        Column("state", "", 6),
    )
    importance = ("value", "state", "end", "tokens", "bar", "requests", "hourly")
    chosen = fitting(columns, room=room, importance=importance, stretches=(Stretch("bar", 40),))
    return BlockDrawing(found, chosen, numbers, place, marks)


def block_sheet(blocks: Sequence[Block]) -> Sheet:
    """The blocks in full."""
    names = ("requests", "input_tokens", "output_tokens", "cache_read_input_tokens", "error_requests")
    rows = []
    for one in blocks:
        exact = totals_json(one.totals)
        sums = [exact[name] for name in names]
        state = "active" if one.is_active else "over"
        rows.append((time_text(one.start), time_text(one.end), state, *sums, one.totals.cost,
                     one.totals.subscription_value))  # fmt: skip
    return Sheet(("start", "end", "state", *names, "cost_usd", "subscription_value_usd"), tuple(rows))
