"""The catalogue: every provider's names resolve, tiers and hours count, and the corrections hold when they should."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tokenmon.core.pricing import Rates, cost_of
from tokenmon.core.usage import TokenUsage
from tokenmon.providers.catalogue import FREE, LIBRARY_NAMES, Catalogue, load_catalogue

D = Decimal
MILLION = TokenUsage(1_000_000, 0)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def rates(catalogue: Catalogue, provider: str, model: str, at: datetime = NOON, **context: str) -> Rates | None:
    return catalogue.rates(provider_name=provider, model=model, at=at, **context)


def input_price(catalogue: Catalogue, provider: str, model: str, at: datetime = NOON, **context: str) -> Decimal | None:
    """What a million input tokens cost; None when nobody knows."""
    found = rates(catalogue, provider, model, at, **context)
    return None if found is None else cost_of(MILLION, found)


OURS = {
    "openai": ("gpt-5", "1.25"),
    "anthropic": ("claude-sonnet-4-5-20250929", "6"),
    "azure": ("gpt-4o", "2.5"),
    "gemini": ("gemini-2.5-flash", "0.3"),
    "vertex": ("gemini-2.5-flash", "0.3"),
    "bedrock": ("amazon.nova-pro-v1:0", "0.8"),
    "mistral": ("mistral-small-latest", "0.15"),
    "groq": ("llama-3.1-8b-instant", "0.05"),
    "deepseek": ("deepseek-v4-pro", "0.66"),
    "xai": ("grok-4", "3"),
    "openrouter": ("openai/gpt-4o", "2.5"),
    "together": ("meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo", "0.18"),
    "fireworks": ("gpt-oss-120b", "0.15"),
    "perplexity": ("sonar-deep-research", "2"),
    "cerebras": ("gpt-oss-120b", "0.35"),
    "cohere": ("command-r-plus-08-2024", "2.5"),
    "voyage": ("voyage-3.5", "0.06"),
    "zai": ("glm-4.7", "0.6"),
    "moonshot": ("kimi-k2.5", "0.6"),
    "alibaba": ("qwen3.8-max", "2"),
    "huggingface": ("openai/gpt-oss-20b:groq", "0.1"),
}


@pytest.mark.parametrize("provider", OURS)
def test_our_names_of_providers_are_known(catalogue: Catalogue, provider: str) -> None:
    model, price = OURS[provider]

    assert input_price(catalogue, provider, model) == D(price)


@pytest.mark.parametrize("name", sorted(set(LIBRARY_NAMES.values())))
def test_the_librarys_names_of_providers_work_too(catalogue: Catalogue, name: str) -> None:
    ours = next(one for one in OURS if LIBRARY_NAMES.get(one, one) == name)

    assert input_price(catalogue, name, OURS[ours][0]) == D(OURS[ours][1])


@pytest.mark.parametrize("provider", ["ollama", "vllm", "lmstudio"])
def test_what_runs_on_the_users_machine_is_free(catalogue: Catalogue, provider: str) -> None:
    assert rates(catalogue, provider, "whatever:7b") is FREE


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-99"),
        ("anthropic", "claude-bogus-9"),
        ("openrouter", "no/such"),
        ("nobody", "gpt-5"),
        ("openai-compatible", "gpt-5"),
        ("huggingface", "meta-llama/Llama-3.3-70B-Instruct"),
    ],
)
def test_an_unknown_model_has_no_rates(catalogue: Catalogue, provider: str, model: str) -> None:
    assert rates(catalogue, provider, model) is None


def test_a_server_is_known_by_its_address(catalogue: Catalogue) -> None:
    address = "https://api.deepseek.com/v1"

    assert input_price(catalogue, "openai-compatible", "deepseek-v4-pro", base_url=address) == D("0.66")


def test_a_router_tells_by_its_address_who_serves(catalogue: Catalogue) -> None:
    address = "https://router.huggingface.co/groq/openai/v1"

    assert input_price(catalogue, "huggingface", "openai/gpt-oss-20b", base_url=address) == D("0.1")


@pytest.mark.parametrize(("tokens", "cost"), [(32_000, "0.0384"), (32_001, "0.0768024"), (200_000, "0.6")])
def test_a_correction_may_have_tiers(catalogue: Catalogue, tokens: int, cost: str) -> None:
    found = rates(catalogue, "alibaba", "qwen3-max")

    assert found is not None
    assert cost_of(TokenUsage(tokens, 0), found) == D(cost)


def test_a_search_is_priced_by_the_thousand(catalogue: Catalogue) -> None:
    found = rates(catalogue, "cohere", "rerank-v3.5")

    assert found is not None
    assert cost_of(TokenUsage(300, 0, units=(("rerank_searches", 2),)), found) == D("0.004")


@pytest.mark.parametrize("model", ["deepseek/deepseek-r1:free", "nobody/has-listed-this:free"])
def test_a_free_model_of_a_list_is_free(catalogue: Catalogue, model: str) -> None:
    found = rates(catalogue, "openrouter", model)

    assert found is not None
    assert found.is_free


TIERS = {
    "batch": ("openai", "gpt-5", {"processing": "batch"}, "0.625"),
    "batch as a tier": ("anthropic", "claude-opus-4-5", {"service_tier": "batch"}, "2.5"),
    "flex": ("openai", "gpt-5", {"service_tier": "flex"}, "0.625"),
    "priority": ("openai", "gpt-5", {"service_tier": "priority"}, "2.5"),
    "in capitals": ("openai", "gpt-5", {"service_tier": "PRIORITY"}, "2.5"),
    "default": ("openai", "gpt-5", {"service_tier": "default"}, "1.25"),
    "a tier that the model has not": ("openai", "gpt-4-turbo", {"service_tier": "scale"}, "10"),
    "fast mode": ("anthropic", "claude-opus-4-8", {"service_tier": "fast"}, "10"),
    "in a region": ("bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", {}, "3.3"),
    "in all regions": ("bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", {}, "3"),
}


@pytest.mark.parametrize("name", TIERS)
def test_a_tier_has_its_price(catalogue: Catalogue, name: str) -> None:
    provider, model, context, price = TIERS[name]

    assert input_price(catalogue, provider, model, NOON, **context) == D(price)


def test_a_batch_was_half_before_the_library_looked(catalogue: Catalogue) -> None:
    assert input_price(catalogue, "openai", "gpt-5", datetime(2026, 3, 1, tzinfo=UTC), processing="batch") == D("0.625")


HOURS = {
    "Monday morning": ("2026-11-23T02:00", "0.3"),
    "the end of the peak": ("2026-11-23T04:00", "0.15"),
    "the last minute of it": ("2026-11-23T03:59", "0.3"),
    "Monday afternoon": ("2026-11-23T09:59", "0.3"),
    "Monday evening": ("2026-11-23T12:00", "0.15"),
    "Saturday": ("2026-11-21T02:00", "0.15"),
    "Sunday": ("2026-11-22T08:00", "0.15"),
    "a holiday": ("2026-10-01T02:00", "0.15"),
    "the V4 peak": ("2026-08-18T02:00", "0.44"),
    "the V4 peak on the last Saturday that had one": ("2026-08-22T02:00", "0.44"),
    "a Saturday of V4": ("2026-08-29T02:00", "0.22"),
    "before there were peaks": ("2026-08-03T02:00", "0.14"),
}


@pytest.mark.parametrize("name", HOURS)
def test_deepseek_charges_by_hour_and_weekday(catalogue: Catalogue, name: str) -> None:
    moment, price = HOURS[name]
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)

    assert input_price(catalogue, "deepseek", "deepseek-v4-flash", at) == D(price)


HISTORY = {
    "V3": ("deepseek", "deepseek-chat", "2025-06-01T12:00", "0.27"),
    "V3.2": ("deepseek", "deepseek-chat", "2026-01-15T12:00", "0.28"),
    "V4": ("deepseek", "deepseek-reasoner", "2026-05-01T02:00", "0.14"),
    "Large 2": ("mistral", "mistral-large-latest", "2025-06-01T12:00", "2"),
    "Large 3": ("mistral", "mistral-large-latest", "2026-06-01T12:00", "0.5"),
    "a code model": ("xai", "grok-code-fast-1", "2026-05-01T12:00", "0.2"),
    "its successor": ("xai", "grok-code-fast-1", "2026-06-01T12:00", "2"),
}


@pytest.mark.parametrize("name", HISTORY)
def test_a_name_costs_what_it_stood_for_at_the_time(catalogue: Catalogue, name: str) -> None:
    provider, model, moment, price = HISTORY[name]
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)

    assert input_price(catalogue, provider, model, at) == D(price)


def test_rates_tell_where_they_come_from_and_since_when(catalogue: Catalogue) -> None:
    listed, corrected = rates(catalogue, "fireworks", "gpt-oss-120b"), rates(catalogue, "openai", "gpt-4o-transcribe")

    assert listed is not None
    assert listed.rates[0].origin.startswith("genai-prices ")
    assert str(listed.rates[0].since) == "2026-10-19"
    assert corrected is not None
    assert corrected.rates[0].origin == "https://developers.openai.com/api/docs/pricing (checked 2026-11-24)"


@pytest.mark.parametrize(
    ("model", "cost"), [("gpt-4o-audio-preview-2025-06-03", "92.5"), ("gpt-4o-mini-audio-preview-2024-12-17", "20.75")]
)
def test_audio_in_chat_has_prices_of_its_own(catalogue: Catalogue, model: str, cost: str) -> None:
    found = rates(catalogue, "openai", model)
    usage = TokenUsage(2_000_000, 1_500_000, audio_input_tokens=1_000_000, audio_output_tokens=500_000)

    assert found is not None
    assert cost_of(usage, found) == D(cost)


def test_fast_mode_costs_more(catalogue: Catalogue) -> None:
    fast = rates(catalogue, "anthropic", "claude-opus-4-8", service_tier="fast")
    plain = rates(catalogue, "anthropic", "claude-opus-4-8", service_tier="standard")

    assert fast is not None
    assert plain is not None
    assert cost_of(TokenUsage(10, 10), fast) == 2 * (cost_of(TokenUsage(10, 10), plain) or 0)


def test_models_are_found_by_a_glob(catalogue: Catalogue) -> None:
    assert ("openai", "gpt-5-mini") in catalogue.models_named("GPT-5*", "openai")
    assert {provider for provider, _ in catalogue.models_named("gpt-5*")} >= {"openai", "github-copilot"}
    assert catalogue.models_named("no-such-*") == []


def test_the_provider_of_a_model_is_found_by_its_name(catalogue: Catalogue) -> None:
    assert catalogue.provider_of("claude-sonnet-5") == "anthropic"
    assert catalogue.provider_of("no-such-model") is None
