"""The axes of charts over time: round steps, round times, columns of buckets; pure, so it knows no library."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from tokenmon.core.period import Bucket
from tokenmon.tui.amounts import Unit

# Over merged buckets these add up; a duration or a share is averaged.
SUMMED: tuple[Unit, ...] = ("usd", "tokens", "requests")
WHOLE: tuple[Unit, ...] = ("tokens", "requests")
STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
MOST_TICKS = 6
# More than this and a single bar is a wall.
WIDEST_PITCH = 24
# Between two labels.
LABEL_GAP = 2
# Up to so many days the day of the week helps more than the month.
WEEKDAY_DAYS = 14

Values = Sequence[Decimal | None]
Level = tuple[Literal["hour", "day", "month"], int]
BUCKET_HOURS: dict[Bucket, int] = {"hour": 1, "day": 24, "week": 168, "month": 720}
BUCKET_SPAN = {"hour": timedelta(hours=1), "day": timedelta(1), "week": timedelta(7), "month": timedelta(28)}
UNIT_HOURS = {"hour": 1, "day": 24, "month": 720}
LEVELS: tuple[Level, ...] = (
    *(("hour", count) for count in (1, 2, 3, 4, 6, 12)),
    *(("day", count) for count in (1, 2, 7, 14)),
    *(("month", count) for count in (1, 2, 3, 6, 12, 24, 60, 120)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scale:
    """The axis of amounts: a tick every so many rows, each a round `step` above the one below."""

    step: Decimal
    rows_per_tick: int
    rows: int

    @property
    def top(self) -> Decimal:
        """The amount at the upper edge of the uppermost row."""
        return self.step * self.rows / self.rows_per_tick

    @property
    def ticks(self) -> tuple[Decimal, ...]:
        """The amounts of the ticks above zero, upwards."""
        return tuple(self.step * count for count in range(1, self.rows // self.rows_per_tick + 1))

    def height(self, value: Decimal, levels: int) -> int:
        """An amount in steps of `levels` to a row; whatever is above zero has at least one."""
        if value <= 0:
            return 0
        return min(self.rows * levels, max(1, round(value * self.rows * levels / self.top)))


@dataclass(frozen=True, slots=True)
class _Label:
    """The name of a tick, and whether a larger unit turns there."""

    column: int
    text: str
    is_turn: bool = False


def value_scale(most: Decimal, rows: int, *, unit: Unit) -> Scale:
    """The scale of round steps that holds `most` with the least room above it."""
    fewest = 2 if rows < 12 else 3 if rows < 20 else 4
    least_rows = 1 if rows <= 3 else max(2, -(-rows // MOST_TICKS))
    found = [
        Scale(_round_step(most * count / rows, whole=unit in WHOLE), count, rows)
        for count in range(least_rows, max(least_rows, rows // fewest) + 1)
    ]
    return min(found, key=lambda scale: (scale.top, scale.rows_per_tick))


def _round_step(least: Decimal, *, whole: bool) -> Decimal:
    """The smallest of 1, 2, 2.5 or 5, times a power of ten, from `least`; a whole number where asked."""
    if least <= 0 or (whole and least < 1):
        return Decimal(1)
    power = Decimal(1).scaleb(least.adjusted())
    return next(
        step * power for step in STEPS if step * power >= least and not (whole and step * power != int(step * power))
    )


def merged(values: Values, count: int, *, unit: Unit) -> list[Decimal | None]:
    """Each `count` neighbours as one: their sum or mean; None where all are None."""
    if count == 1:
        return list(values)
    return [_together(values[at : at + count], unit) for at in range(0, len(values), count)]


def _together(values: Values, unit: Unit) -> Decimal | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return sum(known, Decimal(0)) / (1 if unit in SUMMED else len(known))


def bar_spans(count: int, room: int) -> list[tuple[int, int]]:
    """First column and the one after the last of each of `count` bars; a gap between them where there is room."""
    pitch = min(WIDEST_PITCH, room // count)
    if pitch == 1:
        # Bars of one and two columns are the better evil when half of the room would stay empty.
        spread = room if count * 3 < room * 2 else count
        return [(at * spread // count, (at + 1) * spread // count) for at in range(count)]
    gap = 1 if pitch < 8 else 2
    spread = min(room + gap, count * WIDEST_PITCH)
    starts = [at * spread // count for at in range(count)]
    return [(start, start + spread // count - gap) for start in starts]


def line_places(count: int, room: int) -> list[float]:
    """The middle of each of `count` buckets, in columns."""
    return [(at + 0.5) * room / count for at in range(count)]


def time_ticks(
    starts: Sequence[datetime], bucket: Bucket, column: Callable[[int], int], room: int
) -> list[tuple[int, str]]:
    """Columns and labels of the finest round times that have room; labels are centred and never touch.

    `column` gives the column of a bucket by its number.
    """
    if not starts:
        return []
    for unit, count in LEVELS:
        size = UNIT_HOURS[unit] * count
        if size < BUCKET_HOURS[bucket] or len(starts) * BUCKET_HOURS[bucket] > size * room:
            continue
        labels = [_Label(column(at), text, is_turn) for at, text, is_turn in _labels(starts, bucket, (unit, count))]
        placed = _placed(labels, room)
        turns = sum(label.is_turn for label in labels)
        # A turn of the month or the day may take the place of its neighbours, and must be told.
        if placed and sum(label.is_turn for label in placed) == turns and len(placed) >= len(labels) - 2 * turns:
            return [(label.column, label.text) for label in placed]
    return [
        (label.column, label.text)
        for label in _placed([_Label(column(0), _day_name(starts[0], None, weekday=False))], room)
    ]


def _labels(starts: Sequence[datetime], bucket: Bucket, level: Level) -> list[tuple[int, str, bool]]:
    """Number, label, and whether a larger unit turns there, of the buckets that begin a step of a level."""
    key = _step_key(level)
    unit, is_short = level[0], (starts[-1] - starts[0]) < timedelta(WEEKDAY_DAYS)
    before, told = key(starts[0] - BUCKET_SPAN[bucket]), None
    found: list[tuple[int, str, bool]] = []
    for at, start in enumerate(starts):
        present = key(start)
        if present == before:
            continue
        before = present
        if unit == "month":
            is_turn = _is_turn(start, told, starts, lambda one: one.year)
            label = f"{start:%b %Y}" if is_turn else f"{start:%b}"
            label = f"{start:%Y}" if level[1] >= 12 and bucket != "week" else label
        elif unit == "day":
            is_turn = _is_turn(start, told, starts, lambda one: (one.year, one.month))
            label = _day_name(start, told, weekday=is_short and bucket != "week")
        else:
            previous = starts[at - 1] if at else start - BUCKET_SPAN["hour"]
            is_turn = previous.date() != start.date()
            label = _day_name(start, previous, weekday=True) if is_turn else f"{start:%H}"
        found.append((at, label, is_turn))
        told = start
    return found


def _is_turn(
    start: datetime, told: datetime | None, starts: Sequence[datetime], larger: Callable[[datetime], Hashable]
) -> bool:
    """Whether a larger unit must be told at a tick; at the first one where no later tick tells it."""
    if told is not None:
        return larger(told) != larger(start)
    return larger(start) != larger(starts[0]) or larger(starts[0]) == larger(starts[-1])


def _step_key(level: Level) -> Callable[[datetime], Hashable]:
    """What stays the same within one step of a level; weeks begin on Monday."""
    unit, count = level
    if unit == "hour":
        # An hour that a changing clock repeats has a tick of its own.
        return lambda start: (start.toordinal(), start.hour // count, start.fold if count == 1 else 0)
    if unit == "day":
        return lambda start: (start.toordinal() - 1) // count
    return lambda start: (start.year * 12 + start.month - 1) // count


def _day_name(start: datetime, told: datetime | None, *, weekday: bool) -> str:
    """A day; the month and the year are told once, where they change."""
    if told is not None and told.year != start.year:
        return f"{start.day} {start:%b %Y}"
    if told is not None and told.month != start.month:
        return f"{start.day} {start:%b}"
    if weekday:
        return f"{start:%a} {start.day}"
    return f"{start.day} {start:%b}" if told is None else str(start.day)


def _placed(labels: Iterable[_Label], room: int) -> list[_Label]:
    """The labels that fit, those of larger units first, in order of their columns."""
    taken: list[tuple[int, int]] = []
    kept: list[_Label] = []
    for label in sorted(labels, key=lambda one: not one.is_turn):
        start = min(max(0, label.column - (len(label.text) - 1) // 2), room - len(label.text))
        end = start + len(label.text)
        if start < 0 or any(start < other_end + LABEL_GAP and other < end + LABEL_GAP for other, other_end in taken):
            continue
        taken.append((start, end))
        kept.append(label)
    return sorted(kept, key=lambda one: one.column)
