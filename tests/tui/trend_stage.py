"""What tests of the Trends screen share: two months of calls, and what the screen shows."""

from datetime import timedelta
from decimal import Decimal

from tests.tui.sample import NOW, call
from tokenmon.core.record import UsageRecord, identified_id
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.reading.trend_metric import METRICS, TrendMetric
from tokenmon.tui.reading.trends import TrendsSnapshot
from tokenmon.tui.widgets.row_table import RowTable
from tokenmon.tui.widgets.trend_chart import TrendChart, TrendSummary


def on(days_ago: int, number: int = 0, **changes: object) -> UsageRecord:
    at = NOW - timedelta(days=days_ago, minutes=number + 1)
    return call(0, id=identified_id(at, "openai", f"{days_ago}-{number}"), occurred_at=at, **changes)


def metric_named(name: str) -> TrendMetric:
    return next(one for one in METRICS if one.name == name)


def found(app: Dashboard) -> TrendsSnapshot:
    snapshot = app.screen_stack[0].snapshot  # type: ignore[attr-defined]
    assert isinstance(snapshot, TrendsSnapshot)
    return snapshot


def series(app: Dashboard) -> RowTable:
    return app.screen.query_one("#trend-series", RowTable)


def buckets(app: Dashboard) -> RowTable:
    return app.screen.query_one("#trend-buckets", RowTable)


def summary(app: Dashboard) -> str:
    lines = app.screen.query_one(TrendSummary).lines(0)
    return "\n".join("".join(part.text for part in line) for line in lines)


def told(app: Dashboard) -> str:
    return "\n".join(one.message for one in app._notifications)


def title(app: Dashboard) -> str:
    return str(app.screen.query_one(TrendChart).border_title)


def add_two_months(session: Session) -> None:
    """Calls of three models and two projects, the newer month the busier one."""
    models = ("opus", "sonnet", "mini")
    session.store.add([
        on(day, number, request_model=models[number % 3], project="web" if number % 2 else None,
           cost=Decimal("0.5") * (number + 1))
        for day in range(60) for number in range(4 if day < 30 else 2)
    ])  # fmt: skip
