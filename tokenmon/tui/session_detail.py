"""One conversation in full, as lines: what it was, how it went, and which models took what of it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from textwrap import wrap
from zoneinfo import ZoneInfo

from tokenmon.core.query import Totals
from tokenmon.tui.bars import bar_text
from tokenmon.tui.breakdown_columns import errors_part
from tokenmon.tui.breakdown_view import cached_share
from tokenmon.tui.dimensions import value_text
from tokenmon.tui.drawing import sparkline
from tokenmon.tui.names import name_text
from tokenmon.tui.numbers import Numbers
from tokenmon.tui.reading.sessions import Conversation, Course, worth
from tokenmon.tui.session_columns import cost_part, length_text
from tokenmon.tui.texts import Line, Marks, Part, fitted, padded, plain

LABEL_CELLS = 12
BAR_CELLS = 10
MONEY_CELLS = 11
FEWEST_NAME_CELLS, MOST_NAME_CELLS = 25, 33
# A shorter name would not tell one model from another: it gets a line of its own.
SHORTEST_NAME_CELLS = 20


def detail_lines(
    one: Conversation, course: Course | None, *, numbers: Numbers, place: ZoneInfo, width: int, marks: Marks
) -> list[Line]:
    """The lines of a conversation; `course` is None until its calls were read."""
    totals = one.totals
    lines: list[Line] = [
        *_wrapped_fact("Session", one.id, width),
        *_wrapped_fact("Project", ", ".join(one.projects), width),
        *_wrapped_fact("First call", _moment(one.first, place), width),
        *_wrapped_fact("Last call", f"{_moment(one.last, place)}, after {length_text(one.length)}", width),
        (_label("Cost"), cost_part(totals, numbers)),
    ]
    if totals.subscription_value:
        lines += _wrapped_fact(
            "List value", f"{numbers.money(totals.subscription_value)} by subscription, not spent", width
        )
    lines += [
        *_wrapped_fact("Calls", _calls(totals, numbers), width),
        (_label("Errors"), errors_part(totals, numbers), Part(_errors(course), "muted")),
        *_wrapped_fact("Input", _input(totals, numbers), width),
        *_wrapped_fact("Output", _output(totals, numbers), width),
        *_wrapped_fact("Latency", _latency(totals, numbers), width),
        (),
        *course_lines(course, numbers, width=width, marks=marks),
        (),
        (Part("By model", "strong"),),
        *_models(one, numbers, width, marks),
        (),
        *_wrapped_fact("Source", ", ".join(one.sources), width),
        *_wrapped_fact("Platform", ", ".join(one.platforms), width),
        *_wrapped_fact("Machine", ", ".join(one.machines), width),
    ]
    return lines


def _label(text: str) -> Part:
    return Part(padded(text, LABEL_CELLS), "muted")


def _wrapped_fact(name: str, value: str, width: int) -> list[Line]:
    """A fact whose value may need several lines."""
    pieces = wrap(name_text(value), max(8, width - LABEL_CELLS), break_on_hyphens=False)
    return [(_label("" if at else name), Part(piece)) for at, piece in enumerate(pieces)]


def _moment(moment: datetime, place: ZoneInfo) -> str:
    local = moment.astimezone(place)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M}"


def _calls(totals: Totals, numbers: Numbers) -> str:
    text = numbers.count(totals.requests)
    # A failed call without usage has no price either, and nothing that could be missing.
    if totals.unpriced_tokens:
        text += f", {numbers.tokens(totals.unpriced_tokens)} tokens unpriced"
    return text


def _errors(course: Course | None) -> str:
    if course is None or not course.errors:
        return ""
    kinds = ", ".join(name_text(kind) for kind, _ in course.errors[:2])
    return f"  {kinds}" + (", ..." if len(course.errors) > 2 else "")


def _input(totals: Totals, numbers: Numbers) -> str:
    cached = cached_share(totals)
    share = "" if cached is None else f", {numbers.percent(cached)} from the cache"
    return f"{numbers.tokens(totals.input_tokens)} tokens{share}"


def _output(totals: Totals, numbers: Numbers) -> str:
    reasoning = totals.reasoning_output_tokens
    rest = f", {numbers.tokens(reasoning)} of them reasoning" if reasoning else ""
    return f"{numbers.tokens(totals.output_tokens)} tokens{rest}"


def _latency(totals: Totals, numbers: Numbers) -> str:
    if not totals.latency_requests:
        return "-"
    return f"{numbers.duration(round(totals.latency_ms / totals.latency_requests))} a call"


def course_lines(course: Course | None, numbers: Numbers, *, width: int, marks: Marks) -> list[Line]:
    """How the conversation went, as a title and a sparkline."""
    if course is None:
        return [(Part("Over its time", "strong"),), (Part("Reading its calls ...", "muted"),)]
    most, cut = max(course.amounts), ", its newest calls" if course.is_cut else ""
    amount = f"{numbers.tokens(int(most))} tokens" if course.is_tokens else numbers.money(most)
    title = (Part("Over its time", "strong"), Part(f", up to {amount} at once{cut}", "muted"))
    amounts = squeezed(course.amounts, width)
    return [title, *sparkline.draw(sparkline.Sparkline(amounts), width=len(amounts), marks=marks)]


def squeezed(amounts: Sequence[Decimal], cells: int) -> tuple[Decimal, ...]:
    """The amounts in at most so many places, neighbours added up."""
    step = -(-len(amounts) // max(1, cells))
    return tuple(sum(amounts[at : at + step], Decimal(0)) for at in range(0, len(amounts), step))


def _models(one: Conversation, numbers: Numbers, width: int, marks: Marks) -> list[Line]:
    """A line a model: its name, a bar where there is room for it, and what it took."""
    largest = max((worth(totals) for _, totals in one.models), default=Decimal(0))
    taken = [_amounts(totals, numbers) for _, totals in one.models]
    spare = width - max((len(plain(line)) for line in taken), default=0) - 1
    bar_cells = BAR_CELLS if spare - BAR_CELLS >= FEWEST_NAME_CELLS else 0
    name_cells = min(MOST_NAME_CELLS, spare - bar_cells)
    lines: list[Line] = []
    for (model, totals), amounts in zip(one.models, taken, strict=True):
        name = value_text(model)
        if name_cells < SHORTEST_NAME_CELLS:
            lines += [(Part(fitted(name, width)),), amounts]
            continue
        bar = bar_text(worth(totals), largest, cells=bar_cells, marks=marks) if bar_cells else ""
        lines.append((Part(padded(name, name_cells)), Part(padded(bar, bar_cells), "series-1"), *amounts))
    return lines


def _amounts(totals: Totals, numbers: Numbers) -> Line:
    """What a model took: the cost, and the list value by its name; never one for the other."""
    value = totals.subscription_value
    if not value:
        amount = cost_part(totals, numbers)
        return (Part(amount.text.rjust(MONEY_CELLS), amount.tone),)
    named = Part(f"{numbers.money(value)} list value")
    spent = (Part(f"{numbers.money(totals.cost).rjust(MONEY_CELLS)}, "),) if totals.cost else ()
    return (*spent, named if spent else Part(named.text.rjust(MONEY_CELLS + len(" list value"))))
