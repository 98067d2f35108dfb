"""What stands on the dashboard, in words: the same on the live screen and in one printed frame.

A line is a row of parts, each with a tone; the screen gives tones their colours, a printed frame leaves them out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from rich.cells import cell_len, chop_cells, set_cell_size

from tokenmon.analytics.quotas import QuotaState
from tokenmon.core.number_text import LIST_PRICE_VALUE
from tokenmon.core.query import Totals
from tokenmon.core.record import UsageRecord
from tokenmon.tui.measures import is_unpriced
from tokenmon.tui.names import name_text
from tokenmon.tui.numbers import DOLLARS, Numbers

# fmt: off
Tone = Literal[
    "plain", "strong", "muted", "good", "warning", "error",
    "series-1", "series-2", "series-3", "series-4", "series-5", "series-6", "series-7", "series-8", "series-rest",
    "heat-0", "heat-1", "heat-2", "heat-3", "heat-4", "previous",
]
# fmt: on
PLAIN: Tone = "plain"
# What graphs are drawn with: a terminal may have no block elements, or no braille.
Marks = Literal["blocks", "braille", "ascii"]
FULL, REST = "━", "─"
BAR_CELLS = (8, 24)
NAME_CELLS = 16
QUOTA_WORDS: dict[str, tuple[str, Tone]] = {
    "ok": ("ok", "good"),
    "warning": ("! warning", "warning"),
    "exceeded": ("!! exceeded", "error"),
}
QUOTA_WORD_CELLS = max(len(word) for word, _ in QUOTA_WORDS.values())
USAGE_WORDS = {"partial": "partial", "estimated": "estimated", "none": "no usage stated"}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line, in one tone; in a bar's cells the tone `under` lies behind it."""

    text: str
    tone: Tone = "plain"
    under: Tone = "plain"


Line = tuple[Part, ...]


def plain(line: Line) -> str:
    """The words of a line."""
    return "".join(part.text for part in line)


def joined(parts: Iterable[Part]) -> Line:
    """The same line in as few parts as its tones allow."""
    return line_of((part.text, part.tone, part.under) for part in parts)


def line_of(runs: Iterable[tuple[str, Tone, Tone]]) -> Line:
    """A line from texts with their tone and what lies under them, in as few parts as these allow."""
    found: list[Part] = []
    text, tone, under = "", PLAIN, PLAIN
    for added, its_tone, its_under in runs:
        # A space shows only what lies under it.
        if its_under == under and (its_tone == tone or added.isspace()):
            text += added
        elif added:
            if text:
                found.append(Part(text, tone, under))
            text, tone, under = added, its_tone, its_under
    if text:
        found.append(Part(text, tone, under))
    return tuple(found)


def fitted(text: str, width: int) -> str:
    """A text in at most `width` cells of the terminal, its end cut off where it is longer."""
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)).rstrip() + "…"


