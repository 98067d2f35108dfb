"""The text format: what a scraper reads is what was meant."""

from decimal import Decimal

import pytest

from tests.api.scraped import scraped
from tokenmon.core.exposition import Family, exposition, labels_of


def test_a_family_is_told_once_with_its_help_and_type() -> None:
    family = Family("calls_total", "counter", "Calls.", {labels_of(model="a"): 3, labels_of(model="b"): 4})

    text = exposition([family, Family("share", "gauge", "A share.", {(): Decimal("0.50")})])

    assert text == (
        "# HELP calls_total Calls.\n# TYPE calls_total counter\n"
        'calls_total{model="a"} 3\ncalls_total{model="b"} 4\n'
        "# HELP share A share.\n# TYPE share gauge\nshare 0.5\n"
    )


@pytest.mark.parametrize("value", ['say "hi"', "back\\slash", "\\n", 'end\\"', "a=b,c", "{}", "größe", "# HELP"])
def test_a_label_comes_back_as_it_was(value: str) -> None:
    text = exposition([Family("share", "gauge", "A share.", {labels_of(model=value): 1})])

    assert scraped(text)["share"].of(model=value) == 1


def test_a_line_break_in_labels_and_help_breaks_no_line() -> None:
    family = Family("share", "gauge", "A share\nof \\ all.", {(("model", "two\nlines"),): 1})

    text = exposition([family])

    assert text.count("\n") == 3
    assert scraped(text)["share"].of(model="two\nlines") == 1
    assert "# HELP share A share\\nof \\\\ all." in text


def test_labels_lose_what_could_steer_a_terminal_and_are_bounded() -> None:
    assert labels_of(model="\x1b[31mred\n\u202e", source=None) == (("model", "[31mred"), ("source", ""))
    assert len(labels_of(model="x" * 10_000)[0][1]) == 256


@pytest.mark.parametrize(
    ("amount", "text"),
    [(Decimal("1E+3"), "1000"), (Decimal("1E-9"), "0.000000001"), (Decimal("0.00"), "0"), (10**18, "1" + "0" * 18)],
)
def test_numbers_are_plain_and_exact(amount: Decimal | int, text: str) -> None:
    told = exposition([Family("share", "gauge", "A share.", {(): amount})])

    assert told.endswith(f"share {text}\n")


@pytest.mark.parametrize(("name", "kind"), [("calls", "counter"), ("calls_total", "gauge")])
def test_a_name_says_whether_it_counts(name: str, kind: str) -> None:
    with pytest.raises(ValueError, match="_total"):
        Family(name, kind, "Calls.", {})  # type: ignore[arg-type]
