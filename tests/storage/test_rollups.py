"""Rollups: after any sequence of writes they are the sums of the records that are there."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from tests.core.sample import NOON, call
from tests.storage.calls import calls, forget_records, label_of, sums_of
from tests.storage.test_sums import ALL, PROPERTY
from tokenmon.core.record import UsageRecord, UsageSource, completed, in_place_of, supersedes
from tokenmon.storage.store import Store

# Few identities, so that the same call is seen again and again.
IDENTITIES = st.sampled_from(["one", "two", "three", "four", "five"])


@dataclass(frozen=True)
class Reprice:
    """Every cost becomes this one."""

    cost: Decimal | None

    def __call__(self, record: UsageRecord) -> UsageRecord:
        return replace(record, cost=self.cost, cost_source="unpriced" if self.cost is None else "override")


steps = st.one_of(
    st.lists(calls(IDENTITIES), min_size=1, max_size=6),
    st.builds(Reprice, st.sampled_from([None, Decimal(0), Decimal("0.25")])),
)


def played(sequence: list[list[UsageRecord] | Reprice]) -> dict[bytes, UsageRecord]:
    """What should be stored after a sequence, by identity: the strongest statement at its first time, all labels."""
    held: dict[bytes, UsageRecord] = {}
    for step in sequence:
        if isinstance(step, Reprice):
            held = {identity: step(record) for identity, record in held.items()}
            continue
        for record in step:
            old = held.get(record.id[6:])
            if old is None:
                held[record.id[6:]] = record
            elif supersedes(record, old):
                held[record.id[6:]] = in_place_of(old, record)
            else:
                held[record.id[6:]] = completed(old, record) or old
    return held


def rollup_rows(store: Store) -> list[tuple[int, ...]]:
    with store._engine.connect() as connection:
        quarters = connection.execute(text("SELECT * FROM rollups WHERE requests <> 0 ORDER BY bucket, series_id"))
        days = connection.execute(text("SELECT * FROM day_rollups WHERE requests <> 0 ORDER BY day, series_id"))
        return [tuple(row) for row in (*quarters, *days)]


@PROPERTY
@given(sequence=st.lists(steps, max_size=8))
def test_after_any_sequence_rollups_are_the_sums_of_the_records(
    store: Store, sequence: list[list[UsageRecord] | Reprice]
) -> None:
    forget_records(store)
    for step in sequence:
        if isinstance(step, Reprice):
            store.reprice(step, ALL)
        else:
            store.add(step)

    expected = played(sequence)
    assert {record.id[6:]: record for record in store.records(ALL)} == expected
    assert store.totals(ALL) == sums_of(expected.values())
    groups = {dict(group.key)["project"]: group.totals for group in store.groups(ALL, ("project",))}
    assert groups == {
        project: sums_of(own)
        for project in ("p", None)
        if (own := [one for one in expected.values() if label_of(one, "project", "UTC") == project])
    }
    moved = rollup_rows(store)
    store.rebuild_rollups()
    assert rollup_rows(store) == moved


def test_writers_at_once_leave_rollups_that_are_the_sums_of_the_records(address: str) -> None:
    sources: list[UsageSource] = ["partial", "estimated", "reported", "provider"]

    def write(worker: int) -> None:
        with Store.open(address, busy_timeout_seconds=60) as store:
            for turn in range(12):
                source = sources[(worker + turn) % 4]
                numbers = range(20) if worker % 2 else range(19, -1, -1)
                store.add(
                    [
                        call(f"{number}", project=f"p{worker}-{turn}", usage_source=source, conversation_id=f"c{turn}")
                        for number in numbers
                    ]
                )
                store.reprice(Reprice(Decimal(worker * 100 + turn)), ALL)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))

    with Store.open(address) as store:
        found = store.records(ALL)
        assert len(found) == 20
        assert store.totals(ALL) == sums_of(found)
        moved = rollup_rows(store)
        store.rebuild_rollups()
        assert rollup_rows(store) == moved


def test_rebuilding_tells_how_many_rollups_there_are(store: Store) -> None:
    store.add([call("1"), call("2"), call("3", NOON.replace(hour=18)), call("4", platform="other")])

    assert store.rebuild_rollups() == 3


def test_rebuilding_mends_rollups_that_went_astray(store: Store) -> None:
    store.add([call()])
    right = store.totals(ALL)
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE rollups SET input_tokens = 5, requests = 9"))

    store.rebuild_rollups()

    assert store.totals(ALL) == right
