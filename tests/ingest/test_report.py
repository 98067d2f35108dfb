"""Reports: the long names and the short form of other trackers mean the same, and a slip is named by its field."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.core.sample import NOON
from tokenmon.core.platform import Platform
from tokenmon.core.usage import TokenUsage
from tokenmon.errors import ConfigError, NotFoundError
from tokenmon.ingest.report import long_form, platforms_by_name, record_of

WORK = Platform(id="0a1b", name="work", provider_name="openai", created_at=NOON, billing="subscription")
# Named like another's id: the name is what people write.
TWIN = Platform(id="9f9f", name="0a1b", provider_name="anthropic", created_at=NOON)
PLATFORMS = platforms_by_name([WORK])
LONG: dict[str, Any] = {"platform": "work", "request_model": "gpt-4o", "input_tokens": 100, "output_tokens": 20}
SHORT: dict[str, Any] = {"platformId": "work", "model": "gpt-4o", "promptTokens": 100, "completionTokens": 20}

FORMS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "long names stay": (LONG, LONG),
    "short names": (SHORT, LONG),
    "a total that fits": ({**SHORT, "totalTokens": 120}, LONG),
    "a total for the output": (
        {"platformId": "work", "model": "gpt-4o", "promptTokens": 100, "totalTokens": 120}, LONG,
    ),
    "a total for the input": ({"platform": "work", "model": "gpt-4o", "output_tokens": 20, "totalTokens": 120}, LONG),
    "a total alone": (
        {"platformId": "work", "model": "gpt-4o", "totalTokens": 9}, {**LONG, "input_tokens": 9, "output_tokens": 0},
    ),
    "no total": ({**SHORT, "totalTokens": None}, LONG),
    "a total of nothing": (
        {"platformId": "work", "model": "gpt-4o", "totalTokens": 0}, {**LONG, "input_tokens": 0, "output_tokens": 0},
    ),
    "an unknown name stays to be refused": ({"colour": 1}, {"colour": 1}),
}  # fmt: skip


@pytest.mark.parametrize(("item", "meant"), FORMS.values(), ids=FORMS)
def test_both_forms_mean_the_same(item: dict[str, Any], meant: dict[str, Any]) -> None:
    assert long_form(item) == meant


SLIPS: dict[str, tuple[dict[str, Any], str]] = {
    "one value by two names": ({**SHORT, "input_tokens": 100}, "promptTokens"),
    "a total that is too small": ({**SHORT, "totalTokens": 119}, "totalTokens"),
    "a total that is too large": ({**SHORT, "totalTokens": 121}, "totalTokens"),
    "a total smaller than the one part": ({"promptTokens": 7, "totalTokens": 6}, "totalTokens"),
    "a total in quotes": ({**SHORT, "totalTokens": "120"}, "totalTokens"),
    "a total that is true": ({**SHORT, "totalTokens": True}, "totalTokens"),
    "a part in quotes": ({**SHORT, "promptTokens": "100", "totalTokens": 120}, "totalTokens"),
}


@pytest.mark.parametrize(("item", "field"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_named_by_its_field(item: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{field}: "):
        long_form(item)


@pytest.mark.parametrize("item", [LONG, SHORT, {**LONG, "platform": "0a1b"}, {**LONG, "provider_name": "gemini"}])
def test_a_platform_of_ours_lends_its_name_provider_and_billing(item: Mapping[str, Any]) -> None:
    record, cost = record_of(item, PLATFORMS, now=NOON)

    assert (record.platform, record.provider_name, record.billing) == ("work", "openai", "subscription")
    assert (record.request_model, record.usage, record.usage_source) == ("gpt-4o", TokenUsage(100, 20), "reported")
    assert (record.source, record.occurred_at, record.cost, cost) == ("report", NOON, None, None)


def test_a_name_comes_before_an_id_of_the_same_text() -> None:
    record, _ = record_of({**LONG, "platform": "0a1b"}, platforms_by_name([TWIN, WORK]), now=NOON)

    assert (record.platform, record.provider_name) == ("0a1b", "anthropic")


def test_a_platform_that_is_not_ours_needs_its_provider() -> None:
    record, _ = record_of({**LONG, "platform": "elsewhere", "provider_name": "mistral"}, PLATFORMS, now=NOON)

    assert (record.platform, record.provider_name, record.billing) == ("elsewhere", "mistral", "metered")
    with pytest.raises(NotFoundError, match=r"^platform: there is no platform 'elsewhere'"):
        record_of({**LONG, "platform": "elsewhere"}, PLATFORMS, now=NOON)


def test_a_stated_cost_comes_beside_the_record() -> None:
    record, cost = record_of({**SHORT, "cost_usd": "0.0123"}, PLATFORMS, now=NOON)

    assert (record.cost, cost) == (None, Decimal("0.0123"))


@pytest.mark.parametrize("item", [None, 1, "text", [LONG], {**LONG, "platform": None}, {**LONG, "platform": 7}, {}])
def test_what_is_no_report_is_refused_in_words(item: object) -> None:
    with pytest.raises(ConfigError) as raised:
        record_of(item, PLATFORMS, now=NOON)

    assert raised.value.hint