def padded(text: str, width: int, *, right: bool = False) -> str:
    """A text in exactly `width` cells."""
    short = fitted(text, width)
    space = " " * (width - cell_len(short))
    return space + short if right else short + space


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` cells, broken between words, or within one that is longer; at least one."""
    lines = [""]
    for word in text.split():
        for at, piece in enumerate(chop_cells(word, max(2, width))):
            joined = f"{lines[-1]} {piece}" if lines[-1] and not at else piece
            if at or cell_len(joined) > width:
                lines.append(piece)
            else:
                lines[-1] = joined
    return lines


def empty_lines(platforms: int) -> list[str]:
    """What to do while nothing is recorded."""
    if platforms:
        known = "1 platform is set up." if platforms == 1 else f"{platforms} platforms are set up."
        steps = [known, "", "Start the proxy, then call a model through it:", "  tokenmon proxy"]
    else:
        steps = [
            "Name an account, get a key, start the proxy:",
            "  tokenmon platform add openai --provider openai",
            "  tokenmon key create my-laptop",
            "  tokenmon proxy",
        ]
    return ["No calls are recorded yet.", "", *steps, "", "Or look around with sample calls:", "  tokenmon demo"]


Fact = tuple[Part, Line]


def totals_lines(totals: Totals, *, width: int, numbers: Numbers = DOLLARS, more: Sequence[Fact] = ()) -> list[Line]:
    """One period: what it cost and what that rests on; subscription calls stand apart and are never added.

    `more` are further facts of the period, a value and its words each, below the cost.
    """
    has_price = not is_unpriced(totals)
    facts: list[Fact] = [
        (Part(numbers.money(totals.cost if has_price else None), "strong"), _spent(totals, has_price=has_price)),
        *more,
    ]
    if totals.subscription_value:
        value = numbers.money(totals.subscription_value)
        facts.append((Part(value), (Part(LIST_PRICE_VALUE, "muted"),)))
    facts.append((Part(numbers.count(totals.requests)), _requests(totals, numbers)))
    facts.append((Part(numbers.tokens(totals.input_tokens)), (Part(_tokens(totals, width, numbers), "muted"),)))
    if totals.unpriced_tokens:
        facts.append((Part(numbers.tokens(totals.unpriced_tokens)), (Part("tokens unpriced", "muted"),)))
    widest = max(len(value.text) for value, _ in facts)
    return [(Part(value.text.rjust(widest), value.tone), Part("  "), *label) for value, label in facts]


def _spent(totals: Totals, *, has_price: bool) -> Line:
    if not has_price:
        return (Part("no call has a price", "muted"),)
    if not totals.estimated_cost or not totals.cost:
        return (Part("spent", "muted"),)
    share = int(totals.estimated_cost * 100 / totals.cost)
    return (Part(f"spent, {share or 'under 1'} % estimated", "muted"),)


def _requests(totals: Totals, numbers: Numbers) -> Line:
    word = Part("request" if totals.requests == 1 else "requests", "muted")
    if not totals.error_requests:
        return (word,)
    errors = f"! {numbers.count(totals.error_requests)} error{'' if totals.error_requests == 1 else 's'}"
    return (word, Part(", ", "muted"), Part(errors, "error"))


def _tokens(totals: Totals, width: int, numbers: Numbers) -> str:
    read, given = totals.cache_read_input_tokens, totals.input_tokens
    # Some providers state more cached tokens than input.
    cached = f"{min(100, read * 100 // given)} % cached, " if read and given else ""
    short = f"in, {cached}{numbers.tokens(totals.output_tokens)} out"
    return f"tokens {short}" if width >= len("tokens ") + len(short) + 11 else short


def quota_lines(
    states: Sequence[QuotaState],
    *,
    width: int,
    most: int,
    numbers: Numbers = DOLLARS,
    rest: str = "tokenmon quota check",
) -> list[Line]:
    """The quotas, the fullest first: a bar, the percentage and a word; what does not fit is counted, with where the
    `rest` is."""
    ordered = sorted(states, key=lambda state: (-state.percent, state.platform))
    shown = ordered if len(ordered) <= most else ordered[: max(1, most - 1)]
    name_cells = min(NAME_CELLS, max((cell_len(state.platform) for state in shown), default=0))
    used = [used_text(state, numbers) for state in shown]
    used_cells = max(map(len, used), default=0)
    # Name, bar, " 100 % " and the word.
    spare = width - name_cells - 1 - 7 - QUOTA_WORD_CELLS
    if spare < BAR_CELLS[0] + 2 + used_cells:
        used_cells = 0
    bar_cells = max(BAR_CELLS[0], min(BAR_CELLS[1], spare - (used_cells + 2 if used_cells else 0)))
    lines: list[Line] = []
    for state, amount in zip(shown, used, strict=True):
        word, tone = QUOTA_WORDS[state.state]
        bar = bar_parts(min(bar_cells, int(state.percent * bar_cells / 100)), bar_cells, tone)
        amount_part = (Part("  " + amount, "muted"),) if used_cells else ()
        said = Part(padded(word, QUOTA_WORD_CELLS if used_cells else len(word)), tone)
        name = Part(padded(state.platform, name_cells + 1))
        lines.append((name, *bar, Part(f" {int(state.percent):>3} % "), said, *amount_part))
    if len(shown) < len(ordered):
        lines.append((Part(f"and {len(ordered) - len(shown)} more: {rest}", "muted"),))
    return lines


def bar_parts(filled: int, cells: int, tone: Tone, *, marks: Marks = "blocks") -> Line:
    """A bar of so many cells, of which some are filled."""
    full, rest = ("=", "-") if marks == "ascii" else (FULL, REST)
    return (Part(full * filled, tone), Part(rest * (cells - filled), "muted"))


def used_text(state: QuotaState, numbers: Numbers = DOLLARS) -> str:
    """How much of a quota is used, in its unit."""
    if state.quota.unit == "usd":
        value = f" {LIST_PRICE_VALUE}" if state.is_list_price_value else ""
        return f"{numbers.money(state.used)} of {numbers.money(state.quota.amount)}{value}"
    if state.quota.unit == "tokens":
        return f"{numbers.tokens(int(state.used))} of {numbers.tokens(int(state.quota.amount))} tokens"
    return f"{numbers.count(int(state.used))} of {numbers.count(int(state.quota.amount))} requests"


def status_part(record: UsageRecord) -> Part:
    """How a call ended, in words; trouble has a sign."""
    if record.is_error:
        return Part(f"! {name_text(record.error_type, str(record.status))}", "error")
    word = USAGE_WORDS.get(record.usage_source, "ok")
    is_value = record.billing == "subscription" and record.cost
    return Part(f"{word}, {LIST_PRICE_VALUE}" if is_value else word, "muted")


def call_parts(record: UsageRecord, place: ZoneInfo, numbers: Numbers = DOLLARS) -> dict[str, Part]:
    """One call by column; every text from outside is cleaned."""
    usage = record.usage
    # A call that states no usage has nothing to price.
    cost = "-" if usage is None and record.cost is None else numbers.call_cost(record.cost)
    return {
        "time": Part(record.occurred_at.astimezone(place).strftime("%H:%M:%S"), "muted"),
        "platform": Part(name_text(record.platform)),
        "model": Part(name_text(record.model)),
        "in": Part("-" if usage is None else numbers.tokens(usage.input_tokens)),
        "out": Part("-" if usage is None else numbers.tokens(usage.output_tokens)),
        "cost": Part(cost, "plain" if record.cost is not None else "muted"),
        "status": status_part(record),
    }
