"""What the dashboard and a scraper ask costs over many records, against a bare count of the same table in one run.

    python benchmarks/queries.py [--records 1000000] [--file FILE] [--seconds 2]

Makes an SQLite database of one year of calls in 64 series (or takes the one that an earlier run left under that name
and size), straight in SQL. Compare the ratios, not the machine.
"""

import argparse
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tokenmon.analytics.metrics import SeriesBound, stored_families
from tokenmon.core.exposition import exposition
from tokenmon.core.filter_language import parse_filter
from tokenmon.core.period import Period, parse_period
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord, identified_id, milliseconds
from tokenmon.core.usage import TokenUsage
from tokenmon.storage.rollups import RECORD_COLUMNS
from tokenmon.storage.store import Store
from tokenmon.tui.reading.trend_metric import COST, VALUE

NOW = datetime(2026, 11, 23, 15, 7, tzinfo=UTC)
YEAR = timedelta(days=365)
SERIES = 64
PAGE = 100
ZONE = "Europe/Berlin"


def sample(number: int) -> UsageRecord:
    """One call of a series."""
    return UsageRecord(
        id=identified_id(NOW, str(number)), occurred_at=NOW, platform=f"platform-{number % 4}",
        provider_name=("openai", "anthropic", "gemini", "bedrock")[number % 4], operation_name="chat", source="proxy",
        request_model=f"model-{number // 4 % 8}", project=f"project-{number // 16}", status=200 + number // 63 * 300,
        usage=TokenUsage(1, 1), usage_source="provider",
    )  # fmt: skip


def rows(count: int) -> Iterator[tuple[Any, ...]]:
    """Rows of records, evenly over the year before NOW, in the order of their ids."""
    draw = random.Random(1)
    start, step = milliseconds(NOW - YEAR), YEAR / timedelta(milliseconds=1) / count
    weights = [1 / (number + 1) for number in range(SERIES)]
    series = draw.choices(range(1, SERIES + 1), weights, k=65_537)
    for number in range(count):
        size = draw.getrandbits(20)
        yield (
            int(start + number * step).to_bytes(6, "big") + draw.randbytes(10), series[number % 65_537], None, None,
            None, None, size % 9000, None, size % 50_000, size % 1000, size % 20_000, 0, 0, 0, 0, 0,
            None if size % 50 == 0 else size * 1000, 0 if size % 50 == 0 else 2, 4,
        )  # fmt: skip


