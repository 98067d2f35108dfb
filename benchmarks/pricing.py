"""What pricing a record costs, against the price library's own `calc_price` in the same run.

    python benchmarks/pricing.py [--records N]

Both price the same calls: a cached read, a cache write, reasoning, several models, one moment. Compare the ratio, not
the machine.
"""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from genai_prices import Usage, calc_price

from tokenmon.core.money import NANO
from tokenmon.core.record import UsageRecord, random_id
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.pricing import OwnPrices, Pricer
from tokenmon.providers.catalogue import load_catalogue

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CALLS = (
    ("openai", "gpt-5", TokenUsage(10_000, 2000, cache_read_input_tokens=8000, reasoning_output_tokens=1000)),
    ("openai", "gpt-4o", TokenUsage(1000, 200, cache_read_input_tokens=400)),
    ("anthropic", "claude-sonnet-4-5", TokenUsage(20_000, 500, 10_000, 6000, 2000)),
    ("google", "gemini-3.1-pro-preview", TokenUsage(250_000, 2000, cache_read_input_tokens=200_000)),
    ("groq", "llama-3.1-8b-instant", TokenUsage(900, 90)),
)
ROUNDS = 5


def record_of(provider: str, model: str, usage: TokenUsage, number: int) -> UsageRecord:
    """One stored call, some milliseconds after the one before."""
    at = NOON + timedelta(milliseconds=number)
    return UsageRecord(
        id=random_id(at), occurred_at=at, platform="work", provider_name=provider, operation_name="chat",
        source="proxy", request_model=model, response_model=model, status=200, usage=usage, usage_source="provider",
    )  # fmt: skip


def library_usage(usage: TokenUsage) -> Usage:
    """The same counts in the library's words."""
    return Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_input_tokens,
        cache_write_tokens=usage.cache_creation_input_tokens,
        cache_write_1h_tokens=usage.cache_creation_1h_input_tokens,
    )


def microseconds(work: Callable[[], object], count: int) -> float:
    """The best of some rounds, a call."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best / count * 1e6


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--records", type=int, default=50_000)
    count = options.parse_args().records
    records = [record_of(*CALLS[number % len(CALLS)], number) for number in range(count)]
    library_calls = [(library_usage(usage), provider, model) for provider, model, usage in CALLS]
    pricer = Pricer(load_catalogue, lambda: OwnPrices({}))
    theirs = [
        calc_price(usage, model, provider_id=provider, genai_request_timestamp=NOON).total_price
        for usage, provider, model in library_calls
    ]
    ours: list[Decimal | None] = [pricer.price(record).cost for record in records[: len(CALLS)]]
    assert ours == [price.quantize(NANO) for price in theirs], (ours, theirs)

    few = max(1, count // 25) * len(CALLS)

    def price_ours() -> None:
        for record in records:
            pricer.price(record)

    def price_theirs() -> None:
        for _ in range(few // len(CALLS)):
            for usage, provider, model in library_calls:
                calc_price(usage, model, provider_id=provider, genai_request_timestamp=NOON)

    mine, library = microseconds(price_ours, count), microseconds(price_theirs, few)
    print(f"price a record   {mine:7.2f} us")
    print(f"library's price  {library:7.2f} us")
    print(f"ratio            {mine / library:7.3f}   (target: under 5 us a record)")


if __name__ == "__main__":
    main()
