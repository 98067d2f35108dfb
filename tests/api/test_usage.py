"""Usage over HTTP: reporting, then reading back the same numbers."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.client import Client
from tests.api.conftest import ClientOf
from tokenmon.core.period import Period
from tokenmon.core.platform import Role
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord, UsageSource, from_milliseconds, identified_id, milliseconds
from tokenmon.core.record_json import RECORD_KEYS, record_json
from tokenmon.core.usage import TokenUsage
from tokenmon.session import Session

ALL = Filter(Period(None, None))

ITEM: dict[str, Any] = {
    "platform": "work",
    "request_model": "gpt-4o-mini",
    "input_tokens": 1200,
    "output_tokens": 300,
    "response_id": "chatcmpl-0123456789abcdef",
    "project": "search",
}
SHORT: dict[str, Any] = {
    "platformId": "work", "model": "gpt-4o-mini", "promptTokens": 100, "completionTokens": 20, "totalTokens": 120,
}  # fmt: skip


@pytest.fixture
def admin(client: ClientOf) -> Client:
    """An admin, with one platform of own prices: 2 and 10 dollars per million tokens."""
    admin = client("admin")
    body = {"name": "work", "provider_name": "openai", "key": "sk-work-key-1234", "input_price": "2"}
    assert admin.post("/api/platforms", json={**body, "output_price": "10"}).status_code == 201
    return admin


def test_a_reported_call_is_priced_and_read_back(admin: Client) -> None:
    answer = admin.post("/api/usage/report", json=ITEM)
    logs = admin.get("/api/usage/logs").json()
    stats = admin.get("/api/usage/stats").json()

    assert answer.status_code == 200
    assert answer.json()["errors"] == []
    assert logs == answer.json()["stored"]
    assert (logs[0]["provider_name"], logs[0]["cost_usd"], logs[0]["source"]) == ("openai", "0.0054", "report")
    assert (stats["totals"]["requests"], stats["totals"]["input_tokens"]) == (1, 1200)
    assert (stats["totals"]["cost_usd"], stats["groups"]) == ("0.0054", [])


def test_the_same_call_reported_twice_counts_once(admin: Client) -> None:
    admin.post("/api/usage/report", json=[ITEM, ITEM])
    admin.post("/api/usage/report", json=ITEM)

    assert admin.get("/api/usage/stats").json()["totals"]["requests"] == 1


def test_the_short_form_means_the_same(admin: Client) -> None:
    answer = admin.post("/api/usage/report", json=SHORT)

    stored = answer.json()["stored"][0]
    assert answer.status_code == 200
    assert (stored["platform"], stored["request_model"]) == ("work", "gpt-4o-mini")
    assert (stored["input_tokens"], stored["output_tokens"]) == (100, 20)


@pytest.mark.parametrize(
    ("left_out", "tokens"),
    [
        (("completionTokens",), (100, 20)),
        (("promptTokens",), (100, 20)),
        (("promptTokens", "completionTokens"), (120, 0)),
    ],
)
def test_a_total_fills_in_what_is_missing(admin: Client, left_out: tuple[str, ...], tokens: tuple[int, int]) -> None:
    item = {name: value for name, value in SHORT.items() if name not in left_out}

    stored = admin.post("/api/usage/report", json=item).json()["stored"][0]

    assert (stored["input_tokens"], stored["output_tokens"]) == tokens


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({**SHORT, "totalTokens": 121}, "totalTokens"),
        ({**SHORT, "totalTokens": "120"}, "totalTokens"),
        ({**SHORT, "promptTokens": -1, "totalTokens": None}, "promptTokens"),
        ({**SHORT, "promptTokens": True, "totalTokens": None}, "promptTokens"),
        ({**SHORT, "input_tokens": 1}, "promptTokens"),
        ({**ITEM, "input_tokens": "many"}, "input_tokens"),
        ({**ITEM, "input_tokens": 1.5}, "input_tokens"),
        ({**ITEM, "output_tokens": 10**30}, "output_tokens"),
        ({**ITEM, "platform": "unknown"}, "platform"),
        ({**ITEM, "occurred_at": "yesterday-ish"}, "occurred_at"),
        ({**ITEM, "inptu_tokens": 5}, "inptu_tokens"),
    ],
)
def test_a_bad_item_is_named_and_the_good_ones_kept(admin: Client, item: dict[str, Any], field: str) -> None:
    alone = admin.post("/api/usage/report", json=item)
    mixed = admin.post("/api/usage/report", json=[ITEM, item])

    assert (alone.status_code, mixed.status_code) == (422, 207)
    assert (alone.json()["stored"], len(mixed.json()["stored"])) == ([], 1)
    assert mixed.json()["errors"][0]["index"] == 1
    assert mixed.json()["errors"][0]["field"] == field
    assert admin.get("/api/usage/stats").json()["totals"]["requests"] == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 200_000, b'{"input_tokens": NaN}'])
def test_a_body_that_cannot_be_a_report_is_refused_in_words(admin: Client, body: bytes) -> None:
    answer = admin.post("/api/usage/report", content=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["hint"]


@pytest.mark.parametrize("item", [1, None, "text", []])
def test_an_item_that_is_no_object_is_an_error_of_its_own(admin: Client, item: object) -> None:
    answer = admin.post("/api/usage/report", json=[item])

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"] == "the item is not an object"


def test_a_report_over_the_limit_is_refused(admin: Client) -> None:
    answer = admin.post("/api/usage/report", content=b" " * (8 * 1024 * 1024 + 1))

    assert answer.status_code == 413


def test_only_an_admin_reports_in_the_name_of_another(admin: Client, client: ClientOf) -> None:
    stated = {**ITEM, "client_key": "boss"}

    by_admin = admin.post("/api/usage/report", json=stated).json()["stored"][0]
    admin_token = admin.token
    reporter = Client(admin.app, admin_token.replace("admin", "reporter") if admin_token else None)
    by_reporter = reporter.post("/api/usage/report", json={**stated, "response_id": "chatcmpl-fedcba9876543210"})

    assert by_admin["client_key"] == "boss"
    assert by_reporter.json()["stored"][0]["client_key"] == "reporter"


def test_filters_and_groups_are_those_of_the_command_line(admin: Client) -> None:
    other = {**ITEM, "project": "chat", "response_id": "chatcmpl-aaaaaaaaaaaaaaaa", "input_tokens": 7}
    admin.post("/api/usage/report", json=[ITEM, other])

    logs = admin.get("/api/usage/logs", params={"project": "ch*"}).json()
    stats = admin.get("/api/usage/stats", params={"by": "project,day", "since": "today"}).json()
    few = [admin.get(f"/api/usage/{one}", params={"where": "input<1k project:ch"}).json() for one in ("logs", "stats")]
    nothing = admin.get("/api/usage/stats", params={"until": "2020"}).status_code

    assert [one["project"] for one in logs] == ["chat"]
    assert (few[0], few[1]["totals"]["requests"]) == (logs, 1)
    assert {group["key"]["project"] for group in stats["groups"]} == {"search", "chat"}
    assert sum(group["input_tokens"] for group in stats["groups"]) == stats["totals"]["input_tokens"] == 1207
    assert nothing == 400


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/api/usage/stats?modle=x", "modle"),
        ("/api/usage/stats?by=nothing", "nothing"),
        ("/api/usage/stats?by=day,hour", "day"),
        ("/api/usage/stats?since=whenever", "whenever"),
        ("/api/usage/logs?where=modle:opus", "modle"),
        ("/api/usage/stats?timezone=Nowhere/City", "Nowhere/City"),
        ("/api/usage/logs?limit=0", "limit"),
        ("/api/usage/logs?limit=x", "limit"),
    ],
)
def test_a_bad_parameter_is_named(admin: Client, path: str, word: str) -> None:
    answer = admin.get(path)

    assert answer.status_code in (400, 422)
    assert word in answer.json()["error"]["message"]


def test_a_period_has_both_its_ends(admin: Client) -> None:
    admin.post("/api/usage/report", json=[ITEM, {**ITEM, "response_id": None, "occurred_at": "2026-02-28T23:59:59Z"}])

    stats = admin.get("/api/usage/stats?period=2026-02&timezone=UTC").json()
    logs = admin.get("/api/usage/logs?period=20260228&timezone=UTC").json()
    both = admin.get("/api/usage/logs?period=2026-02&since=today")

    assert stats["period"] == {"start": "2026-02-01T00:00:00Z", "end": "2026-03-01T00:00:00Z", "timezone": "UTC"}
    assert (stats["totals"]["requests"], len(logs), both.status_code) == (1, 1, 400)


def test_a_time_zone_shapes_the_period(admin: Client) -> None:
    period = admin.get("/api/usage/stats?since=2026-11-01&until=2026-11-01&timezone=Asia/Tokyo").json()["period"]

    assert period == {"start": "2026-10-31T15:00:00Z", "end": "2026-11-01T15:00:00Z", "timezone": "Asia/Tokyo"}


def proxied(session: Session, usage_source: UsageSource = "provider") -> UsageRecord:
    """A call that the proxy stored, for a key of another name."""
    now = from_milliseconds(milliseconds(session.now()))
    record = UsageRecord(
        identified_id(now, "openai", str(ITEM["response_id"])), now, "work", "openai", "chat", "proxy", "gpt-4o-mini",
        response_id=str(ITEM["response_id"]), project="payments", client_key="boss", usage=TokenUsage(10, 5),
        usage_source=usage_source, cost=Decimal("0.5"), cost_source="provider",
    )  # fmt: skip
    session.store.add([record])
    return record


@pytest.mark.parametrize("held", ["provider", "estimated", "partial"])
@pytest.mark.parametrize("role", ["member", "reporter"])
def test_nobody_but_an_admin_rewrites_what_another_has_stored(
    admin: Client, client: ClientOf, session: Session, role: Role, held: UsageSource
) -> None:
    record = proxied(session, held)
    larger = {**ITEM, "usage_source": "provider", "input_tokens": 10**9, "cost_usd": "0", "source": "proxy"}

    answer = client(role).post("/api/usage/report", json={**larger, "client_key": "boss"})

    assert answer.status_code == 200
    assert session.store.records(ALL) == [record]


def test_an_admin_may_correct_any_record(admin: Client, session: Session) -> None:
    proxied(session)

    admin.post("/api/usage/report", json={**ITEM, "usage_source": "provider", "client_key": None, "project": None})

    (record,) = session.store.records(ALL)
    assert (record.usage, record.project) == (TokenUsage(1200, 300), "payments")


@pytest.mark.parametrize("role", ["member", "reporter"])
def test_what_a_reporter_says_is_reported_in_its_own_name(admin: Client, client: ClientOf, role: Role) -> None:
    said = {**ITEM, "usage_source": "provider", "source": "proxy", "client_key": "boss"}

    stored = client(role).post("/api/usage/report", json=said).json()["stored"][0]
    refused = client(role).post("/api/usage/report", json={**said, "id": stored["id"], "response_id": None})

    assert (stored["usage_source"], stored["source"], stored["client_key"]) == ("reported", "report", role)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "id")


def test_no_other_source_frees_a_reporter_from_the_sums_of_parts(client: ClientOf, admin: Client) -> None:
    said = {**ITEM, "source": "import:x", "cache_read_input_tokens": 1201}

    answer = client("reporter").post("/api/usage/report", json=said)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cache_read_input_tokens")


def test_a_repeat_is_answered_with_what_is_stored(admin: Client) -> None:
    first = admin.post("/api/usage/report", json=ITEM).json()["stored"]
    repeat = admin.post("/api/usage/report", json={**ITEM, "input_tokens": 1, "project": "other"}).json()["stored"]

    assert repeat == first == admin.get("/api/usage/logs").json()


def test_a_reporter_learns_nothing_of_a_call_that_another_has_stored(
    admin: Client, client: ClientOf, session: Session
) -> None:
    record = proxied(session)

    by_reporter = client("reporter").post("/api/usage/report", json=ITEM).json()["stored"][0]
    by_member = client("member").post("/api/usage/report", json=ITEM).json()["stored"][0]

    told = {"id": record.id.hex(), "provider_name": "openai", "response_id": record.response_id}
    assert by_reporter == {**dict.fromkeys(RECORD_KEYS), **told}
    assert by_member == record_json(record)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"input_tokens": 2**63 - 1}, "input_tokens"),
        ({"output_tokens": 10**12 + 1}, "output_tokens"),
        ({"cost_usd": "1000001"}, "cost_usd"),
        ({"cache_read_input_tokens": 700, "cache_creation_input_tokens": 700}, "cache_read_input_tokens"),
    ],
)
def test_absurd_counts_are_refused_by_name(admin: Client, change: dict[str, Any], field: str) -> None:
    answer = admin.post("/api/usage/report", json={**ITEM, **change})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_sums_of_the_largest_counts_stay_exact(admin: Client, session: Session) -> None:
    most = {"platform": "work", "request_model": "m", "input_tokens": 10**12, "output_tokens": 10**12}
    items = [{**most, "cost_usd": "1000000"}, most]

    answer = admin.post("/api/usage/report", json=[*items, *items])
    stats = admin.get("/api/usage/stats").json()["totals"]
    session.store.rebuild_rollups()

    assert answer.status_code == 200
    assert (stats["input_tokens"], stats["cost_usd"], stats["unpriced_requests"]) == (4 * 10**12, "2000000", 2)
    assert admin.get("/api/usage/stats").json()["totals"] == stats