def make(path: Path, count: int) -> None:
    """A database of so many records."""
    with Store.open(f"sqlite:///{path}", timezone=ZONE) as store:
        store.add([sample(number) for number in range(SERIES)])
    with sqlite3.connect(path) as connection:
        (index,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'records_identity'").fetchone()
        # An index by random keys is made many times faster at the end.
        connection.execute("DROP INDEX records_identity")
        connection.execute("DELETE FROM records")
        marks = ", ".join("?" * len(RECORD_COLUMNS))
        connection.executemany(f"INSERT INTO records ({', '.join(RECORD_COLUMNS)}) VALUES ({marks})", rows(count))
        connection.execute(index)
    connection.close()
    with Store.open(f"sqlite:///{path}", timezone=ZONE) as store:
        store.rebuild_rollups()


def quantiles(question: Callable[[], object], seconds: float) -> tuple[float, float]:
    """The median and the 95th percentile of a question's times, asked again and again for so long."""
    times: list[float] = []
    until = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < until:
        began = time.perf_counter()
        question()
        times.append(time.perf_counter() - began)
    times.sort()
    return times[len(times) // 2], times[int(len(times) * 0.95)]


def questions(store: Store, count: int) -> dict[str, Callable[[], object]]:
    """What the dashboard and a scraper ask."""
    ever = Filter(Period(None, None, "UTC"))
    spans = {
        word: Filter(parse_period(since=word, now=NOW, timezone=ZONE))
        for word in ("today", "month", "7d", "30d", "80d")
    }
    year = Filter(Period(NOW - YEAR, None, ZONE))
    elsewhere = Filter(parse_period(since="30d", now=NOW, timezone="Asia/Tokyo"))
    # What Trends reads of totals.
    trend = COST.fields + VALUE.fields
    project = Filter(Period(None, None), conditions=parse_filter("project:project-3"))
    dear = Filter(spans["month"].period, conditions=parse_filter("cost>1"))
    listing, few = store.listing(ever), store.listing(project)
    by_cost = store.listing(spans["month"], sort="cost")
    return {
        "totals today": lambda: store.totals(spans["today"]),
        "totals month": lambda: store.totals(spans["month"]),
        "totals all": lambda: store.totals(ever),
        "by model, year": lambda: store.groups(year, ("model",)),
        "by day, year": lambda: store.groups(year, ("day",)),
        "by day and model, year": lambda: store.groups(year, ("day", "model")),
        "by hour and model, today": lambda: store.groups(spans["today"], ("hour", "model")),
        "by hour and model, 7d": lambda: store.groups(spans["7d"], ("hour", "model")),
        "by session, 30d": lambda: store.groups(spans["30d"], ("session",)),
        "trend by day and model, year": lambda: store.groups(year, ("day", "model"), fields=trend),
        "trend by week and model, year": lambda: store.groups(year, ("week", "model"), fields=trend),
        "trend by day and model, Tokyo": lambda: store.groups(elsewhere, ("day", "model"), fields=trend),
        "trend by hour and model, 80d": lambda: store.groups(spans["80d"], ("hour", "model"), fields=trend),
        "trend by hour, 80d": lambda: store.groups(spans["80d"], ("hour",), fields=trend),
        "listing all": lambda: store.listing(ever),
        "listing one project": lambda: store.listing(project),
        "scrape of /metrics": lambda: exposition(stored_families(store, SeriesBound(), now=NOW, timezone="UTC")),
        "page at the start": lambda: listing.page(0, PAGE),
        "page anywhere": lambda: listing.page(random.randrange(count), PAGE),
        "page of one project anywhere": lambda: few.page(random.randrange(few.count), PAGE),
        "page at the end": lambda: listing.page(listing.count - PAGE, PAGE),
        "by cost, month: page": lambda: by_cost.page(by_cost.count // 2, PAGE),
        "by cost, month: listing": lambda: store.listing(spans["month"], sort="cost"),
        "by model, month: listing": lambda: store.listing(spans["month"], sort="model"),
        "cost>1, month: totals": lambda: store.totals(dear),
        "cost>1, month: listing": lambda: store.listing(dear),
        "by cost, all: listing": lambda: store.listing(ever, sort="cost"),
    }


def main() -> None:
    """Make the database if need be, ask, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--seconds", type=float, default=2)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = wanted.file or Path(folder) / "queries.db"
        if not path.exists():
            make(path, wanted.records)
        report(path, wanted.seconds)


def report(path: Path, seconds: float) -> None:
    """Ask each question and print its times, and their ratio to the bare count's."""
    peer = sqlite3.connect(path)
    with Store.open(f"sqlite:///{path}") as store:
        info = store.info()
        print(
            f"{info.records:,} records, {info.rollups:,} rollups, {info.size_bytes / info.records:.0f} bytes a record"
        )
        bare = quantiles(lambda: peer.execute("SELECT COUNT(*), SUM(cost_nanousd) FROM records").fetchone(), seconds)
        print(f"{'':30} {'median ms':>10} {'p95 ms':>10} {'of the bare count':>18}")
        print(f"{'bare count and sum':30} {bare[0] * 1000:10.1f} {bare[1] * 1000:10.1f} {1:18.4f}")
        for name, question in questions(store, info.records).items():
            median, high = quantiles(question, seconds)
            print(f"{name:30} {median * 1000:10.1f} {high * 1000:10.1f} {median / bare[0]:18.4f}")
    peer.close()


if __name__ == "__main__":
    main()
