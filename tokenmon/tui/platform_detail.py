"""All of one platform in lines: what it is, how its calls go, what is left of its limits, what it costs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from tokenmon.analytics.health import CallWindow
from tokenmon.core.headroom import RETRY, Headroom, headroom_text
from tokenmon.core.number_text import LIST_PRICE_VALUE, duration_text
from tokenmon.core.platform_check import CheckResult
from tokenmon.core.price_words import prices_text
from tokenmon.core.text import clean
from tokenmon.tui import quota_texts
from tokenmon.tui.numbers import Numbers
from tokenmon.tui.platform_columns import HEALTH_WORDS, SCARCE_PERCENT, cost_part, last_words
from tokenmon.tui.reading.platforms import PlatformRow, PlatformsSnapshot
from tokenmon.tui.texts import Line, Marks, Part, Tone, bar_parts, fitted, padded, plain

LABEL_CELLS = 14
BAR_CELLS, LEAST_BAR = 10, 5
RULES = 8
# A statement so much older than the newest says its age itself.
OLDER = timedelta(minutes=5)
# From so many cells on a column reads well.
COLUMN_CELLS, GAP_CELLS = 52, 3


@dataclass(frozen=True, slots=True)
class Tested:
    """A test of a platform: under way without a result, else as it ended at a moment."""

    at: datetime
    result: CheckResult | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all lines are written with."""

    now: datetime
    place: ZoneInfo
    numbers: Numbers
    marks: Marks
    width: int


def detail_lines(
    row: PlatformRow, found: PlatformsSnapshot, tested: Tested | None, *, numbers: Numbers, place: ZoneInfo,
    marks: Marks, width: int,
) -> list[Line]:  # fmt: skip
    """Everything about a platform, in two columns where there is room for both."""
    is_split = width >= 2 * COLUMN_CELLS + GAP_CELLS
    room = (width - GAP_CELLS) // 2 if is_split else width
    around = Surroundings(found.as_of, place, numbers, marks, room)
    test = [] if tested is None else _test(tested, around)
    month, health, headroom = _month(row, around), _health(row, around), _headroom(row, around)
    facts, prices = _facts(row, around), _prices(row, around)
    if not is_split:
        # What changes comes first, since the rest may be out of sight.
        return _spaced((test, month, health, headroom, facts, prices))
    pairs = zip_longest(_spaced((test, month, facts)), _spaced((health, headroom, prices)), fillvalue=())
    return [_beside(left, right, room) for left, right in pairs]


def _spaced(sections: Iterable[list[Line]]) -> list[Line]:
    """Sections with a free line between them."""
    lines: list[Line] = []
    for section in sections:
        if section:
            lines += [(), *section] if lines else section
    return lines


def _beside(left: Line, right: Line, room: int) -> Line:
    if not right:
        return left
    space = max(1, room + GAP_CELLS - cell_len(plain(left)))
    return (*left, Part(" " * space), *right)


def _labelled(label: str, facts: Sequence[Line], around: Surroundings) -> list[Line]:
    """Facts behind a label, in as many lines as they need."""
    room = max(8, around.width - LABEL_CELLS)
    wrapped = [line for fact in quota_texts.wrapped(facts, room) for line in _broken(fact, room)]
    heads = [label, *[""] * (len(wrapped) - 1)]
    return [(Part(padded(head, LABEL_CELLS), "muted"), *line) for head, line in zip(heads, wrapped, strict=True)]


def _broken(line: Line, room: int) -> Iterator[Line]:
    """A line of one part broken between its words where it is too long; others are cut by the widget."""
    if len(line) != 1 or cell_len(line[0].text) <= room:
        yield line
        return
    words, tone, held = line[0].text.split(" "), line[0].tone, ""
    for word in words:
        longer = f"{held} {word}" if held else word
        if held and cell_len(longer) > room:
            yield (Part(held, tone),)
            held = word
        else:
            held = longer
    yield (Part(fitted(held, room), tone),)


def _one(text: str, tone: Tone = "plain") -> list[Line]:
    return [(Part(text, tone),)]


