"""Any table by a mapping: which of its columns hold which fields of a call."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tokenmon.core.record import is_distinct_response_id
from tokenmon.core.record_json import check_parts
from tokenmon.core.usage import COUNT_FIELDS
from tokenmon.errors import ConfigError
from tokenmon.ingest.files.call import FileCall
from tokenmon.ingest.files.cells import cost_cell, count_cell, flag_cell, moment_cell, needed, text_cell
from tokenmon.ingest.files.provider_names import provider_named, provider_of_model

NAME = "mapped"
TITLE = "a table by a mapping"
UNCACHED = "uncached_input_tokens"
TAG = "tags."
# Short words for what is mapped most.
ALIASES = {
    "model": "request_model", "provider": "provider_name", "cost": "cost_usd", "time": "occurred_at",
    "at": "occurred_at", "id": "response_id", "operation": "operation_name", "session": "conversation_id",
    "conversation": "conversation_id", "key": "client_key", "cache_read_tokens": "cache_read_input_tokens",
    "cache_write_tokens": "cache_creation_input_tokens", "reasoning_tokens": "reasoning_output_tokens",
}  # fmt: skip
COUNTS = frozenset({*COUNT_FIELDS, UNCACHED, "status", "latency_ms", "time_to_first_chunk_ms"})
TEXTS = frozenset({
    "platform", "provider_name", "operation_name", "request_model", "response_model", "response_id",
    "conversation_id", "project", "client_key", "error_type", "service_tier", "processing",
})  # fmt: skip
FIELDS = (*sorted(TEXTS), *sorted(COUNTS), "occurred_at", "cost_usd", "stream")
EXAMPLE = "--map time=DATE,model=MODEL,input_tokens=IN,output_tokens=OUT"


@dataclass(frozen=True, slots=True)
class Mapped:
    """Columns by field, and values that hold for every row."""

    columns: Mapping[str, str]
    values: Mapping[str, str]

    def check(self, columns: Iterable[str]) -> None:
        """Raise ConfigError unless what a call needs is mapped, and to columns that the table has."""
        have = tuple(columns)
        for field, column in self.columns.items():
            if column not in have and column.partition(".")[0] not in have:
                near = difflib.get_close_matches(column, have, n=1)
                listed = "the columns are " + ", ".join(one[:40] for one in have[:30])
                raise ConfigError(
                    f"{field}: the file has no column {column[:60]!r}",
                    hint=f"did you mean {near[0]}?" if near else listed,
                )
        given = {*self.columns, *self.values}
        is_embeddings = self.values.get("operation_name") == "embeddings"
        missing = [
            word
            for word, names in (
                ("time", {"occurred_at"}),
                ("model", {"request_model", "response_model"}),
                ("input_tokens", {"input_tokens", UNCACHED}),
                ("output_tokens", {"output_tokens"}),
            )
            if given.isdisjoint(names) and not (word == "output_tokens" and is_embeddings)
        ]
        if missing:
            raise ConfigError(f"the mapping does not say where to find {', '.join(missing)}", hint=EXAMPLE)

    def column_of(self, field: str) -> str:
        """The column that a field is read from, for messages."""
        return self.columns.get(field, field)

    def call_of(self, cells: Mapping[str, Any]) -> FileCall:
        """The call of a row; CellError names the column."""
        content: dict[str, Any] = {**self.values}
        tags: dict[str, str] = {name.removeprefix(TAG): content.pop(name) for name in self.values if name[:5] == TAG}
        for field, column in self.columns.items():
            if field.startswith(TAG):
                if (value := text_cell(cells, column)) is not None:
                    tags[field.removeprefix(TAG)] = value
            elif field != "cost_usd":
                content[field] = _value(field, cells, column)
        self._add_cached(content)
        model = content.get("response_model") or content.get("request_model")
        for field in ("input_tokens", "output_tokens", "occurred_at"):
            if field in self.columns:
                needed(content.get(field), self.column_of(field))
        content["provider_name"] = provider_named(content.get("provider_name")) or provider_of_model(model)
        content["tags"] = tags or None
        needed(model, self.column_of("request_model"))
        check_parts({name: count for name in COUNT_FIELDS if (count := content.get(name)) is not None})
        cost = cost_cell(cells, self.columns["cost_usd"]) if "cost_usd" in self.columns else None
        return FileCall(content, _identity(content), cost)

    def _add_cached(self, content: dict[str, Any]) -> None:
        """Make the input whole where the table holds the uncached part of it."""
        uncached = content.pop(UNCACHED, None)
        if uncached is not None:
            parts = ("cache_read_input_tokens", "cache_creation_input_tokens")
            content["input_tokens"] = uncached + sum(content.get(one) or 0 for one in parts)


def _value(field: str, cells: Mapping[str, Any], column: str) -> Any:
    if field == "occurred_at":
        return moment_cell(cells, column)
    if field == "stream":
        return flag_cell(cells, column)
    return count_cell(cells, column) if field in COUNTS else text_cell(cells, column)


def _identity(content: Mapping[str, Any]) -> tuple[str, ...]:
    """A short id of the table's own tells its calls apart, with their time: other tables count from 1 too.

    A provider's is an identity as it is.
    """
    response_id = content.get("response_id")
    if response_id is None or (is_distinct_response_id(response_id) and content.get("provider_name")):
        return ()
    return (NAME, str(content.get("provider_name")), response_id, str(content.get("occurred_at")))


def mapping_of(words: Iterable[str]) -> Mapped:
    """The mapping of `field=COLUMN` and `field:=value`, with commas or repeated."""
    columns: dict[str, str] = {}
    values: dict[str, str] = {}
    for pair in (one.strip() for word in words for one in word.split(",") if one.strip()):
        name, equals, column = pair.partition("=")
        target = values if name.endswith(":") else columns
        if not equals or not column.strip():
            raise ConfigError(f"the mapping {pair[:60]!r} is not FIELD=COLUMN", hint=EXAMPLE)
        target[field_named(name.removesuffix(":").strip())] = column.strip()
    return Mapped(columns, values)


def mapping_from_toml(text: str, place: str) -> Mapped:
    """The mapping of a file: a table `columns` of field = "COLUMN", and a table `values` of what holds for all rows."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{place}: not valid TOML: {error}", hint=f"mend the file: {place}") from None
    unknown = set(content) - {"columns", "values"}
    if unknown or not all(isinstance(table, dict) for table in content.values()):
        raise ConfigError(f"{place}: it must hold the tables columns and values", hint='[columns]\nmodel = "MODEL"')
    tables = {name: _flat(content.get(name, {})) for name in ("columns", "values")}
    for name, value in (pair for table in tables.values() for pair in table.items()):
        if not isinstance(value, str):
            raise ConfigError(f"{place}: {name} must be a text", hint=f"put {name} in quotes")
    return Mapped(*({field_named(name): str(one) for name, one in table.items()} for table in tables.values()))


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table with `tags.NAME` for each member of its table `tags`."""
    tags = table.get("tags")
    if not isinstance(tags, dict):
        return dict(table)
    return {**{name: one for name, one in table.items() if name != "tags"}, **{TAG + name: tags[name] for name in tags}}


def field_named(word: str) -> str:
    """The field of a word, or ConfigError with the nearest one."""
    field = ALIASES.get(word, word)
    if field in FIELDS or (field.startswith(TAG) and len(field) > len(TAG)):
        return field
    near = difflib.get_close_matches(word, (*ALIASES, *FIELDS), n=1)
    hint = f"did you mean {near[0]}?" if near else "fields: " + ", ".join(FIELDS)
    raise ConfigError(f"a call has no field {word[:60]!r}", hint=hint)
