"""The words around the table of calls: its orders, its sums, and filters for more calls like one."""

from collections.abc import Iterator, Mapping

from rich.cells import cell_len

from tokenmon.core.condition import Condition
from tokenmon.core.number_text import LIST_PRICE_VALUE
from tokenmon.core.record import UsageRecord
from tokenmon.storage.read_order import SortKey
from tokenmon.tui.dimensions import TITLES, condition_of
from tokenmon.tui.measures import measure_text
from tokenmon.tui.names import name_text
from tokenmon.tui.numbers import Numbers
from tokenmon.tui.reading.calls import CallsSnapshot
from tokenmon.tui.texts import Line, Part, plain

SORTS: Mapping[SortKey, str] = {
    "time": "time", "cost": "cost", "tokens": "tokens", "input": "input tokens", "output": "output tokens",
    "latency": "latency", "ttfc": "time to first chunk", "model": "model", "platform": "platform",
    "project": "project", "status": "status",
}  # fmt: skip
# Sorted from the beginning of the alphabet when they are first chosen.
TEXTS = ("model", "platform", "project")


def sort_title(sort: SortKey, *, is_descending: bool) -> str:
    """An order in words, such as `by cost, highest first`."""
    if sort == "time":
        return "newest first" if is_descending else "oldest first"
    if sort in TEXTS:
        return f"by {SORTS[sort]}, {'z to a' if is_descending else 'a to z'}"
    return f"by {SORTS[sort]}, {'highest' if is_descending else 'lowest'} first"


def summary_line(found: CallsSnapshot, before: Line, numbers: Numbers, *, width: int) -> Line:
    """What is looked at (`before`, its most important part first) and its sums, in the fullest form that fits."""
    forms = _forms(found, before, numbers)
    line: Line = ()
    for line in forms:
        if cell_len(plain(line)) <= width:
            break
    return line


def _forms(found: CallsSnapshot, before: Line, numbers: Numbers) -> Iterator[Line]:
    gap = Part("   ", "muted")
    count = (Part(_count_text(found, numbers), "strong"),)
    fresh = (gap, Part(f"{numbers.count(found.fresh)} new, home shows them", "good")) if found.fresh else ()
    money, tokens, errors = _sums(found, numbers)
    short = (Part(numbers.count(found.count), "strong"), Part(" call" if found.count == 1 else " calls", "muted"))
    brief = (Part("  ", "muted"), Part(f"{numbers.count(found.fresh)} new, home", "good")) if found.fresh else ()
    signs = (Part(f"  ! {numbers.count(found.totals.error_requests)}", "error"),) if errors else ()
    yield (*before, gap, *count, gap, *money, gap, *tokens, *errors, *fresh)
    yield (*before[:1], gap, *count, gap, *money, gap, *tokens, *errors, *fresh)
    yield (*before[:1], gap, *count, gap, *money, *errors, *fresh)
    yield (*count, gap, *money, *errors, *fresh)
    yield (*count, gap, *money[:1], *errors, *brief)
    yield (*short, Part("  ", "muted"), *money[:1], *signs, *brief)
    yield (*short, *signs, *brief)
    yield (*short, *brief)


def _count_text(found: CallsSnapshot, numbers: Numbers) -> str:
    count = numbers.count(found.count)
    if found.listing.is_cut:
        return f"first {numbers.count(found.listing.count)} of {count} calls"
    if found.count != found.every and found.asked.where:
        return f"{count} of {numbers.count(found.every)} calls"
    return "1 call" if found.count == 1 else f"{count} calls"


def _sums(found: CallsSnapshot, numbers: Numbers) -> tuple[Line, Line, Line]:
    totals = found.totals
    money: Line = (Part(measure_text(totals, "cost", numbers)),)
    if totals.subscription_value:
        value = f"{numbers.money(totals.subscription_value)} {LIST_PRICE_VALUE}"
        money = (*money, Part(f" + {value}", "muted")) if totals.cost else (Part(value),)
    tokens = (Part(f"{numbers.tokens(totals.total_tokens)} tokens"),)
    if not totals.error_requests:
        return money, tokens, ()
    word = "error" if totals.error_requests == 1 else "errors"
    return money, tokens, (Part("   ", "muted"), Part(f"! {numbers.count(totals.error_requests)} {word}", "error"))


def similar(record: UsageRecord) -> list[tuple[str, Condition]]:
    """The filters that a call offers for more calls like it: a line of words for each, and the condition."""
    values: Mapping[str, str | None] = {
        "model": record.model, "platform": record.platform, "provider": record.provider_name,
        "project": record.project, "key": record.client_key, "source": record.source, "machine": record.machine,
        "operation": record.operation_name, "status": None if record.status is None else str(record.status),
        "error": record.error_type, "tier": record.service_tier, "billing": record.billing,
    }  # fmt: skip
    found = [(TITLES[name], value, condition_of(name, value)) for name, value in values.items() if value is not None]
    if record.conversation_id is not None:
        found.append(("Session", record.conversation_id, Condition("session", "=", (record.conversation_id,))))
    found += [
        (f"Tag {key}", value, Condition("tag", "=", (f"{key}={value}",)))
        for key, value in record.tags
    ]  # fmt: skip
    return [(f"{name_text(title):<14}{name_text(value)}", condition) for title, value, condition in found]
