"""Quotas in words: a card a quota, the alerts that were sent, and the sheet that is exported."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from textwrap import wrap
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from tokenmon.analytics.quotas import quota_json
from tokenmon.core.number_text import LIST_PRICE_VALUE, duration_text
from tokenmon.core.period import zone
from tokenmon.core.platform import PlatformQuota
from tokenmon.core.record_json import time_text
from tokenmon.core.sent_alert import SentAlert
from tokenmon.tui.drawing.gauge import Gauge, bar_line, draw
from tokenmon.tui.numbers import Numbers
from tokenmon.tui.reading.quotas import Quota, QuotasSnapshot
from tokenmon.tui.sheet import Sheet
from tokenmon.tui.texts import QUOTA_WORD_CELLS, QUOTA_WORDS, Line, Marks, Part, fitted, padded, plain

NAME_CELLS = 24
# Below this the name stands on a line of its own.
BESIDE_CELLS = 60
PERCENT_CELLS, WORD_CELLS = len(" 100 %"), QUOTA_WORD_CELLS + 1
LEAST_BAR, MOST_BAR = 6, 60
COLUMNS = (
    "platform", "amount", "unit", "period", "warn_at", "used", "percent", "state", "unpriced_requests",
    "is_list_price_value", "starts_at", "resets_at", "timezone", "expected", "runs_out_at",
)  # fmt: skip
COMMA = Part(", ", "muted")


def amount_of(quota: PlatformQuota, numbers: Numbers) -> Callable[[Decimal], str]:
    """How amounts of a quota are written, without their unit."""
    match quota.unit:
        case "usd":
            return numbers.money
        case "tokens":
            return lambda value: numbers.tokens(int(value))
        case _:
            return lambda value: numbers.count(int(value))


def unit_words(quota: PlatformQuota) -> str:
    """The unit behind an amount; money names its own."""
    return "" if quota.unit == "usd" else f" {quota.unit}"


def name_cells(quotas: Sequence[Quota], width: int) -> int:
    """The width of the names' column; 0 where names stand on lines of their own."""
    if width < BESIDE_CELLS:
        return 0
    return min(NAME_CELLS, max((cell_len(one.platform) for one in quotas), default=0)) + 1


def card_lines(
    quota: Quota,
    *,
    now: datetime,
    place: ZoneInfo,
    numbers: Numbers,
    marks: Marks,
    width: int,
    name: int,
    usual: str,
) -> tuple[Line, ...]:
    """One quota: its name, a gauge, and below what is left, until when, and where it is going."""
    indent: Line = (Part(" " * name),) if name else ()
    head: Line = (Part(padded(quota.platform, name) if name else fitted(quota.platform, width), "strong"),)
    drawn = _gauge_line(quota, width=width - name, numbers=numbers, marks=marks)
    known = quota_facts(quota, now=now, place=place, numbers=numbers, usual=usual)
    if " of " not in plain(drawn):
        known.insert(0, (Part(used_text(quota, numbers), "muted"),))
    facts = wrapped(known, width - name)
    top = ((*head, *drawn),) if name else (head, drawn)
    return (*top, *((*indent, *line) for line in facts))


def _gauge_line(quota: Quota, *, width: int, numbers: Numbers, marks: Marks) -> Line:
    """Bar, percentage, word and amounts; all cards have the same columns, and the bar gets what room is left."""
    state = quota.state
    expected = None if quota.forecast is None else quota.forecast.expected
    gauge = Gauge(state.used, state.quota.amount, state.quota.unit, state.state, state.quota.warn_at, expected)
    word, tone = QUOTA_WORDS[state.state]
    amount = amount_of(state.quota, numbers)
    used = "  " + used_text(quota, numbers)
    tail = max(used_cells(numbers), cell_len(used))
    if width < PERCENT_CELLS + WORD_CELLS + tail + LEAST_BAR:
        # Where all do not fit, the gauge knows what goes first.
        return (draw(gauge, width=width, marks=marks, amount=amount) or [()])[0]
    percent = f" {int(state.percent):,} %".rjust(PERCENT_CELLS)
    bar = bar_line(gauge, min(MOST_BAR, width - PERCENT_CELLS - WORD_CELLS - tail), marks, tone)
    return (*bar, Part(percent), Part(f" {word}".ljust(WORD_CELLS), tone), Part(used, "muted"))


def used_text(quota: Quota, numbers: Numbers) -> str:
    """What is used of what."""
    limit, amount = quota.state.quota, amount_of(quota.state.quota, numbers)
    return f"{amount(quota.state.used)} of {amount(limit.amount)}{unit_words(limit)}"


def used_cells(numbers: Numbers) -> int:
    """The width of the amounts: what is used of what."""
    return 2 * numbers.money_cells + len("   of  requests")


def usual_rule(quotas: Sequence[Quota]) -> str:
    """The rule of most forecasts, which then need not say it each."""
    rules = Counter(one.forecast.rule for one in quotas if one.forecast is not None)
    return rules.most_common(1)[0][0] if rules else ""


