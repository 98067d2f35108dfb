"""Damaged and hostile files: whatever the bytes, rows are read or refused in words, and nothing else happens."""

import io
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ingest.files.reading import NOW
from tests.ingest.files.test_formats import HELICONE, LANGFUSE, LITELLM, OPENROUTER, as_csv, as_lines
from tokenmon.errors import ConfigError
from tokenmon.ingest.files.aggregates import KINDS
from tokenmon.ingest.files.archive import archive_tables
from tokenmon.ingest.files.call import RecordMaker
from tokenmon.ingest.files.formats import FORMATS
from tokenmon.ingest.files.importer import Outcome, import_rows, reader_of_calls, reader_of_own
from tokenmon.ingest.files.rows import Row, Table, read_table
from tokenmon.storage.store import Added

SAMPLES = [as_csv(OPENROUTER), as_lines(LITELLM, LITELLM), json.dumps([LANGFUSE, HELICONE]), as_csv(HELICONE)]
FUZZ = settings(max_examples=150, deadline=None, derandomize=True, database=None)
values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.text(max_size=8), st.integers(), st.floats(), st.just("9" * 400), st.just("1e999"),
        st.just("NaN"), st.just("-0"), st.just("\x00"), st.just("\ud800"), st.just("0001-01-01"), st.just(10**400),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=4,
)  # fmt: skip


def read_all(table: Table) -> None:
    """Every row by every format: each is a call, none, or told."""
    rows = list(table.rows)
    for one in FORMATS.values():
        read = reader_of_calls(one.call_of, RecordMaker(one.source, {}, None, NOW))
        import_rows(Table(table.kind, (), iter(rows)), read, lambda batch: Added(len(batch)), Outcome(one.name), str)
    own = reader_of_own(table, now=NOW)
    import_rows(Table(table.kind, (), iter(rows)), own, lambda batch: Added(len(batch)), Outcome("own"), str)
    for read_aggregate in KINDS.values():
        for row in rows:
            if isinstance(row, Row):
                with suppress(ConfigError):
                    read_aggregate(row.cells)


@FUZZ
@given(content=st.binary(max_size=200))
def test_any_bytes_are_rows_or_refused(content: bytes) -> None:
    with suppress(ConfigError):
        read_all(read_table(io.BytesIO(content), "a file"))


@FUZZ
@given(sample=st.sampled_from(SAMPLES), at=st.integers(0, 900), cut=st.integers(0, 40), put=st.binary(max_size=3))
def test_a_damaged_file_is_read_as_far_as_it_goes(sample: str, at: int, cut: int, put: bytes) -> None:
    raw = sample.encode()
    at = min(at, len(raw))
    with suppress(ConfigError):
        read_all(read_table(io.BytesIO(raw[:at] + put + raw[at + cut :]), "a file"))


@FUZZ
@given(
    row=st.sampled_from([OPENROUTER, LITELLM, LANGFUSE, HELICONE]),
    changes=st.dictionaries(st.integers(0, 30), values, min_size=1, max_size=4),
)
def test_any_value_in_any_column_is_read_or_told(row: dict[str, Any], changes: dict[int, Any]) -> None:
    names = list(row)
    damaged = {**row, **{names[number % len(names)]: value for number, value in changes.items()}}

    read_all(Table("json", tuple(damaged), iter([Row(1, damaged)])))


@FUZZ
@given(content=st.binary(max_size=120), at=st.integers(0, 120))
def test_any_archive_is_read_or_refused(content: bytes, at: int) -> None:
    with pytest.raises(ConfigError):
        list(archive_tables(b"PK\x03\x04" + content[:at], "a.zip"))
