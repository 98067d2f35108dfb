"""OTLP through the real app: both encodings, packed bodies, keys, partial successes, failures in OTLP's shapes."""

import gzip
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tests.api.client import Client
from tests.api.conftest import ClientOf
from tests.core.sample import call
from tests.ingest.otlp.exports import CLAUDE, GEMINI, SPAN, logs, protobuf, spans
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord, identified_id
from tokenmon.core.usage import TokenUsage
from tokenmon.session import Session
from tokenmon.storage.store import Store

JSON, PROTOBUF = "application/json", "application/x-protobuf"
ALL = Filter(Period(None, None))
NOW = datetime(2026, 11, 23, 12, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _present(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "now", lambda: NOW)


def send(
    client: Client, export: dict[str, Any], *, kind: str = JSON, path: str | None = None, packed: bool = False
) -> httpx.Response:
    """Send an export as an exporter does."""
    body = json.dumps(export).encode() if kind == JSON else protobuf(export)
    path = path or ("/v1/logs" if "resourceLogs" in export else "/v1/traces")
    headers = {"content-type": kind, **({"content-encoding": "gzip"} if packed else {})}
    return client.post(path, content=gzip.compress(body) if packed else body, headers=headers)


def records(session: Session) -> list[UsageRecord]:
    """All that is stored."""
    return session.store.records(ALL)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [JSON, PROTOBUF])
def test_an_event_becomes_a_priced_record_and_is_answered_in_its_encoding(
    client: ClientOf, session: Session, kind: str, packed: bool
) -> None:
    answer = send(client("reporter"), logs(CLAUDE), kind=kind, packed=packed)

    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.content == (b"{}" if kind == JSON else b"")
    (record,) = records(session)
    assert (record.source, record.client_key, record.cost_source) == ("otlp", "reporter", "catalogue")


def test_the_same_export_again_counts_once(client: ClientOf, session: Session) -> None:
    for kind in (JSON, JSON, PROTOBUF):
        assert send(client("member"), logs(CLAUDE), kind=kind).status_code == 200
        assert send(client("member"), spans(SPAN), kind=kind).status_code == 200

    assert len(records(session)) == 2
    assert session.store.totals(ALL).requests == 2


@pytest.mark.parametrize("is_proxy_first", [True, False])
def test_a_call_that_the_proxy_saw_too_counts_once(client: ClientOf, session: Session, is_proxy_first: bool) -> None:
    response_id = str(SPAN["gen_ai.response.id"])
    seen = call(response_id, datetime(2026, 11, 23, 12, tzinfo=UTC), usage=TokenUsage(1000, 200))
    assert seen.id == identified_id(seen.occurred_at, "openai", response_id)

    if is_proxy_first:
        session.recorder().record([seen])
    send(client("member"), spans(SPAN))
    session.recorder().record([seen])

    (record,) = records(session)
    assert (record.source, record.usage_source) == ("proxy", "provider")


def test_a_program_that_sends_all_signals_to_one_address_is_served(client: ClientOf, session: Session) -> None:
    # Gemini CLI sends logs, metrics and spans, in JSON, to the very address that it is given.
    metrics = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "gemini_cli.token.usage"}]}]}]}

    for export in (logs(GEMINI, service="gemini-cli"), metrics, spans(SPAN, service="gemini-cli")):
        assert send(client("reporter"), export, path="/v1/logs").json() == {}

    assert [record.provider_name for record in records(session)] == ["gemini"]


def test_metrics_are_taken_and_not_counted(client: ClientOf, session: Session) -> None:
    export = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "claude_code.token.usage"}]}]}]}

    answer = send(client("reporter"), export, path="/v1/metrics")

    assert (answer.status_code, answer.json()) == (200, {})
    assert records(session) == []


def test_what_is_rejected_is_told_as_a_partial_success(client: ClientOf, session: Session) -> None:
    bad = {**CLAUDE, "input_tokens": "x", "request_id": "req_bad_0123456789"}

    in_json = send(client("reporter"), logs(CLAUDE, bad, bad))
    in_protobuf, of_spans = ExportLogsServiceResponse(), ExportTraceServiceResponse()
    in_protobuf.ParseFromString(send(client("reporter"), logs(CLAUDE, bad), kind=PROTOBUF).content)
    bad_span = spans({**SPAN, "gen_ai.usage.input_tokens": -1})
    of_spans.ParseFromString(send(client("reporter"), bad_span, kind=PROTOBUF).content)

    reason = "input_tokens is not a whole number from 0"
    assert in_json.json() == {"partialSuccess": {"rejectedLogRecords": "2", "errorMessage": reason}}
    assert (in_protobuf.partial_success.rejected_log_records, in_protobuf.partial_success.error_message) == (1, reason)
    assert of_spans.partial_success.rejected_spans == 1
    assert len(records(session)) == 1


