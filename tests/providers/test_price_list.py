"""A price list that was fetched: believed only when it is one, and the last good one stays in use."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.providers.price_lists import as_bytes, providers
from tokenmon.core.pricing import cost_of
from tokenmon.core.usage import TokenUsage
from tokenmon.errors import TokenmonError
from tokenmon.providers import price_list
from tokenmon.providers.catalogue import Catalogue, load_catalogue
from tokenmon.providers.price_list import load_saved, read_price_list, save, saved_lists

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def keep(folder: Path, *, at: datetime = NOON, gpt_4o_input: float = 2.5) -> Path:
    return save(read_price_list(as_bytes(providers(gpt_4o_input=gpt_4o_input))), folder, now=at).path


def price_of_gpt_4o(catalogue: Catalogue) -> Decimal | None:
    rates = catalogue.rates(provider_name="openai", model="gpt-4o", at=NOON)
    return None if rates is None else cost_of(TokenUsage(1_000_000, 0), rates)


def test_a_list_is_read_and_counted() -> None:
    found = read_price_list(as_bytes(providers(extra=7)))

    assert (found.providers, found.models) == (3, 10)


def test_the_librarys_next_format_is_read_too() -> None:
    assert read_price_list(as_bytes({"units": {}, "providers": providers()})).models == 3


def test_a_price_is_read_as_it_is_written() -> None:
    catalogue = Catalogue(read_price_list(as_bytes(providers(gpt_4o_input=0.1))).snapshot)

    assert price_of_gpt_4o(catalogue) == Decimal("0.1")


BROKEN = {
    "an error page": b"<html>not found</html>",
    "nothing": b"",
    "half a list": as_bytes(providers())[:500],
    "deep nesting": b"[" * 100_000,
    "an object": b'{"message": "rate limited"}',
    "an empty list": b"[]",
    "texts": b'["openai"]',
    "other objects": b'[{"hello": "world"}]',
    "a price that is no number": as_bytes(providers()).replace(b"2.5", b'"cheap"', 1),
    "prices per token": as_bytes(providers(gpt_4o_input=2_500_000)),
    "free of charge": as_bytes(providers(gpt_4o_input=0)),
    "no Anthropic": as_bytes(providers()[::2]),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_price_list_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(TokenmonError, match="the price list") as caught:
        read_price_list(content)

    assert caught.value.hint == price_list.KEEP


def test_a_list_with_too_few_models_is_refused() -> None:
    content = as_bytes(providers(extra=97))

    assert read_price_list(content, at_least=100).models == 100
    with pytest.raises(TokenmonError, match="has 100 models, expected at least 101"):
        read_price_list(content, at_least=101)


def test_a_list_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_list, "MAX_BYTES", 100)

    with pytest.raises(TokenmonError, match="more than"):
        read_price_list(as_bytes(providers()))


def test_a_kept_list_comes_before_the_librarys_own(tmp_path: Path) -> None:
    keep(tmp_path, gpt_4o_input=99)

    catalogue = load_catalogue(tmp_path)

    assert price_of_gpt_4o(catalogue) == 99
    assert catalogue.title == "genai-prices list of 2026-11-23"


def test_only_its_owner_reads_a_kept_list(tmp_path: Path) -> None:
    path = keep(tmp_path / "prices")

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_newest_list_counts_and_the_one_before_it_is_kept(tmp_path: Path) -> None:
    for day in range(4):
        keep(tmp_path, at=NOON + timedelta(days=day), gpt_4o_input=day + 1)

    assert price_of_gpt_4o(load_catalogue(tmp_path)) == 4
    assert [one.saved_at.day for one in saved_lists(tmp_path)] == [26, 25]


def test_a_damaged_list_gives_way_to_the_one_before_it(tmp_path: Path) -> None:
    keep(tmp_path, gpt_4o_input=1)
    keep(tmp_path, at=NOON + timedelta(days=1), gpt_4o_input=2).write_bytes(as_bytes(providers(gpt_4o_input=3)))

    assert price_of_gpt_4o(load_catalogue(tmp_path)) == 1


def test_without_a_whole_list_the_librarys_own_counts(tmp_path: Path) -> None:
    keep(tmp_path).write_bytes(b"")

    assert price_of_gpt_4o(load_catalogue(tmp_path)) == Decimal("2.5")


def test_an_upgraded_library_brings_its_own_list(tmp_path: Path) -> None:
    path = keep(tmp_path, gpt_4o_input=99)
    version = saved_lists(tmp_path)[0].library
    path.rename(path.with_name(path.name.replace(f"-{version}-", "-0.0.1-")))

    assert load_saved(tmp_path) is None
    assert price_of_gpt_4o(load_catalogue(tmp_path)) == Decimal("2.5")


def test_an_absent_folder_is_no_list(tmp_path: Path) -> None:
    assert load_saved(tmp_path / "none") is None
