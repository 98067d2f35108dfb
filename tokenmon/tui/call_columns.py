"""The columns of the table of all calls, and one call's texts in them.

Apart from `columns.py`, whose table shows a few calls of the last hours: here a call has its date, and every label.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from tokenmon.core.record import UsageRecord
from tokenmon.core.usage import TokenUsage
from tokenmon.tui.names import name_text
from tokenmon.tui.numbers import Numbers
from tokenmon.tui.table_columns import GAP, Column, Stretch, fitting
from tokenmon.tui.texts import USAGE_WORDS, Part, status_part

# What the columns that every line has need beside the cost; on a shorter line they stand closer.
LOOSE = 50
TIGHT_GAP = 1
FULL_TIME, SHORT_TIME, SHORTEST_TIME = "%Y-%m-%d %H:%M:%S", "%m-%d %H:%M:%S", "%m-%d %H:%M"
FULL_TIME_CELLS, SHORT_TIME_CELLS, SHORTEST_TIME_CELLS = 19, 14, 11
# From this much room the year is written too.
ROOMY = 100
IMPORTANCE = ("in out", "platform", "latency", "project", "cached", "source", "ttfc", "tokens", "key", "session")
STRETCHES = (
    Stretch("model", 28), Stretch("status", 20), Stretch("model", 40), Stretch("project", 20), Stretch("platform", 18),
    Stretch("session", 36), Stretch("status", 30),
)  # fmt: skip
# Of what time and cost leave of a short line, a model's name takes so much, the status the rest.
MODEL_SHARE = 0.65
# Below this a reason beside the status would be cut to nothing.
REASON_CELLS = 14


def call_columns(room: int, numbers: Numbers, *, sort: str) -> tuple[tuple[Column, ...], int]:
    """The columns for a table of so many cells, and the cells between them; what it is sorted by comes first of all."""
    money = numbers.money_cells
    if room < LOOSE + money:
        spare = room - SHORTEST_TIME_CELLS - money - 3 * TIGHT_GAP
        model = max(4, int(spare * MODEL_SHARE))
        return (
            Column("time", "Time", SHORTEST_TIME_CELLS, sort="time"),
            Column("model", "Model", model, sort="model"),
            Column("cost", "Cost", money, True, sort="cost"),
            Column("status", "Status", max(4, spare - model), sort="status"),
        ), TIGHT_GAP
    tokens, times = numbers.token_cells, 12 if numbers.is_exact else 8
    columns = (
        Column("time", "Time", FULL_TIME_CELLS if room >= ROOMY else SHORT_TIME_CELLS, sort="time"),
        Column("platform", "Platform", 12, sort="platform"),
        Column("model", "Model", 22, sort="model"),
        Column("project", "Project", 12, sort="project"),
        Column("in", "In", tokens, True, sort="input"),
        Column("cached", "Cached", max(6, tokens), True),
        Column("out", "Out", tokens, True, sort="output"),
        Column("tokens", "Tokens", max(7, tokens), True, sort="tokens"),
        Column("cost", "Cost", money, True, sort="cost"),
        Column("latency", "Latency", times, True, sort="latency"),
        Column("ttfc", "TTFC", times, True, sort="ttfc"),
        Column("status", "Status", 8, sort="status"),
        Column("source", "Source", 18),
        Column("key", "Key", 10),
        Column("session", "Session", 14),
    )
    sorted_by = next((one.key for one in columns if one.sort == sort), "")
    ranked = [key for key in IMPORTANCE if sorted_by not in key.split()]
    wanted = [key for key in IMPORTANCE if sorted_by in key.split()]
    return fitting(columns, room=room, importance=(*wanted, *ranked), stretches=STRETCHES), GAP


@dataclass(frozen=True, slots=True)
class Writing:
    """How calls are written: in which time zone, by which numbers."""

    place: ZoneInfo
    numbers: Numbers


def call_cell(record: UsageRecord, column: Column, writing: Writing) -> Part:
    """What a call says in a column."""
    return CELLS[column.key](record, column, writing)


def _time(record: UsageRecord, column: Column, writing: Writing) -> Part:
    pattern = (
        FULL_TIME if column.width >= FULL_TIME_CELLS
        else SHORT_TIME if column.width >= SHORT_TIME_CELLS
        else SHORTEST_TIME
    )  # fmt: skip
    return Part(record.occurred_at.astimezone(writing.place).strftime(pattern), "muted")


def _cost(record: UsageRecord, column: Column, writing: Writing) -> Part:
    # A call that states no usage has nothing to price.
    if record.usage is None and record.cost is None:
        return Part("-", "muted")
    is_spent = record.cost is not None and record.billing == "metered"
    return Part(writing.numbers.call_cost(record.cost), "plain" if is_spent else "muted")


def status_cell(record: UsageRecord, column: Column, _: Writing) -> Part:
    """How a call ended: the status and what went wrong, as much of it as there is room for; trouble has a sign."""
    if not record.is_error:
        outcome = status_part(record)
        is_short = cell_len(outcome.text) <= column.width
        return outcome if is_short else Part(USAGE_WORDS.get(record.usage_source, "ok"), "muted")
    reason = name_text(record.error_type, "")
    if record.status is None or record.status < 400:
        return Part(f"! {reason}", "error")
    whole = f"! {record.status} {reason}".rstrip()
    has_room = column.width >= REASON_CELLS or cell_len(whole) <= column.width
    return Part(whole if has_room else f"! {record.status}", "error")


def _name(of: Callable[[UsageRecord], str | None]) -> "Cell":
    return lambda record, column, writing: Part(name_text(of(record)))


def _label(of: Callable[[UsageRecord], str | None]) -> "Cell":
    return lambda record, column, writing: Part(name_text(of(record)), "muted")


def _tokens(of: Callable[[TokenUsage], int]) -> "Cell":
    return lambda record, column, writing: Part(
        "-" if record.usage is None else writing.numbers.tokens(of(record.usage))
    )


def _duration(of: Callable[[UsageRecord], int | None]) -> "Cell":
    return lambda record, column, writing: Part(writing.numbers.duration(of(record)))


Cell = Callable[[UsageRecord, Column, Writing], Part]
CELLS: Mapping[str, Cell] = {
    "time": _time,
    "platform": _name(lambda one: one.platform),
    "model": _name(lambda one: one.model),
    "project": _name(lambda one: one.project),
    "in": _tokens(lambda one: one.input_tokens),
    "cached": _tokens(lambda one: one.cache_read_input_tokens),
    "out": _tokens(lambda one: one.output_tokens),
    "tokens": _tokens(lambda one: one.total_tokens),
    "cost": _cost,
    "latency": _duration(lambda one: one.latency_ms),
    "ttfc": _duration(lambda one: one.time_to_first_chunk_ms),
    "status": status_cell,
    "source": _label(lambda one: one.source),
    "key": _label(lambda one: one.client_key),
    "session": _label(lambda one: one.conversation_id),
}
