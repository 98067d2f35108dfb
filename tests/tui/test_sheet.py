"""What is exported: exact values in every format, which a spreadsheet takes as data alone."""

import csv
import io
import json
from decimal import Decimal

import pytest

from tokenmon.tui.sheet import Sheet

SHEET = Sheet(
    ("model", "requests", "cost_usd"),
    (("opus", 12, Decimal("0.0000001")), ('=cmd("x")', 1, None), ("two\nlines, é", 0, Decimal("1E+3"))),
)


def written(sheet: Sheet, kind: str) -> tuple[int, str]:
    out = io.StringIO(newline="")
    return sheet.write(kind, out), out.getvalue()


def test_csv_has_a_title_line_plain_decimals_and_no_formula() -> None:
    rows, text = written(SHEET, "csv")

    assert rows == 3
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["model", "requests", "cost_usd"],
        ["opus", "12", "0.0000001"],
        ['\'=cmd("x")', "1", ""],
        ["two\nlines, é", "0", "1000"],
    ]


@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_json_has_decimal_strings_and_null_for_what_is_unknown(kind: str) -> None:
    rows, text = written(SHEET, kind)
    objects = json.loads(text) if kind == "json" else [json.loads(line) for line in text.splitlines()]

    assert rows == 3
    assert objects[:2] == [
        {"model": "opus", "requests": 12, "cost_usd": "0.0000001"},
        {"model": '=cmd("x")', "requests": 1, "cost_usd": None},
    ]


@pytest.mark.parametrize(("kind", "text"), [("csv", "model\r\n"), ("json", "[]\n"), ("jsonl", "")])
def test_nothing_is_written_as_nothing(kind: str, text: str) -> None:
    assert written(Sheet(("model",), ()), kind) == (0, text)