def quota_facts(quota: Quota, *, now: datetime, place: ZoneInfo, numbers: Numbers, usual: str) -> list[Line]:
    """What the gauge does not say; the forecast's rule is said where it is not the `usual` one."""
    state = quota.state
    amount, unit = amount_of(state.quota, numbers), unit_words(state.quota)
    over = state.used - state.quota.amount
    if over > 0:
        facts: list[Line] = [(Part(f"{amount(over)}{unit} over", "error"),)]
    else:
        facts = [(Part(f"{amount(quota.left)}{unit}"), Part(" left", "muted"))]
    if state.period.end is not None:
        reset = f"resets in {duration_text(state.period.end - now)} ({day_text(state.period.end, place)})"
        facts.append((Part(reset, "muted"),))
    facts += _prospects(quota, now=now, place=place, numbers=numbers, usual=usual)
    # A failed call without usage has no price either, and nothing that could be missing.
    if state.unpriced_tokens:
        facts.append((Part(f"! {numbers.tokens(state.unpriced_tokens)} unpriced tokens not counted", "warning"),))
    if state.is_list_price_value:
        facts.append((Part(f"counts {LIST_PRICE_VALUE}, no spend", "muted"),))
    return facts


def _prospects(quota: Quota, *, now: datetime, place: ZoneInfo, numbers: Numbers, usual: str) -> list[Line]:
    """Where it is going, and by which rule; nothing more to say of one that is used up."""
    if quota.state.state == "exceeded":
        return []
    if quota.forecast is None or quota.expected_percent is None:
        return [(Part("no forecast yet", "muted"),)] if quota.state.used else []
    if not quota.forecast.expected:
        return []
    rule = [] if quota.forecast.rule == usual else [(Part(quota.forecast.rule, "muted"),)]
    if quota.runs_out is not None:
        return [(Part(f"! runs out {moment_text(quota.runs_out, now=now, place=place)}", "warning"),), *rule]
    end = f"{amount_of(quota.state.quota, numbers)(quota.forecast.expected)}{unit_words(quota.state.quota)}"
    share = numbers.percent(quota.expected_percent)
    return [(Part(f"ends the month at {share}"), Part(f" ({end})", "muted")), *rule]


def wrapped(facts: Sequence[Line], width: int) -> list[Line]:
    """Facts with commas between them, in as many lines as they need; one that is wider than a line is cut."""
    lines: list[Line] = []
    for fact in facts:
        size = cell_len(plain(fact))
        if lines and cell_len(plain(lines[-1])) + len(COMMA.text) + size + 1 <= width:
            lines[-1] = (*lines[-1], COMMA, *fact)
        else:
            lines.append(fact)
    return lines


def day_text(at: datetime, place: ZoneInfo) -> str:
    """A day: `Tue 1 Dec`."""
    local = at.astimezone(place)
    return f"{local:%a} {local.day} {local:%b}"


def moment_text(at: datetime, *, now: datetime, place: ZoneInfo) -> str:
    """A moment to come: `today 18:40`, `tomorrow 09:10`, `Thu 27 Nov`."""
    days = (at.astimezone(place).date() - now.astimezone(place).date()) // timedelta(days=1)
    if days in (0, 1):
        return f"{('today', 'tomorrow')[days]} {at.astimezone(place):%H:%M}"
    return day_text(at, place)


def alert_lines(found: QuotasSnapshot, place: ZoneInfo, *, width: int) -> list[Line]:
    """The alerts that were sent, newest first; or why there is none."""
    if not found.alerts:
        return _no_alert_lines(found, width)
    name = min(NAME_CELLS, max(cell_len(one.platform) for one in found.alerts))
    return [_alert_line(one, found, place, name) for one in found.alerts]


def _alert_line(one: SentAlert, found: QuotasSnapshot, place: ZoneInfo, name: int) -> Line:
    at, month = one.sent_at.astimezone(place), one.period_start.astimezone(zone(found.period.timezone))
    year = "" if at.year == found.as_of.astimezone(place).year else f" {at:%Y}"
    said = Part("!! used up", "error") if one.is_exceeded else Part(f"! {one.threshold:>2} % used", "warning")
    # A threshold of last month may be crossed by calls that were recorded after its end.
    of_month = "" if (month.year, month.month) == (at.year, at.month) else f"  of {month:%b %Y}"
    return (
        Part(f"{at.day:>2} {at:%b}{year} {at:%H:%M}", "muted"), Part("  "),
        Part(padded(one.platform, name)), Part("  "), said, Part(of_month, "muted"),
    )  # fmt: skip


def _no_alert_lines(found: QuotasSnapshot, width: int) -> list[Line]:
    if found.has_webhook:
        words = ["None yet: no threshold was crossed."]
    else:
        # A command that is cut cannot be typed.
        words = ["None: alerts need a webhook.", "tokenmon config set alerts.webhook_url URL"]
    # Before the first layout there is no room at all.
    room = max(width, 1)
    return [(Part(line, "muted"),) for one in words for line in wrap(one, room, subsequent_indent="  ")]


def quota_sheet(found: QuotasSnapshot) -> Sheet:
    """The quotas with exact values; columns as in `quota list --json`, then the forecast."""
    rows = []
    for one in found.quotas:
        values = quota_json(one.state)
        expected = None if one.forecast is None else one.forecast.expected
        rows.append((*(values[name] for name in COLUMNS[:-2]), expected, time_text(one.runs_out, timespec="seconds")))
    return Sheet(COLUMNS, tuple(rows))
