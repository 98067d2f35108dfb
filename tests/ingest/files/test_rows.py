"""Rows: any header order, any line ends and marks, and a damaged row costs itself alone."""

import io
import json
import tracemalloc

import pytest

from tests.ingest.files.reading import rows_of
from tokenmon.errors import ConfigError
from tokenmon.ingest.files.rows import BadRow, Row, read_table

CELLS = {"model": "gpt-4o", "note": "Zoë, 🙂"}
CSV = 'model,note\ngpt-4o,"Zoë, 🙂"\n'


@pytest.mark.parametrize(
    "content",
    [
        CSV.encode(),
        CSV.encode("utf-8-sig"),
        CSV.replace("\n", "\r\n").encode(),
        CSV.encode("utf-16"),
        CSV.rstrip("\n").encode(),
        b"\n\n" + CSV.encode(),
        CSV.replace("model,note", " model ;note").replace("gpt-4o,", "gpt-4o;").encode(),
        'model\tnote\ngpt-4o\t"Zoë, 🙂"\n'.encode(),
    ],
    ids=["plain", "bom", "crlf", "utf-16", "no last line end", "empty lines", "semicolons", "tabs"],
)
def test_a_table_is_read_however_it_was_saved(content: bytes) -> None:
    assert [row.cells for row in rows_of(content) if isinstance(row, Row)] == [CELLS]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([CELLS]),
        json.dumps([CELLS], indent=2, ensure_ascii=False),
        json.dumps(CELLS) + "\n",
        json.dumps(CELLS),
        json.dumps(CELLS, indent=2),
        json.dumps({"data": [CELLS], "meta": {"page": 1}}),
        json.dumps({"data": [CELLS]}, indent=2),
        "[" + json.dumps(CELLS) + ",\n]",
        "\ufeff" + json.dumps(CELLS),
    ],
    ids=["array", "indented array", "lines", "one", "indented", "page", "indented page", "trailing comma", "bom"],
)
def test_json_is_read_however_it_was_written(content: str) -> None:
    assert rows_of(content) == [Row(1, CELLS)]


def test_a_damaged_row_of_csv_costs_itself_alone() -> None:
    rows = rows_of(b"a,b\n1,2\n3\n4,5,6\n\xff,7\n\n8,9")

    assert rows == [
        Row(2, {"a": "1", "b": "2"}),
        BadRow(3, "it has 1 cells where the header has 2"),
        BadRow(4, "it has 3 cells where the header has 2"),
        BadRow(5, "it is not in UTF-8"),
        Row(7, {"a": "8", "b": "9"}),
    ]


def test_a_damaged_line_of_json_costs_itself_alone() -> None:
    rows = rows_of(b'{"a": 1}\nnonsense\n[1]\n\n{"a": "\xff"}\n{"a": 2}\n{"a": 3')

    assert rows == [
        Row(1, {"a": 1}),
        BadRow(2, "it is not JSON"),
        BadRow(3, "it is not a JSON object"),
        BadRow(5, "it is not in UTF-8"),
        Row(6, {"a": 2}),
        BadRow(7, "it is not JSON"),
    ]


def test_a_damaged_first_line_costs_itself_alone() -> None:
    assert rows_of('{"a": \n{"a": 2}\n{"a": 3}\n') == [BadRow(1, "it is not JSON"), Row(2, {"a": 2}), Row(3, {"a": 3})]


@pytest.mark.parametrize("cut", ['[{"a": 1}, {"a": 2}', '[{"a": 1}, {"a": 2},'])
def test_an_array_that_was_cut_between_items_keeps_them_and_says_so(cut: str) -> None:
    assert rows_of(cut) == [
        Row(1, {"a": 1}), Row(2, {"a": 2}), BadRow(3, "it is not JSON, and neither is what follows"),
    ]  # fmt: skip


def test_an_array_that_was_cut_within_an_item_keeps_those_before() -> None:
    assert rows_of('[{"a": 1}, {"a": 2, "b"')[1:] == [BadRow(2, "it is not JSON, and neither is what follows")]


def test_a_quote_that_never_ends_costs_what_it_swallows() -> None:
    rows = rows_of('a,b\n1,2\n3,"4\n5,6\n')

    assert rows == [Row(2, {"a": "1", "b": "2"}), Row(3, {"a": "3", "b": "4\n5,6\n"})]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf \n", b"[]"])
def test_a_file_without_rows_has_none(content: bytes) -> None:
    table = read_table(io.BytesIO(content), "a file")

    assert (table.columns, list(table.rows)) == ((), [])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,a\n1,2\n", "row 1 names the column 'a' twice"),
        (b"a,\xff\n1,2\n", "the file is not in UTF-8"),
        (b"PK\x03\x04xxxx", "a ZIP archive of no known provider"),
        (b"{nonsense", "row 1: it is not JSON"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        rows_of(content)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_memory_does_not_grow_with_the_file(kind: str) -> None:
    row = {"a": "x" * 400, "b": "y" * 400}
    count = 20_000
    lines = {
        "csv": "a,b\n" + f"{row['a']},{row['b']}\n" * count,
        "jsonl": (json.dumps(row) + "\n") * count,
        "json": "[" + ",".join([json.dumps(row)] * count) + "]",
    }
    stream = io.BytesIO(lines.pop(kind).encode())
    lines.clear()

    tracemalloc.start()
    assert sum(1 for one in read_table(stream, "a file").rows if isinstance(one, Row)) == count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 3_000_000