def _test(tested: Tested, around: Surroundings) -> list[Line]:
    result = tested.result
    if result is None:
        return _labelled("Test", _one("asking it for its models ...", "muted"), around)
    at = f"{tested.at.astimezone(around.place):%H:%M:%S}"
    if result.ok:
        return _labelled("Test", [(Part(clean(result.message) or "ok", "good"),), (Part(f"at {at}", "muted"),)], around)
    lines = _labelled("Test", [(Part(f"! {clean(result.message)}", "error"),), (Part(f"at {at}", "muted"),)], around)
    if result.hint:
        lines += _labelled("", _one(clean(result.hint) or "", "muted"), around)
    return lines


def _facts(row: PlatformRow, around: Surroundings) -> list[Line]:
    one = row.platform
    own = "" if one.base_url else " (default)"
    added = one.created_at.astimezone(around.place)
    key = [(Part(row.key_words), Part(", sealed", "muted"))] if row.has_key else _one("none stored", "muted")
    switches = ["the usage of streams is asked for"] if one.inject_usage else ["streams as the caller asks"]
    switches.append("read to the end" if one.drain_on_disconnect else "cancelled on hang-up")
    return [
        *_labelled("Provider", _one(row.provider_title), around),
        *_labelled("Base URL", _one(f"{row.address or 'none'}{own}"), around),
        *_labelled("Key", key, around),
        *_labelled("Billing", _one(one.billing), around),
        *_labelled("Calls are", _one(", ".join(switches), "muted"), around),
        *_labelled("Added", _one(f"{added.day} {added:%b %Y}", "muted"), around),
    ]


def _month(row: PlatformRow, around: Surroundings) -> list[Line]:
    month, numbers = row.month, around.numbers
    facts: list[Line] = [(Part(numbers.count(month.requests)), Part(" calls", "muted"))]
    if month.requests:
        cost = cost_part(row, numbers)
        if cost.text != "-":
            facts.append((Part(cost.text, "strong"), Part(" spent", "muted")))
        if month.subscription_value:
            facts.append((Part(numbers.money(month.subscription_value)), Part(f" {LIST_PRICE_VALUE}", "muted")))
        facts.append((Part(numbers.tokens(month.input_tokens)), Part(" tokens in", "muted")))
        facts.append((Part(numbers.tokens(month.output_tokens)), Part(" out", "muted")))
    # A quota in money tells it itself.
    if month.unpriced_tokens and (row.quota is None or row.quota.state.quota.unit != "usd"):
        facts.append((Part(f"! {numbers.tokens(month.unpriced_tokens)} tokens unpriced", "warning"),))
    lines = _labelled("This month", facts, around)
    if row.quota is None:
        return [*lines, *_labelled("Quota", _one("none", "muted"), around)]
    room = around.width - LABEL_CELLS
    card = quota_texts.card_lines(
        row.quota, now=around.now, place=around.place, numbers=numbers, marks=around.marks, width=room, name=0, usual=""
    )[1:]
    heads = ["Quota", *[""] * (len(card) - 1)]
    return [
        *lines,
        *((Part(padded(head, LABEL_CELLS), "muted"), *line) for head, line in zip(heads, card, strict=True)),
    ]


def _health(row: PlatformRow, around: Surroundings) -> list[Line]:
    health = row.health
    lines = _labelled("Health", [(Part(*HEALTH_WORDS[health.state]),)], around)
    for label, window in (("Last hour", health.last_hour), ("Last 24 hours", health.last_day)):
        if window.requests:
            lines += _labelled(label, _window(window, around.numbers), around)
    lines += _labelled("Last call", _one(last_words(row, now=around.now, place=around.place)), around)
    if health.last_error is not None:
        ago = duration_text(around.now - health.last_error.at)
        lines += _labelled("Last error", _one(f"{clean(health.last_error.kind) or '-'}, {ago} ago"), around)
    return lines


