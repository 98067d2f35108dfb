"""The columns and the order of conversations, and the same values in full for export and copy."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from tokenmon.core.query import Totals
from tokenmon.core.record_json import time_text, totals_json
from tokenmon.core.text import clean
from tokenmon.tui.dimensions import NO_VALUE
from tokenmon.tui.measures import MEASURE_TITLES, measure_text, measured
from tokenmon.tui.names import name_text
from tokenmon.tui.numbers import Numbers
from tokenmon.tui.reading.sessions import Conversation, SessionsSnapshot, worth
from tokenmon.tui.sheet import Cell, Sheet
from tokenmon.tui.table_columns import Column, Stretch, fitting
from tokenmon.tui.texts import Line, Part

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
ID_CELLS = 12
# `import:claude-code` and `otlp:codex` are known by the tool's name.
SOURCE_PREFIX = re.compile(r"^(import|otlp|pull):")
# The orders that the key steps through.
STEPS = ("last", "cost", "tokens", "length")
IMPORTANCE = ("value", "last", "project", "tokens", "requests", "models", "length", "source")
ORDERS: dict[str, Callable[[Conversation], Any]] = {
    "last": lambda one: one.last,
    "id": lambda one: one.id,
    "project": lambda one: names_text(one.projects).casefold(),
    "source": lambda one: sources_text(one).casefold(),
    "models": lambda one: models_text(one).casefold(),
    "length": lambda one: one.length,
    "requests": lambda one: one.totals.requests,
    "tokens": lambda one: one.totals.total_tokens,
    "cost": lambda one: (one.totals.cost, worth(one.totals)),
    "value": lambda one: one.totals.subscription_value,
}
SHEET_SUMS = (
    "requests", "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    "reasoning_output_tokens", "unpriced_requests", "error_requests",
)  # fmt: skip


def ordered(found: SessionsSnapshot, sort: str, *, is_descending: bool) -> tuple[Conversation, ...]:
    """The conversations in an order; the later one first where they are equal."""
    return tuple(sorted(found.conversations, key=ORDERS[sort], reverse=is_descending))


def short_id(name: str, *, cells: int) -> str:
    """A conversation's id in so many cells: a UUID's first part, else both ends."""
    shown = name_text(name, NO_VALUE)
    if UUID.fullmatch(shown):
        return shown[:8]
    return shown if cell_len(shown) <= cells else f"{shown[:3]}…{shown[4 - cells :]}"


def names_text(names: Sequence[str]) -> str:
    """Names in one line, the first and how many more; `-` for none."""
    if not names:
        return "-"
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    return f"{name_text(names[0])}{more}"


def sources_text(one: Conversation) -> str:
    """The tools that told of a conversation."""
    return names_text([SOURCE_PREFIX.sub("", source) for source in one.sources])


def models_text(one: Conversation) -> str:
    """The models of a conversation, the dearest first."""
    return names_text([model for model, _ in one.models if model is not None])


def length_text(length: timedelta) -> str:
    """How long a conversation ran: `45 s`, `12 min`, `3 h 05`, `2 d 4 h`."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02}"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def moment_text(moment: datetime, now: datetime, place: ZoneInfo) -> str:
    """A local moment: the time today, with the day before that, with the year before this one."""
    local, today = moment.astimezone(place), now.astimezone(place)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if local.year == today.year:
        return f"{local.day:>2} {local:%b %H:%M}"
    return f"{local:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class SessionDrawing:
    """How conversations are drawn in a room."""

    found: SessionsSnapshot
    columns: tuple[Column, ...]
    numbers: Numbers
    place: ZoneInfo

    def cells(self, one: Conversation | None) -> tuple[Line, ...]:
        """The cells of a conversation, or of the calls without one."""
        return tuple((self._cell(column.key, one, column.width),) for column in self.columns)

    def totals(self) -> tuple[Line, ...]:
        """The cells of the sums."""
        first, *others = (self._total(column.key) for column in self.columns)
        return tuple((Part(text),) for text in (first or "Total", *others))

    def _total(self, key: str) -> str:
        return self._sum(key, self.found.totals).text if key in ("requests", "tokens", "cost", "value") else ""

    def _cell(self, key: str, one: Conversation | None, width: int) -> Part:
        if one is None:
            if key == "last":
                return Part("none", "muted")
            words = {"id": "no session"}
            return Part(words.get(key, "") or self._loose(key), "muted")
        if key == "last":
            return Part(moment_text(one.last, self.found.as_of, self.place), "muted")
        if key == "length":
            return Part(length_text(one.length))
        texts: dict[str, Callable[[Conversation], str]] = {
            "id": lambda found: short_id(found.id, cells=width),
            "project": lambda found: names_text(found.projects),
            "source": sources_text,
            "models": models_text,
        }
        return Part(texts[key](one)) if key in texts else self._sum(key, one.totals)

    def _loose(self, key: str) -> str:
        return self._sum(key, self.found.loose).text if key in ("requests", "tokens", "cost", "value") else ""

    def _sum(self, key: str, totals: Totals) -> Part:
        if key == "requests":
            return Part(self.numbers.count(totals.requests))
        if key == "tokens":
            return Part(self.numbers.tokens(totals.total_tokens))
        if key == "value":
            value = totals.subscription_value
            return Part(self.numbers.money(value)) if value else Part("-", "muted")
        return cost_part(totals, self.numbers)


