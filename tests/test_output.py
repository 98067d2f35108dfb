"""Tables on terminals of any width: numbers are never cut."""

import pytest

from tokenmon.output import Column, fitted, number, print_table

ROWS = [
    ["2026-11-25 10:00:00", "openai-work", "a-model-with-a-very-long-name-" * 4, "123,456", "$0.3210"],
    ["2026-11-25 10:00:01", "a", "b", "7", "unpriced"],
]
COLUMNS = [
    Column("time"),
    Column("platform", shrinks=True),
    Column("model", shrinks=True),
    number("in"),
    number("cost"),
]


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_numbers_stand_whole_at_every_width(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    print_table(COLUMNS, ROWS, total=["total", "", "", "123,463", "$0.3210"])

    lines = capsys.readouterr().out.splitlines()
    for text in ("123,456", "$0.3210", "unpriced", "123,463", "2026-11-25 10:00:00", "cost"):
        assert any(text in line for line in lines), text
    assert width < 60 or max(map(len, lines)) <= width


@pytest.mark.parametrize(
    ("natural", "room", "widths"),
    [
        ([10, 50, 8], 100, [10, 50, 8]),
        ([10, 50, 8], 50, [10, 32, 8]),
        ([60, 50, 8], 60, [26, 26, 8]),
        ([60, 50, 8], 24, [8, 8, 8]),
        ([60, 50, 8], 5, [4, 4, 8]),
    ],
)
def test_the_longest_text_gives_way_first(natural: list[int], room: int, widths: list[int]) -> None:
    assert fitted(natural, [True, True, False], room=room) == widths
