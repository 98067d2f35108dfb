"""Exports: the same bytes for the same records, safe in a spreadsheet, written as they are read."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.core.sample import call
from tokenmon.analytics.export import WRITERS, write_csv, write_json, write_jsonl
from tokenmon.core.record import UsageRecord
from tokenmon.core.record_json import RECORD_KEYS, record_json
from tokenmon.core.usage import TokenUsage

GOLDEN = Path(__file__).parent / "golden"
RECORDS = [
    call(
        "chatcmpl-1",
        project='quoted "name", with a comma',
        conversation_id="Gespräch 🙂",
        usage=TokenUsage(1000, 200, 400, 50, 10, 30, 5, 6, units=(("web_searches", 2),)),
        tags=(("team", "a,b"), ("user", "Zoë")),
        stream=True,
        time_to_first_chunk_ms=120,
    ),
    call("chatcmpl-2", usage=None, usage_source="none", cost=None, cost_source="unpriced", status=503, latency_ms=None),
    call("chatcmpl-3", project="=1+2", cost=Decimal("0.000000001"), billing="subscription"),
]


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_records_are_the_same_bytes(name: str) -> None:
    out = io.StringIO(newline="")

    assert WRITERS[name](RECORDS, out) == len(RECORDS)

    assert out.getvalue().encode() == (GOLDEN / f"export.{name}").read_bytes()


EMPTY = {"csv": ",".join(RECORD_KEYS) + "\r\n", "json": "[]\n", "jsonl": ""}


@pytest.mark.parametrize("name", WRITERS)
def test_no_records_are_an_empty_export(name: str) -> None:
    out = io.StringIO(newline="")

    assert WRITERS[name]([], out) == 0

    assert out.getvalue() == EMPTY[name]


def test_json_and_json_lines_hold_what_logs_show() -> None:
    whole, lines = io.StringIO(), io.StringIO()

    write_json(RECORDS, whole)
    write_jsonl(RECORDS, lines)

    shown = [record_json(record) for record in RECORDS]
    assert json.loads(whole.getvalue()) == shown
    assert [json.loads(line) for line in lines.getvalue().splitlines()] == shown


def rows(records: Iterable[UsageRecord]) -> list[dict[str, str]]:
    out = io.StringIO(newline="")
    write_csv(records, out)
    return list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))


@pytest.mark.parametrize("text", ["=1+2", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", '=HYPERLINK("x")', "-"])
@pytest.mark.parametrize("field", ["project", "response_model", "conversation_id", "client_key", "error_type"])
def test_no_cell_is_run_by_a_spreadsheet(field: str, text: str) -> None:
    changes: dict[str, Any] = {field: text}

    (row,) = rows([call(**changes)])

    assert row[field] == "'" + text


def test_numbers_and_plain_texts_are_left_alone() -> None:
    (row,) = rows([call(project="a=b", cost=Decimal("0.5"))])

    assert (row["project"], row["cost_usd"], row["input_tokens"]) == ("a=b", "0.5", "1000")


def test_unknown_is_an_empty_cell_and_zero_is_not() -> None:
    free, unknown = rows(
        [
            call("1", cost=Decimal(0), cost_source="free", usage=TokenUsage(0, 0)),
            call("2", cost=None, cost_source="unpriced", usage=None, usage_source="none"),
        ]
    )

    assert (free["cost_usd"], free["input_tokens"]) == ("0", "0")
    assert (unknown["cost_usd"], unknown["input_tokens"]) == ("", "")


def test_every_cell_survives_the_round_trip() -> None:
    (row,) = rows([call(project='line\none, "two"\r\nthree')])

    assert row["project"] == 'line\none, "two"\r\nthree'
    assert list(row) == list(RECORD_KEYS)


@pytest.mark.parametrize("name", WRITERS)
def test_each_record_is_written_before_the_next_is_read(name: str) -> None:
    out = io.StringIO()
    written: list[int] = []

    def read() -> Iterator[UsageRecord]:
        for number in range(5):
            written.append(len(re.findall(r"chatcmpl-\d", out.getvalue())))
            yield call(f"chatcmpl-{number}")

    WRITERS[name](read(), out)

    assert written == [0, 1, 2, 3, 4]
