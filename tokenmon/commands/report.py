"""`tokenmon report`: calls made elsewhere, one from options or many as JSON lines."""

import json as json_module
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

import typer

from tokenmon.commands.options import AsJson

app = typer.Typer(add_completion=False)

BATCH = 1000
MAX_LINE = 1024 * 1024
MAX_TOLD = 20

# The fields of a record as they are called here, where the two differ.
OPTIONS = {
    "platform": "--platform", "provider_name": "--provider", "request_model": "--model",
    "input_tokens": "--input-tokens", "output_tokens": "--output-tokens", "operation_name": "--operation",
    "cache_read_input_tokens": "--cache-read-tokens", "cache_creation_input_tokens": "--cache-write-tokens",
    "cache_creation_1h_input_tokens": "--cache-write-1h-tokens", "reasoning_output_tokens": "--reasoning-tokens",
    "response_id": "--response-id", "conversation_id": "--conversation", "cost_usd": "--cost",
    "service_tier": "--service-tier", "occurred_at": "--at",
}  # fmt: skip
FIELD = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b")

Count = Annotated[int | None, typer.Option(min=0, metavar="N")]
Text = Annotated[str | None, typer.Option(metavar="TEXT")]


@app.command("report")
def report(
    source: Annotated[str | None, typer.Argument(metavar="[-]", help="- reads JSON lines from stdin.")] = None,
    platform: Text = None,
    provider: Annotated[str | None, typer.Option(metavar="P", help="Needed for a platform that is not set up.")] = None,
    model: Text = None,
    input_tokens: Count = None,
    output_tokens: Count = None,
    cache_read_input_tokens: Annotated[
        int | None, typer.Option("--cache-read-tokens", "--cache-read-input-tokens", min=0, metavar="N")
    ] = None,
    cache_creation_input_tokens: Annotated[
        int | None, typer.Option("--cache-write-tokens", "--cache-creation-input-tokens", min=0, metavar="N")
    ] = None,
    cache_creation_1h_input_tokens: Annotated[
        int | None, typer.Option("--cache-write-1h-tokens", "--cache-creation-1h-input-tokens", min=0, metavar="N")
    ] = None,
    reasoning_output_tokens: Annotated[
        int | None, typer.Option("--reasoning-tokens", "--reasoning-output-tokens", min=0, metavar="N")
    ] = None,
    operation: Annotated[str | None, typer.Option(metavar="NAME", help="chat, embeddings ...")] = None,
    response_id: Text = None,
    conversation: Annotated[str | None, typer.Option("--conversation", "--conversation-id", metavar="ID")] = None,
    project: Text = None,
    cost: Annotated[
        str | None, typer.Option("--cost", "--cost-usd", metavar="USD", help="If the provider told it.")
    ] = None,
    service_tier: Annotated[str | None, typer.Option(metavar="TIER", help="flex, priority ...")] = None,
    processing: Annotated[str | None, typer.Option(metavar="KIND", help="batch, if it was one.")] = None,
    occurred_at: Annotated[
        str | None, typer.Option("--at", "--occurred-at", metavar="TIME", help="Now if not given.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="A label (repeatable).")] = None,
    json: AsJson = False,
) -> None:
    """Record a call that was made elsewhere."""
    given = {
        "platform": platform, "provider_name": provider, "request_model": model, "input_tokens": input_tokens,
        "output_tokens": output_tokens, "cache_read_input_tokens": cache_read_input_tokens,
        "cache_creation_input_tokens": cache_creation_input_tokens,
        "cache_creation_1h_input_tokens": cache_creation_1h_input_tokens,
        "reasoning_output_tokens": reasoning_output_tokens, "operation_name": operation, "response_id": response_id,
        "conversation_id": conversation, "project": project, "cost_usd": cost, "service_tier": service_tier,
        "processing": processing, "occurred_at": occurred_at, "tags": _tags(tag),
    }  # fmt: skip
    item = {name: value for name, value in given.items() if value is not None}
    if source is None:
        _report_one(item, as_json=json)
    else:
        _report_lines(source, item, as_json=json)


def _tags(pairs: list[str] | None) -> dict[str, str] | None:
    from tokenmon.errors import ConfigError

    if not pairs:
        return None
    if not all("=" in pair for pair in pairs):
        raise ConfigError("--tag takes KEY=VALUE", hint="--tag team=search")
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def _in_options(text: str) -> str:
    """A sentence about fields as one about the options that hold them."""
    return FIELD.sub(lambda field: OPTIONS.get(field[0], field[0]), text)


def _report_one(item: dict[str, Any], *, as_json: bool) -> None:
    from tokenmon.alerts.deliver import deliver_after_report
    from tokenmon.core.number_text import LIST_PRICE_VALUE, usd_text
    from tokenmon.core.record_json import record_json
    from tokenmon.errors import ConfigError, TokenmonError
    from tokenmon.ingest.report import platforms_by_name, record_of
    from tokenmon.output import print_json, say
    from tokenmon.session import open_session

    has_output = item.get("operation_name") != "embeddings"
    needed = ("platform", "request_model", "input_tokens", *(("output_tokens",) if has_output else ()))
    missing = [OPTIONS[name] for name in needed if name not in item]
    if missing:
        raise ConfigError(f"{' and '.join(missing)} must be given", hint="tokenmon report --help")
    with open_session() as session:
        try:
            record, cost = record_of(item, platforms_by_name(session.store.platforms()), now=session.now())
        except TokenmonError as error:
            error.message, error.hint = _in_options(error.message), _in_options(error.hint or "tokenmon report --help")
            raise
        added = session.recorder().record([record], {} if cost is None else {record.id: cost})
        (stored,) = session.store.stored([record])
        deliver_after_report(session, {record.platform})
    if as_json:
        print_json(record_json(stored))
    else:
        verb = "known before and kept:" if added.repeated else "recorded"
        value = f" {LIST_PRICE_VALUE}" if stored.billing == "subscription" and stored.cost else ""
        say(f"{verb} {stored.model} on {stored.platform}: {usd_text(stored.cost)}{value}")


def _report_lines(source: str, item: dict[str, Any], *, as_json: bool) -> None:
    """Store the good lines in batches, tell of the bad ones by number, and fail at the end if there were any."""
    from tokenmon.alerts.deliver import deliver_after_report
    from tokenmon.core.record_json import record_json
    from tokenmon.errors import ConfigError, TokenmonError
    from tokenmon.ingest.report import platforms_by_name, record_of
    from tokenmon.output import print_json, say
    from tokenmon.session import open_session

    if source != "-":
        raise ConfigError(f"{source[:60]!r} is not understood", hint="tokenmon report - < FILE")
    shown: list[Any] = []
    counts = {"stored": 0, "repeated": 0, "bad": 0}
    with open_session() as session:
        platforms = platforms_by_name(session.store.platforms())
        recorder = session.recorder()
        records: list[Any] = []
        stated: dict[bytes, Decimal] = {}
        touched: set[str] = set()

        def store() -> None:
            added = recorder.record(records, stated)
            counts["stored"] += added.added + added.replaced
            counts["repeated"] += added.repeated
            if as_json:
                shown.extend(record_json(one) for one in session.store.stored(records))
            records.clear()
            stated.clear()

        for number, line in _lines():
            try:
                record, cost = record_of({**item, **_parsed(line)}, platforms, now=session.now())
            except TokenmonError as error:
                counts["bad"] += 1
                if counts["bad"] <= MAX_TOLD:
                    say(f"line {number}: {error.message}")
                continue
            records.append(record)
            touched.add(record.platform)
            if cost is not None:
                stated[record.id] = cost
            if len(records) >= BATCH:
                store()
        store()
        deliver_after_report(session, touched)
    if as_json:
        print_json(shown)
    say(f"stored {counts['stored']:,}, known before {counts['repeated']:,}, bad {counts['bad']:,}")
    if counts["bad"]:
        raise TokenmonError(
            f"{counts['bad']:,} lines could not be read; the others are stored",
            hint="mend them and report all again: each call with a response_id counts once",
        )


def _lines() -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := sys.stdin.buffer.readline(MAX_LINE + 1):
        number += 1
        while not line.endswith(b"\n") and len(line) > MAX_LINE:
            # The rest of a line that is no record is read past, not kept.
            line = b"\x00" if (rest := sys.stdin.buffer.readline(MAX_LINE + 1)).endswith(b"\n") or not rest else line
        if line.strip():
            yield number, line


def _parsed(line: bytes) -> dict[str, Any]:
    from tokenmon.errors import ConfigError

    try:
        content = json_module.loads(line, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise ConfigError("not a JSON object") from None
    if not isinstance(content, dict):
        raise ConfigError("not a JSON object")
    return content
