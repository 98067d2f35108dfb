"""`/metrics`: the numbers of `stats`, for readers alone, from one reading in a few seconds, and of use without one."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI

from tests.api.client import Client
from tests.api.conftest import ClientOf
from tests.api.scraped import ScrapedFamily, scraped
from tests.core.sample import NOON, call
from tokenmon.api.app import create_api
from tokenmon.api.metrics import FRESH_SECONDS, MetricsDesk
from tokenmon.core.process_state import ProcessState
from tokenmon.core.usage import TokenUsage
from tokenmon.session import Session

SAME = {
    "requests_total": "requests", "errors_total": "error_requests", "input_tokens_total": "input_tokens",
    "output_tokens_total": "output_tokens", "cache_read_input_tokens_total": "cache_read_input_tokens",
    "cache_creation_input_tokens_total": "cache_creation_input_tokens",
    "reasoning_output_tokens_total": "reasoning_output_tokens", "cost_usd_total": "cost_usd",
    "list_price_value_usd_total": "subscription_value_usd", "unpriced_requests_total": "unpriced_requests",
}  # fmt: skip


@pytest.fixture
def app(session: Session) -> FastAPI:
    return create_api(session, lambda: ProcessState(NOON, waiting_records=4))


@pytest.fixture
def age(app: FastAPI, session: Session) -> Callable[[float], None]:
    """Lets time pass for the app's numbers."""
    moments = [0.0]
    app.state.metrics = MetricsDesk(session, None, clock=lambda: moments[0])

    def pass_by(seconds: float) -> None:
        moments[0] += seconds

    return pass_by


def read(client: Client) -> dict[str, ScrapedFamily]:
    """What a scrape gives, by name without the prefix."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {name.removeprefix("tokenmon_"): one for name, one in scraped(answer.text).items()}


def fill(session: Session) -> None:
    """Calls of all kinds."""
    changes: list[dict[str, Any]] = [
        {},
        {"platform": 'a "quoted" name', "response_model": "back\\slash", "cost": Decimal("0.000000007")},
        {"billing": "subscription", "cost": Decimal("1.5"), "source": "import:claude-code"},
        {"cost": None, "cost_source": "unpriced", "response_model": None, "request_model": None},
        {"status": 500, "error_type": "server_error", "usage": None, "usage_source": "none", "cost": None,
         "cost_source": "unpriced"},
        {"usage": TokenUsage(9, 8, cache_creation_input_tokens=7, reasoning_output_tokens=6)},
    ]  # fmt: skip
    session.store.add([call(f"call-{number}", **one) for number, one in enumerate(changes)])


def test_the_counters_are_the_totals_of_stats(client: ClientOf, session: Session) -> None:
    fill(session)

    found = read(client("viewer"))

    stats = client("viewer").get("/api/usage/stats?since=all&by=platform,provider,model,source").json()
    assert {name: found[name].total() for name in SAME} == {
        name: Decimal(stats["totals"][key]) for name, key in SAME.items()
    }
    for group in stats["groups"]:
        labels = {name: value or "" for name, value in group["key"].items()}
        assert {name: found[name].of(**labels) for name in SAME} == {
            name: Decimal(group[key]) for name, key in SAME.items()
        }


def test_a_scraper_is_told_the_format(client: ClientOf) -> None:
    answer = client("viewer").get("/metrics")

    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("POST", 405), ("DELETE", 405)])
def test_it_is_only_read(client: ClientOf, method: str, status: int) -> None:
    assert client("admin").request(method, "/metrics").status_code == status


def test_many_scrapes_are_one_reading_until_it_is_old(
    client: ClientOf, session: Session, age: Callable[[float], None]
) -> None:
    viewer = client("viewer")
    session.store.add([call("one")])
    counts = [read(viewer)["requests_total"].total()]
    session.store.add([call("two")])

    for seconds in (FRESH_SECONDS / 2, FRESH_SECONDS / 2):
        counts.append(read(viewer)["requests_total"].total())
        age(seconds)
    counts.append(read(viewer)["requests_total"].total())

    assert counts == [1, 1, 1, 2]


def test_without_the_database_the_process_still_tells_of_itself(client: ClientOf, session: Session) -> None:
    fill(session)
    viewer = client("viewer")
    assert viewer.token is not None
    before = read(viewer)
    path = session.store._path
    assert path is not None
    path.rename(path.with_name("away"))

    during = read(viewer)
    unknown = Client(viewer.app, "tm-unknown").get("/metrics").status_code
    reporter = Client(viewer.app, viewer.token.replace("viewer", "reporter")).get("/metrics").status_code
    path.with_name("away").rename(path)

    assert [one["database_up"].of() for one in (before, during)] == [1, 0]
    assert "requests_total" not in during
    assert during["journal_waiting_records"].of() == 4
    assert (unknown, reporter) == (503, 503)
    assert read(viewer)["requests_total"].total() == 6


def test_a_database_that_goes_away_after_the_key_was_checked_is_told(session: Session) -> None:
    path = session.store._path
    assert path is not None
    path.rename(path.with_name("away"))

    told = scraped(MetricsDesk(session, None).text())

    assert set(told) == {"tokenmon_database_up"}
    assert told["tokenmon_database_up"].of() == 0