def _window(window: CallWindow, numbers: Numbers) -> list[Line]:
    facts: list[Line] = [(Part(numbers.count(window.requests)), Part(" calls", "muted"))]
    if window.errors:
        share = numbers.percent(Decimal(window.errors * 100) / window.requests)
        facts.append((Part(f"! {numbers.count(window.errors)} failed ({share})", "error"),))
    if window.mean_latency_ms is not None:
        facts.append((Part(numbers.duration(window.mean_latency_ms)), Part(" on average", "muted")))
    if window.mean_time_to_first_chunk_ms is not None:
        facts.append((Part(numbers.duration(window.mean_time_to_first_chunk_ms)), Part(" to the first piece", "muted")))
    return facts


def _headroom(row: PlatformRow, around: Surroundings) -> list[Line]:
    if not row.headroom:
        return _labelled("Rate limits", _one("its answers state none so far", "muted"), around)
    name = max(cell_len(one.title) for one in row.headroom) + 2
    stated = max(one.as_of for one in row.headroom)
    title = f"Left of its rate limits, as stated {duration_text(around.now - stated)} ago"
    return [(Part(fitted(title, around.width), "muted"),), *(_limit(one, name, stated, around) for one in row.headroom)]


def _limit(one: Headroom, name: int, stated: datetime, around: Surroundings) -> Line:
    """A limit in columns: what, a bar, how much is left, when it is reset; since when where others are known later."""
    if one.dimension == RETRY:
        return (Part(fitted(f"! {headroom_text(one, now=around.now)}", around.width), "warning"),)
    percent = one.percent_left
    is_past = one.resets_at is not None and one.resets_at <= around.now
    tone: Tone = "muted" if is_past else "plain"
    sign = "  "
    if percent is not None and percent <= SCARCE_PERCENT and not is_past:
        sign, tone = ("! ", "warning") if percent else ("!!", "error")
    words = "  " + ", ".join(_limit_facts(one, stated, around))
    head: Line = (Part(padded(one.title, name)),)
    if percent is not None:
        share = f" {sign}{percent:>3} %"
        bar = min(BAR_CELLS, around.width - name - len(share) - cell_len(words))
        head = (*head, *(_left_bar(percent, bar, tone, around) if bar >= LEAST_BAR else ()), Part(share, tone))
    return (*head, Part(fitted(words, around.width - cell_len(plain(head))), "muted"))


def _left_bar(percent: int, cells: int, tone: Tone, around: Surroundings) -> Line:
    filled = -(-percent * cells // 100)
    return bar_parts(filled, cells, "series-1" if tone == "plain" else tone, marks=around.marks)


def _limit_facts(one: Headroom, stated: datetime, around: Surroundings) -> Iterator[str]:
    """What is left in numbers, when it is reset, and its age where others are known later."""
    if not one.is_share and one.remaining is not None:
        limit = "" if one.limit is None else f" of {around.numbers.tokens(one.limit)}"
        yield f"{around.numbers.tokens(one.remaining)}{limit}"
    if one.resets_at is not None and one.resets_at <= around.now:
        yield "reset since"
    elif one.resets_at is not None:
        yield f"resets in {duration_text(one.resets_at - around.now)}"
    if stated - one.as_of >= OLDER:
        yield f"{duration_text(around.now - one.as_of)} ago"


def _prices(row: PlatformRow, around: Surroundings) -> list[Line]:
    own = row.platform.prices
    said = [] if own.is_empty else [prices_text(own)]
    for rule in row.rules[:RULES]:
        since = "" if rule.starts_on is None else f" from {rule.starts_on}"
        where = "" if rule.is_general else f" on {clean(rule.platform)}"
        said.append(f"{clean(rule.model)}{where}{since}: {prices_text(rule.prices)}")
    lines = [] if said else _labelled("Own prices", _one("none: the catalogue's hold", "muted"), around)
    for order, words in enumerate(said):
        lines += _labelled("" if order else "Own prices", _one(words), around)
    if len(row.rules) > RULES:
        lines += _labelled("", _one(f"and {len(row.rules) - RULES} more: tokenmon price show", "muted"), around)
    hint = f"tokenmon price set MODEL --platform {row.name} --input-price 2 --output-price 10"
    return [*lines, *_labelled("", _one(hint, "muted"), around)]
