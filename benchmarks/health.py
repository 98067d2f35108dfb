"""What the health of all platforms costs to read, as CPU time, on a day of ten million calls in three months.

    python benchmarks/health.py [--calls 111000] [--platforms 20]

Only the last day's calls count for it, so only those are made: a few platforms with most of the calls, many with few.
"""

import argparse
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tokenmon.analytics.health import platform_health
from tokenmon.core.platform import Platform
from tokenmon.core.record import UsageRecord, from_milliseconds, identified_id, milliseconds
from tokenmon.core.usage import TokenUsage
from tokenmon.storage.store import Store

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BATCH = 5000


def call(number: int, platforms: int, chance: random.Random) -> UsageRecord:
    """One call of the day, of some platform and model; one in twenty fails."""
    at = from_milliseconds(milliseconds(NOON - timedelta(seconds=chance.random() * 86_400)))
    fails = chance.random() < 0.05
    return UsageRecord(
        id=identified_id(at, "openai", f"chatcmpl-{number:015}"),
        occurred_at=at,
        platform=f"p{min(platforms - 1, int(chance.expovariate(0.35)))}",
        provider_name="openai",
        operation_name="chat",
        source="proxy",
        response_model=f"model-{chance.randrange(4)}",
        status=429 if fails else 200,
        error_type="rate_limit_error" if fails else None,
        stream=chance.random() < 0.5,
        usage=TokenUsage(1000, 200),
        usage_source="provider",
        cost=Decimal("0.0041"),
        cost_source="catalogue",
        latency_ms=900,
    )


def main() -> None:
    """Fill a database and read the health of its platforms."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=111_000)
    parser.add_argument("--platforms", type=int, default=20)
    options = parser.parse_args()
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder, Store.open(f"sqlite:///{folder}/tokenmon.db") as store:
        for start in range(0, options.calls, BATCH):
            numbers = range(start, min(options.calls, start + BATCH))
            store.add([call(number, options.platforms, chance) for number in numbers])
        platforms = [Platform(f"id{one}", f"p{one}", "openai", NOON) for one in range(options.platforms)]
        spent = []
        for _ in range(15):
            before = time.thread_time()
            platform_health(store, platforms, now=NOON)
            spent.append(time.thread_time() - before)
    print(f"{len(platforms)} platforms, {options.calls:,} calls in a day: {sorted(spent)[7] * 1e3:.1f} ms CPU (median)")


if __name__ == "__main__":
    main()
