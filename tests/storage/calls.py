"""Random calls for the properties of sums, and the sums that a reader would make of them by hand."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from sqlalchemy import text

from tests.core.sample import call
from tokenmon.core.period import bucket_label, bucket_start
from tokenmon.core.query import Totals
from tokenmon.core.record import UsageRecord
from tokenmon.core.usage import TokenUsage
from tokenmon.storage.store import Store

# Zones whose hours or days do not lie on those of UTC, and moments at which their clocks change.
ZONES = (
    "UTC", "Asia/Kathmandu", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Europe/Berlin",
    "America/Havana", "Pacific/Chatham",
)  # fmt: skip
CLOCK_CHANGES = tuple(
    datetime.fromisoformat(moment).replace(tzinfo=UTC)
    for moment in (
        "2026-03-29T01:00", "2026-10-25T01:00", "2026-04-04T15:00", "2026-10-03T15:30", "2026-03-08T05:30",
        "2026-11-01T04:30", "2026-11-01T05:00", "2026-11-30T23:59:59.999",
    )
)  # fmt: skip

moments = st.builds(
    lambda change, milliseconds: change + timedelta(milliseconds=milliseconds),
    st.sampled_from(CLOCK_CHANGES),
    st.one_of(
        st.integers(-3, 3),
        st.integers(-40 * 3_600_000, 40 * 3_600_000),
        st.sampled_from([minutes * 60_000 for minutes in (-60, -30, -15, 15, 30, 60, 24 * 60)]),
    ),
)
counts = st.one_of(st.integers(0, 50), st.integers(0, 10**12))
usages = st.builds(
    TokenUsage,
    counts,
    counts,
    cache_read_input_tokens=counts,
    reasoning_output_tokens=counts,
    audio_input_tokens=counts,
)
costs = st.one_of(
    st.just((None, "unpriced")),
    st.just((Decimal(0), "free")),
    st.tuples(st.integers(0, 10**12).map(lambda nanos: Decimal(nanos).scaleb(-9)), st.just("catalogue")),
)
statements = st.one_of(
    st.just((None, "none")), st.tuples(usages, st.sampled_from(["partial", "estimated", "reported", "provider"]))
)


uuids = st.uuids().map(str)


@st.composite
def calls(draw: st.DrawFn, identities: st.SearchStrategy[str] = uuids) -> UsageRecord:
    """A call whose identity, time, labels, usage and cost are drawn from few values each, so that they meet."""
    cost, cost_source = draw(costs)
    usage, usage_source = draw(statements)
    return call(
        draw(identities),
        draw(moments),
        platform=draw(st.sampled_from(["a", "b"])),
        response_model=draw(st.sampled_from(["gpt-5", "o3", None])),
        project=draw(st.sampled_from(["p", None])),
        machine=draw(st.sampled_from(["laptop", None])),
        conversation_id=draw(st.sampled_from(["one", "two", None])),
        status=draw(st.sampled_from([200, 503, None])),
        error_type=draw(st.sampled_from([None, None, "overloaded"])),
        billing=draw(st.sampled_from(["metered", "subscription"])),
        usage=usage,
        usage_source=usage_source,
        cost=cost,
        cost_source=cost_source,
        latency_ms=draw(st.sampled_from([None, 0, 900])),
        time_to_first_chunk_ms=draw(st.sampled_from([None, 0, 120])),
    )


def sums_of(records: Iterable[UsageRecord]) -> Totals:
    """The sums of records, one by one."""
    return sum((_sum_of(record) for record in records), Totals())


def _sum_of(record: UsageRecord) -> Totals:
    usage = record.usage or TokenUsage(0, 0)
    cost = record.cost or Decimal(0)
    is_metered = record.billing == "metered"
    is_estimated = record.usage_source in ("partial", "estimated")
    return Totals(
        requests=1,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_input_tokens=usage.cache_read_input_tokens,
        reasoning_output_tokens=usage.reasoning_output_tokens,
        audio_input_tokens=usage.audio_input_tokens,
        cost=cost if is_metered else Decimal(0),
        subscription_value=Decimal(0) if is_metered else cost,
        estimated_cost=cost if is_metered and is_estimated else Decimal(0),
        unpriced_requests=int(record.cost is None),
        unpriced_tokens=usage.total_tokens if record.cost is None else 0,
        estimated_requests=int(is_estimated),
        error_requests=int(record.is_error),
        latency_ms=record.latency_ms or 0,
        latency_requests=int(record.latency_ms is not None),
        first_chunk_ms=record.time_to_first_chunk_ms or 0,
        first_chunk_requests=int(record.time_to_first_chunk_ms is not None),
    )


def label_of(record: UsageRecord, word: str, timezone: str) -> str | None:
    """The value of a grouping, read off the record and a calendar."""
    place = ZoneInfo(timezone)
    day = record.occurred_at.astimezone(place).date()
    match word:
        case "hour":
            return bucket_label(bucket_start(record.occurred_at, "hour", place), "hour", place)
        case "day":
            return day.isoformat()
        case "week":
            return (day - timedelta(days=day.weekday())).isoformat()
        case "month":
            return day.isoformat()[:7]
        case "session":
            return record.conversation_id
        case "status":
            return None if record.status is None else str(record.status)
        case "error":
            return record.error_type
        case _:
            return str(value) if (value := getattr(record, word)) is not None else None


def forget_records(store: Store) -> None:
    """Leave a store without records and rollups; what is shared between records stays."""
    with store._engine.begin() as connection:
        connection.execute(text("DELETE FROM records"))
        connection.execute(text("DELETE FROM rollups"))
        connection.execute(text("DELETE FROM day_rollups"))


def keep_days(store: Store, timezone: str) -> None:
    """Leave a store without records, its sums by day in a time zone."""
    forget_records(store)
    store._timezone = timezone
    store.rebuild_rollups()
