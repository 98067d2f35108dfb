"""From typed texts to platforms and quotas: what is meant, and at which field an error is said."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.tui.sample import NOW
from tokenmon.core.platform import Platform, PlatformQuota
from tokenmon.core.price_rule import PriceOverride
from tokenmon.errors import ConfigError
from tokenmon.tui.entry import FieldError, PlatformEntry, QuotaEntry, error_words, platform_entry, quota_entry

WORK = Platform("p1", "work", "openai", NOW, sealed_key=b"sealed", key_hint="a1b2", inject_usage=False)
OTHER = Platform("p2", "other", "anthropic", NOW)
KNOWN = [WORK, OTHER]


def test_a_platform_is_made_of_what_is_typed() -> None:
    entry = PlatformEntry(
        " new ", "azure", " https://x.openai.azure.com ", "subscription", ("2", "10", "", "", ""), "1K",
        QuotaEntry("100 USD", "70 %"),
    )  # fmt: skip

    made = entry.new(known=KNOWN, now=NOW)

    assert (made.name, made.provider_name, made.base_url) == ("new", "azure", "https://x.openai.azure.com")
    assert made.billing == "subscription"
    assert made.prices == PriceOverride(Decimal(2000), Decimal(10_000))
    assert made.quota == PlatformQuota(Decimal(100), "usd", 70)


def test_a_change_keeps_what_the_form_does_not_ask() -> None:
    changed = replace(platform_entry(WORK), name="renamed").applied(WORK, known=KNOWN)

    assert changed == replace(WORK, name="renamed")


def test_a_platform_reads_as_it_would_be_typed() -> None:
    one = replace(
        WORK, base_url="http://h/v1", billing="subscription", prices=PriceOverride(Decimal("2.5"), None, Decimal(0)),
        quota=PlatformQuota(Decimal(5000), "requests", 90),
    )  # fmt: skip

    assert platform_entry(one).applied(WORK, known=KNOWN) == one


def test_emptied_fields_take_back_what_was_set() -> None:
    full = replace(WORK, base_url="http://h/v1", prices=PriceOverride(Decimal(1)), quota=PlatformQuota(Decimal(1)))

    assert PlatformEntry(name="work").applied(full, known=KNOWN) == WORK


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": ""}, "name", "needs a name"),
        ({"name": "Two Words"}, "name", "not usable in a URL"),
        ({"name": "api"}, "name", "reserved"),
        ({"name": "other"}, "name", "there is a platform 'other' already"),
        ({"base_url": "ftp://x"}, "base_url", "not usable; give one such as https://api.example.com/v1"),
        ({"provider": "azure"}, "base_url", "needs a base URL; such as https://NAME.openai.azure.com"),
        ({"prices": ("", "much", "", "", "")}, "output_price", "output price: 'much' is not a price"),
        ({"prices": ("", "", "", "", "-1")}, "cache_write_1h_price", "is not a price"),
        ({"quota": QuotaEntry("lots")}, "quota", "cannot read the quota"),
        ({"quota": QuotaEntry("1 USD", "0")}, "warn_at", "not a percentage"),
        ({"quota": QuotaEntry("1 USD", "٣")}, "warn_at", "not a percentage"),
    ],
)
def test_an_error_is_said_at_its_field(changes: dict[str, object], field: str, words: str) -> None:
    entry = replace(PlatformEntry(name="fine"), **changes)  # type: ignore[arg-type]

    with pytest.raises(FieldError) as new:
        entry.new(known=KNOWN, now=NOW)
    with pytest.raises(FieldError) as changed:
        entry.applied(WORK, known=KNOWN)

    assert new.value.field == changed.value.field == field
    assert words in new.value.words
    assert words in changed.value.words


def test_keeping_the_name_is_no_conflict_with_oneself() -> None:
    assert platform_entry(WORK).applied(WORK, known=KNOWN).name == "work"


def test_a_threshold_without_a_quota_means_nothing() -> None:
    assert QuotaEntry("  ", "90").read() is None
    assert quota_entry(None).quota == ""


def test_an_empty_threshold_is_the_usual_one() -> None:
    assert QuotaEntry("5M tokens", "").read() == PlatformQuota(Decimal(5_000_000), "tokens", 80)


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (None, "it failed"),
        ("did you mean this?", "it failed; did you mean this?"),
        ("--base-url https://x", "it failed; such as https://x"),
        ("such as --quota '1 USD' --warn-at 80", "it failed"),
    ],
)
def test_a_hint_is_told_without_options_of_the_command_line(hint: str | None, words: str) -> None:
    assert error_words(ConfigError("it failed", hint=hint)) == words