def test_the_key_may_ride_in_the_address(client: ClientOf, session: Session) -> None:
    reporter = client("reporter")

    answer = send(Client(reporter.app), logs(CLAUDE), path=f"/v1/logs?key={reporter.token}&project=search")

    assert answer.status_code == 200
    assert [record.project for record in records(session)] == ["search"]


REFUSALS: dict[str, tuple[Callable[[Client], httpx.Response], int, int]] = {
    "no key": (lambda one: send(Client(one.app), logs(CLAUDE)), 401, 16),
    "a false key": (lambda one: send(Client(one.app, "tm-" + "0" * 40), logs(CLAUDE)), 401, 16),
    "a false key in the address": (lambda one: send(Client(one.app), logs(CLAUDE), path="/v1/logs?key=tm-no"), 401, 16),
    "a key that is no text": (lambda one: send(Client(one.app), logs(CLAUDE), path="/v1/logs?key=%E2%82%AC"), 401, 16),
    "another type": (lambda one: one.post("/v1/logs", content=b"x", headers={"content-type": "text/plain"}), 415, 3),
    "another packing": (
        lambda one: one.post("/v1/logs", content=b"{}", headers={"content-type": JSON, "content-encoding": "br"}),
        415, 3,
    ),
    "no JSON": (lambda one: one.post("/v1/logs", content=b"{", headers={"content-type": JSON}), 400, 3),
    "a list": (lambda one: one.post("/v1/logs", content=b"[]", headers={"content-type": JSON}), 400, 3),
    "deep": (lambda one: one.post("/v1/logs", content=b"[" * 100_000, headers={"content-type": JSON}), 400, 3),
    "other members": (
        lambda one: one.post("/v1/logs", content=b'{"resourceLogs": 5}', headers={"content-type": JSON}), 400, 3,
    ),
    "no gzip": (
        lambda one: one.post("/v1/logs", content=b"{}", headers={"content-type": JSON, "content-encoding": "gzip"}),
        400, 3,
    ),
    "too much in gzip": (
        lambda one: one.post(
            "/v1/logs", content=gzip.compress(b" " * (33 * 1024 * 1024)),
            headers={"content-type": JSON, "content-encoding": "gzip"},
        ),
        400, 3,
    ),
    "too large": (
        lambda one: one.post("/v1/logs", content=b" " * (9 * 1024 * 1024), headers={"content-type": JSON}), 413, 8,
    ),
    "no platform's name": (lambda one: send(one, logs(CLAUDE), path="/v1/logs?platform=a%20b"), 400, 3),
}  # fmt: skip


@pytest.mark.parametrize(("ask", "status", "code"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_a_status_of_its_own_shape(
    client: ClientOf, session: Session, ask: Callable[[Client], httpx.Response], status: int, code: int
) -> None:
    answer = ask(client("reporter"))

    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["message"]
    assert records(session) == []


def test_a_viewer_may_not_report(client: ClientOf, session: Session) -> None:
    answer = send(client("viewer"), logs(CLAUDE))

    assert (answer.status_code, answer.json()["code"]) == (403, 7)


def test_a_refusal_in_protobuf_is_a_status_in_protobuf(client: ClientOf) -> None:
    answer = client("reporter").post("/v1/logs", content=b"\xff\xff", headers={"content-type": PROTOBUF})

    assert (answer.status_code, answer.headers["content-type"]) == (400, PROTOBUF)
    message = b"the body is not OTLP logs in protobuf"
    assert answer.content == b"\x08\x03\x12" + bytes([len(message)]) + message


@pytest.mark.parametrize("body", [b"\x0a\x7f", b"\x00" * 50, b'{"resourceLogs":[]}', b"\x0a" * 1000])
def test_damaged_protobuf_is_refused(client: ClientOf, body: bytes) -> None:
    answer = client("reporter").post("/v1/traces", content=body, headers={"content-type": PROTOBUF})

    assert answer.status_code == 400


def test_a_member_replaces_nothing_that_another_has_stored(client: ClientOf, session: Session) -> None:
    weak = call(str(SPAN["gen_ai.response.id"]), usage=TokenUsage(1, 1), usage_source="partial")
    session.recorder().record([weak])

    send(client("member"), spans(SPAN))
    kept = records(session)[0].usage
    send(client("admin"), spans(SPAN))

    assert kept == TokenUsage(1, 1)
    assert records(session)[0].source == "otlp"


def test_a_database_that_is_busy_asks_the_exporter_to_come_again(
    client: ClientOf, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    reporter = client("reporter")
    busy = sqlite3.connect(session.settings.database_url.removeprefix("sqlite:///"), isolation_level=None)
    assert send(reporter, logs()).status_code == 200
    monkeypatch.setattr(session, "_store", Store.open(session.settings.database_url, busy_timeout_seconds=0.05))

    busy.execute("BEGIN IMMEDIATE")
    refused = send(reporter, logs(CLAUDE))
    busy.execute("ROLLBACK")
    taken = send(reporter, logs(CLAUDE))
    busy.close()

    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, 14, "2")
    assert taken.status_code == 200
    assert len(records(session)) == 1
