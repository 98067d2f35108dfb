"""What the sessions screen shows: conversations with their sums, five-hour blocks, and what providers say is used."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from tokenmon.analytics.blocks import Block, blocks
from tokenmon.analytics.status import LOOK_BACK, PROVIDERS
from tokenmon.core.condition import Condition
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.period import Period
from tokenmon.core.query import Filter, Group, Totals
from tokenmon.core.record import UsageRecord
from tokenmon.core.span import Span
from tokenmon.tui.asking import Asking
from tokenmon.tui.reading.emptiness import Emptiness, read_emptiness

# Those before them are counted: nobody scrolls through more, and each costs memory on every reading.
MOST = 2000
LABELS = ("project", "source", "platform", "machine")
# Blocks of a longer period would be thousands.
MOST_BLOCK_DAYS = timedelta(days=31)
# How finely a conversation's course is drawn, and the calls that are looked at for it.
SLOTS = 60
MOST_CALLS = 5000
MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The calls that share a conversation's id; labels are the different ones met, models the dearest first."""

    id: str
    first: datetime
    last: datetime
    totals: Totals
    models: tuple[tuple[str | None, Totals], ...]
    projects: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()

    @property
    def length(self) -> timedelta:
        """From the first call to the last."""
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class SessionsSnapshot:
    """The newest conversations, at most MOST; `hidden` counts the others, `loose` sums the calls without one.

    `blocks` are those of `block_provider`'s calls, of all calls where it is None; the filter may ask what blocks do not
    know, and then there are none. `is_past` tells that the period is over.
    """

    as_of: datetime
    conversations: tuple[Conversation, ...]
    hidden: int
    loose: Totals
    totals: Totals
    blocks: tuple[Block, ...]
    block_provider: str | None
    has_blocks: bool
    is_past: bool
    official: tuple[OfficialLimit, ...]
    emptiness: Emptiness | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """How a conversation went: an amount for each of SLOTS equal parts of its time, in dollars or (`is_tokens`) tokens.

    `errors` are the kinds of failures, the most frequent first; `is_cut` tells that only the newest calls were read.
    """

    id: str
    amounts: tuple[Decimal, ...]
    is_tokens: bool
    errors: tuple[tuple[str, int], ...]
    is_cut: bool


def read_sessions(asking: Asking, *, span: Span) -> SessionsSnapshot:
    """Sum the span's calls by conversation."""
    wanted = asking.span_filter(span)
    ends = asking.store.sessions(wanted)
    named = sorted(((last, first, name) for name, (first, last) in ends.items() if name is not None), reverse=True)
    kept = {name: (first, last) for last, first, name in named[:MOST]}
    groups: list[Group] = []
    if ends:
        groups = asking.store.groups(_only(wanted, kept, is_cut=len(named) > MOST), ("session", "model", *LABELS))
    by_name: dict[str | None, list[Group]] = {}
    for group in groups:
        by_name.setdefault(group.key[0][1], []).append(group)
    found, provider, has_blocks = _blocks(asking, wanted)
    return SessionsSnapshot(
        as_of=asking.now,
        # A conversation of which the sums know nothing was removed between the two questions.
        conversations=tuple(_conversation(name, *kept[name], by_name[name]) for name in kept if name in by_name),
        hidden=max(0, len(named) - MOST),
        loose=sum((group.totals for group in by_name.get(None, ())), Totals()),
        totals=asking.store.totals(wanted),
        blocks=found,
        block_provider=provider,
        has_blocks=has_blocks,
        is_past=wanted.period.end is not None and wanted.period.end < asking.now,
        official=asking.official_limits(),
        emptiness=None if ends else read_emptiness(asking, wanted.period),
    )


def _only(wanted: Filter, kept: Iterable[str], *, is_cut: bool) -> Filter:
    """The filter of the conversations that are shown, and of the calls without any."""
    if not is_cut:
        return wanted
    return replace(wanted, conditions=(*wanted.conditions, Condition("session", "=", (*kept, None))))


def _conversation(name: str, first: datetime, last: datetime, groups: Sequence[Group]) -> Conversation:
    models: dict[str | None, Totals] = {}
    labels: dict[str, dict[str, None]] = {label: {} for label in LABELS}
    for group in groups:
        values = dict(group.key)
        models[values["model"]] = models.get(values["model"], Totals()) + group.totals
        for label in LABELS:
            if (value := values[label]) is not None:
                labels[label][value] = None
    ordered = sorted(models.items(), key=lambda one: (-worth(one[1]), -one[1].total_tokens, one[0] or ""))
    return Conversation(
        name,
        first,
        last,
        sum(models.values(), Totals()),
        tuple(ordered),
        *(tuple(labels[label]) for label in LABELS),
    )


def worth(totals: Totals) -> Decimal:
    """What puts sums in an order of size; never shown, since spend and value do not add up."""
    return totals.cost + totals.subscription_value


def _blocks(asking: Asking, wanted: Filter) -> tuple[tuple[Block, ...], str | None, bool]:
    """The blocks that reach into the period, the provider whose calls they hold, and whether they can be told."""
    if wanted.record_conditions:
        return (), None, False
    end = asking.now if wanted.period.end is None else min(asking.now, wanted.period.end)
    start = end - MOST_BLOCK_DAYS if wanted.period.start is None else max(wanted.period.start, end - MOST_BLOCK_DAYS)
    # Where a block begins depends on those before it, back to a pause.
    reach = replace(wanted, period=Period(min(start, end - LOOK_BACK), wanted.period.end, wanted.period.timezone))
    for provider in (*PROVIDERS, None):
        scope = reach if provider is None else replace(reach, providers=(provider,))
        found = blocks(_quarters(asking, scope), now=asking.now)
        shown = tuple(one for one in found if one.end > start)
        if shown:
            return shown, provider, True
    return (), None, True


def _quarters(asking: Asking, scope: Filter) -> list[tuple[datetime, Totals]]:
    """The sums of quarters of an hour; in a replay the present one as far as it has come."""
    period, now = scope.period, asking.now
    if not asking.is_replay or period.end != now:
        return asking.store.quarter_hours(scope)
    begun = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    found = asking.store.quarter_hours(replace(scope, period=replace(period, end=begun)))
    present = asking.store.totals(replace(scope, period=replace(period, start=begun)))
    return [*found, (begun, present)] if present.requests else found


def read_course(asking: Asking, one: Conversation) -> Course:
    """How a conversation went, from its calls."""
    wanted = asking.filter(Period(one.first, one.last + MOMENT, asking.timezone))
    mine = Condition("session", "=", (one.id,))
    calls = asking.store.records(replace(wanted, conditions=(*wanted.conditions, mine)), limit=MOST_CALLS + 1)
    is_cut = len(calls) > MOST_CALLS
    calls = calls[:MOST_CALLS]
    is_tokens = not any(call.cost for call in calls)
    slots = [Decimal(0)] * SLOTS
    for call in calls:
        at = (call.occurred_at - one.first) * SLOTS // (one.length + MOMENT)
        slots[min(SLOTS - 1, max(0, at))] += _amount(call, is_tokens=is_tokens)
    return Course(one.id, tuple(slots), is_tokens, _errors(calls), is_cut)


def _amount(call: UsageRecord, *, is_tokens: bool) -> Decimal:
    if not is_tokens:
        return call.cost or Decimal(0)
    return Decimal(0 if call.usage is None else call.usage.total_tokens)


def _errors(calls: Iterable[UsageRecord]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for call in calls:
        if call.is_error:
            kind = call.error_type or f"status {call.status}"
            counts[kind] = counts.get(kind, 0) + 1
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