def cost_part(totals: Totals, numbers: Numbers) -> Part:
    """What was spent; `-` where only a subscription was used."""
    amount = measured(totals, "cost")
    if not amount and totals.subscription_value:
        return Part("-", "muted")
    return Part(measure_text(totals, "cost", numbers), "muted" if amount is None else "plain")


def session_drawing(found: SessionsSnapshot, *, room: int, numbers: Numbers, place: ZoneInfo) -> SessionDrawing:
    """The drawing of a snapshot in a room of so many cells."""
    amounts = (found.totals.cost, found.totals.subscription_value)
    money = max(numbers.money_cells, *(len(numbers.money(amount)) for amount in amounts))
    columns = (
        Column("last", "Last call", 12, sort="last"),
        Column("id", "Session", ID_CELLS, sort="id"),
        Column("project", "Project", 14, sort="project"),
        Column("source", "Source", 12, sort="source"),
        Column("models", "Models", 16, sort="models"),
        Column("length", "Length", 8, True, "length"),
        Column("requests", "Calls", 7, True, "requests"),
        Column("tokens", "Tokens", max(7, numbers.token_cells), True, "tokens"),
        Column("cost", "Cost", money, True, "cost"),
        *(
            [Column("value", MEASURE_TITLES["value"], max(11, money), True, "value")]
            if found.totals.subscription_value
            else []
        ),
    )
    chosen = fitting(
        columns,
        room=room,
        importance=IMPORTANCE,
        stretches=(Stretch("id", 16), Stretch("models", 34), Stretch("project", 28), Stretch("source", 18)),
    )
    return SessionDrawing(found, chosen, numbers, place)


def session_sheet(found: SessionsSnapshot, shown: Sequence[Conversation]) -> Sheet:
    """The conversations in full, and the calls without one as a last row with no id."""
    rows = [
        (
            one.id, time_text(one.first), time_text(one.last), int(one.length.total_seconds()), ",".join(one.projects),
            ",".join(one.sources), ",".join(model for model, _ in one.models if model), *_sums(one.totals),
        )
        for one in shown
    ]  # fmt: skip
    if found.loose.requests:
        rows.append((None, None, None, None, None, None, None, *_sums(found.loose)))
    names = ("session", "first_call", "last_call", "seconds", "projects", "sources", "models")
    return Sheet((*names, *SHEET_SUMS, "cost_usd", "subscription_value_usd"), tuple(rows))


def _sums(totals: Totals) -> list[Cell]:
    exact = totals_json(totals)
    cost: Decimal | None = measured(totals, "cost")
    return [*(exact[name] for name in SHEET_SUMS), cost, totals.subscription_value]


def copied_session(one: Conversation, numbers: Numbers) -> str:
    """A conversation's exact values, between tabs."""
    exact, totals = numbers.exact(), one.totals
    values = [
        one.id, time_text(one.last) or "", names_text(one.projects), sources_text(one), models_text(one),
        length_text(one.length), exact.count(totals.requests), exact.tokens(totals.total_tokens),
        cost_part(totals, exact).text,
    ]  # fmt: skip
    if totals.subscription_value:
        values.append(f"{exact.money(totals.subscription_value)} list value")
    return "\t".join(clean(value) or "" for value in values)
