"""Corrections: what is written is read exactly, and every entry of the program's own file can be checked."""

from datetime import UTC, date, datetime

import pytest

from tokenmon.providers.corrections import Corrections, load_corrections, read_corrections

ENTRY = """
[[correction]]
provider = "acme"
models = ["fast-*"]
from = 2026-01-05
until = 2026-02-01
days = ["monday"]
hours = ["01:00-04:00"]
prices = { input_tokens = "0.10" }
source = "https://acme.example/prices"
checked = 2026-01-06
"""
MONDAY = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


def entry() -> Corrections:
    return read_corrections(ENTRY)


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        (MONDAY, True),
        (MONDAY.replace(hour=3, minute=59), True),
        (MONDAY.replace(hour=4), False),
        (MONDAY.replace(hour=0, minute=59), False),
        (MONDAY.replace(day=6), False),
        (datetime(2025, 12, 29, 2, tzinfo=UTC), False),
        (datetime(2026, 2, 2, 2, tzinfo=UTC), False),
    ],
)
def test_a_correction_holds_on_its_days_and_hours(at: datetime, holds: bool) -> None:
    assert entry().corrections[0].holds(at) is holds


def test_a_correction_is_of_its_models_at_its_provider() -> None:
    assert entry().of("acme", "Fast-2")
    assert not entry().of("acme", "slow")
    assert not entry().of("other", "fast-2")


def test_the_last_entry_comes_first() -> None:
    two = read_corrections(ENTRY + ENTRY.replace("0.10", "0.20"))

    assert [str(one.prices[0].price) for one in two.of("acme", "fast-1")] == ["0.20", "0.10"]


@pytest.mark.parametrize("fact", ["", 'stands_for = "slow"\nprices = { input_tokens = "1" }'])
def test_a_correction_states_one_fact(fact: str) -> None:
    with pytest.raises(ValueError, match="one fact"):
        read_corrections(ENTRY.replace('prices = { input_tokens = "0.10" }', fact))


def test_every_correction_of_the_program_has_a_source_and_a_date() -> None:
    known = load_corrections()

    assert known.corrections
    assert known.offers
    for one in known.corrections:
        assert one.source.startswith("https://")
        assert date(2026, 1, 1) <= one.checked
        assert one.starts_on < one.ends_before
