"""Plans: what is asked often is answered from an index, never by reading a whole table."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from tests.core.sample import NOON, call
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.storage.store import Store

ONE_DAY = Filter(Period(NOON - timedelta(minutes=7), NOON + timedelta(days=1)))


def plans(store: Store, statements: list[tuple[str, Any]]) -> dict[str, str]:
    with store._engine.connect() as connection:
        return {
            statement: "; ".join(
                str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            )
            for statement, values in statements
        }


def test_no_frequent_question_reads_a_whole_table(path: Path) -> None:
    seen: list[tuple[str, Any]] = []
    with Store.open(f"sqlite:///{path}") as store:

        @event.listens_for(store._engine, "before_cursor_execute")
        def note(_: Any, __: Any, statement: str, values: Any, ___: Any, is_many: bool) -> None:
            if "records" in statement or "rollups" in statement:
                seen.append((statement, values[0] if is_many else values))

        store.add([call(usage_source="reported")])
        store.add([call()])
        store.records(ONE_DAY, limit=50)
        store.totals(ONE_DAY)
        store.groups(ONE_DAY, ("day", "model"))
        store.groups(ONE_DAY, ("session",))
        store.reprice(lambda record: replace(record, cost=None, cost_source="unpriced"), ONE_DAY)
        event.remove(store._engine, "before_cursor_execute", note)
        found = plans(store, seen)

    # The first and the last record are the ends of the table itself.
    scans = {one: plan for one, plan in found.items() if "SCAN re" in plan or "SCAN ro" in plan}
    assert {one.partition("ORDER")[2] for one in scans} == {" BY id ASC LIMIT 1", " BY id DESC LIMIT 1"}
    (lookup,) = (plan for one, plan in found.items() if "WHERE substr(id, 7)" in one)
    assert lookup == "SEARCH records USING INDEX records_identity (<expr>=?)"
    (page,) = {plan for one, plan in found.items() if "ORDER BY id DESC LIMIT ?" in one}
    assert page == "SEARCH records USING PRIMARY KEY (id>? AND id<?)"
    assert any(plan.startswith("SEARCH rollups USING PRIMARY KEY (bucket>? AND bucket<?)") for plan in found.values())
