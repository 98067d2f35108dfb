"""One call in full, as lines: every field with its exact value, and how its cost comes about."""

from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len

from tokenmon.core.record import UsageRecord
from tokenmon.core.record_json import time_text
from tokenmon.core.text import clean
from tokenmon.core.usage import COUNT_FIELDS, TokenUsage
from tokenmon.ingest.cost_origin import CostOrigin
from tokenmon.tui.call_columns import Writing
from tokenmon.tui.cost_lines import cost_lines
from tokenmon.tui.names import name_text
from tokenmon.tui.texts import Line, Part, fitted, padded, plain, wrapped

LABEL_CELLS = 16
# From this width on two columns stand side by side.
TWO_COLUMNS = 100
BETWEEN = 3
USAGE_WORDS = {
    "provider": "stated by the provider",
    "reported": "stated by whoever reported the call",
    "estimated": "estimated by tokenmon",
    "partial": "as far as the answer came",
    "none": "none stated",
}
COUNT_WORDS = {
    "input_tokens": "Input",
    "cache_read_input_tokens": "  cache reads",
    "cache_creation_input_tokens": "  cache writes",
    "cache_creation_1h_input_tokens": "    for an hour",
    "audio_input_tokens": "  audio",
    "output_tokens": "Output",
    "reasoning_output_tokens": "  reasoning",
    "audio_output_tokens": "  audio",
}
SECOND_MS = 1000
NOTHING = Part("-", "muted")


def call_lines(record: UsageRecord, origin: CostOrigin | None, *, writing: Writing, width: int) -> list[Line]:
    """The lines of a call; `origin` is None until the rates were looked up."""
    exact = Writing(writing.place, writing.numbers.exact())
    if width < TWO_COLUMNS:
        return [*_left(record, origin, exact, width), (), *_right(record, exact, width)]
    half = (width - BETWEEN) // 2
    return _side_by_side(_left(record, origin, exact, half), _right(record, exact, half), half)


def _left(record: UsageRecord, origin: CostOrigin | None, writing: Writing, width: int) -> list[Line]:
    return [
        *cost_lines(record, origin, writing.numbers, width=width),
        (),
        (Part("Tokens", "strong"),),
        *_tokens(record, writing, width),
        (),
        (Part("Time", "strong"),),
        *_times(record, writing, width),
    ]


def _right(record: UsageRecord, writing: Writing, width: int) -> list[Line]:
    texts: tuple[tuple[str, str | None], ...] = (
        ("Platform", record.platform), ("Provider", record.provider_name), ("Operation", record.operation_name),
        ("Model asked", record.request_model), ("Model answered", record.response_model),
        ("Stream", "yes" if record.stream else "no"), ("Server", record.server_address),
        ("Service tier", record.service_tier), ("Processing", record.processing), ("Billing", record.billing),
    )  # fmt: skip
    labels: tuple[tuple[str, str | None], ...] = (
        ("Project", record.project), ("Client key", record.client_key), ("Session", record.conversation_id),
        ("Source", record.source), ("Machine", record.machine),
        *((f"Tag {clean(key) or ''}", value) for key, value in record.tags),
    )  # fmt: skip
    return [
        (Part("Call", "strong"),),
        *_status(record, width),
        *_facts(texts, width),
        (),
        (Part("Labels", "strong"),),
        *_facts(labels, width),
        (),
        (Part("Ids", "strong"),),
        *_facts((("Record", record.id.hex()), ("Response", record.response_id)), width),
    ]


def _facts(facts: Iterable[tuple[str, str | None]], width: int) -> list[Line]:
    return [line for name, value in facts for line in _fact(name, value, width)]


def _fact(name: str, value: str | None, width: int) -> list[Line]:
    """A fact; a value that is too long goes on below."""
    text = name_text(value, "")
    if not text:
        return [(_label(name), NOTHING)]
    pieces = wrapped(text, max(8, width - LABEL_CELLS))
    return [(_label("" if at else name), Part(piece)) for at, piece in enumerate(pieces)]


def _label(name: str) -> Part:
    return Part(padded(fitted(name, LABEL_CELLS - 1), LABEL_CELLS), "muted")


def _status(record: UsageRecord, width: int) -> list[Line]:
    status = "-" if record.status is None else str(record.status)
    outcome = Part(f"! {status}", "error") if record.is_error else Part(status)
    return [(_label("Status"), outcome), *_fact("Error", record.error_type, width)]


def _times(record: UsageRecord, writing: Writing, width: int) -> list[Line]:
    local = record.occurred_at.astimezone(writing.place)
    text = f"{local:%a} {local.day} {local:%b %Y %H:%M:%S}.{local.microsecond // 1000:03d} {local:%Z}"
    duration = writing.numbers.duration
    facts = [
        *_fact("Local", text, width),
        *_fact("UTC", time_text(record.occurred_at), width),
        (_label("Latency"), Part(duration(record.latency_ms))),
        (_label("First chunk"), Part(duration(record.time_to_first_chunk_ms))),
    ]
    speed = _speed(record)
    return (
        facts
        if speed is None
        else [*facts, (_label("Speed"), Part(f"{writing.numbers.count(round(speed))} tokens/s of output"))]
    )


def _speed(record: UsageRecord) -> int | None:
    """Output tokens a second, from the first chunk on where that is known."""
    if record.usage is None or not record.usage.output_tokens or not record.latency_ms:
        return None
    spent = record.latency_ms - (record.time_to_first_chunk_ms or 0)
    return round(record.usage.output_tokens * SECOND_MS / spent) if spent > 0 else None


def _tokens(record: UsageRecord, writing: Writing, width: int) -> list[Line]:
    usage, count = record.usage, writing.numbers.count
    lines: list[Line] = [*_fact("Counts", USAGE_WORDS[record.usage_source], width)]
    if usage is None:
        return lines
    lines += _counts(usage, COUNT_FIELDS_SHOWN, count)
    for model, part in usage.parts:
        lines.append((Part("Also, by " if model else "Also, again by the same model", "muted"),
                      Part(fitted(name_text(model, ""), max(8, width - 9)))))  # fmt: skip
        lines += _counts(part, [name for name in COUNT_FIELDS_SHOWN if getattr(part, name)], count)
    return lines


COUNT_FIELDS_SHOWN = [name for name in COUNT_WORDS if name in COUNT_FIELDS]
COUNT_CELLS = 13


def _counts(usage: TokenUsage, names: Sequence[str], count: Callable[[int], str]) -> list[Line]:
    counted = [(COUNT_WORDS[name], getattr(usage, name)) for name in names]
    counted += [(name_text(name).replace("_", " "), number) for name, number in usage.units]
    return [
        (_label(name), Part(padded(count(number), COUNT_CELLS, right=True), "plain" if number else "muted"))
        for name, number in counted
    ]


def _side_by_side(left: Sequence[Line], right: Sequence[Line], half: int) -> list[Line]:
    """Two columns of lines, the left one filled up to its width."""
    lines: list[Line] = []
    for at in range(max(len(left), len(right))):
        first = left[at] if at < len(left) else ()
        second = right[at] if at < len(right) else ()
        gap = Part(" " * max(1, half + BETWEEN - cell_len(plain(first))))
        lines.append((*first, gap, *second))
    return lines
