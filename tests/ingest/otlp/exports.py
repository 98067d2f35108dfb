"""Exports as programs send them: JSON with hexadecimal ids and 64-bit numbers as texts, and the same in protobuf."""

import json
from typing import Any

from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

# 2026-11-23T12:00:02Z
NOW_NS = 1_795_435_202_000_000_000

CLAUDE = {
    "event.name": "api_request", "event.timestamp": "2026-11-23T12:00:02.000Z", "event.sequence": 3,
    "session.id": "session-1", "model": "claude-opus-4-5-20251101", "cost_usd": "0.05", "duration_ms": "2000",
    "input_tokens": "100", "output_tokens": "50", "cache_read_tokens": "1000", "cache_creation_tokens": "200",
    "request_id": "req_011CTaBcDeFgHiJkLmNoPqRs", "query_source": "main", "user.email": "a@example.com",
}  # fmt: skip
CODEX = {
    "event.name": "codex.sse_event", "event.kind": "response.completed", "event.timestamp": "2026-11-23T12:00:02.000Z",
    "conversation.id": "conversation-1", "model": "gpt-5-codex", "input_token_count": "1000",
    "output_token_count": "200", "cached_token_count": 600, "reasoning_token_count": 150, "tool_token_count": "1200",
    "auth_mode": "ApiKey",
}  # fmt: skip
GEMINI = {
    "event.name": "gemini_cli.api_response", "event.timestamp": "2026-11-23T12:00:02.000Z", "session.id": "session-2",
    "model": "gemini-2.5-pro", "duration_ms": 1500, "input_token_count": 900, "output_token_count": 100,
    "cached_content_token_count": 400, "thoughts_token_count": 70, "tool_token_count": 30, "total_token_count": 1100,
    "prompt_id": "p-1", "status_code": 200, "auth_type": "gemini-api-key",
}  # fmt: skip
SPAN = {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06", "gen_ai.response.id": "chatcmpl-AbCdEfGhIjKlMnOp",
    "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 200,
    "gen_ai.usage.cache_read.input_tokens": 400, "gen_ai.usage.reasoning.output_tokens": 90,
    "gen_ai.conversation.id": "conversation-2", "server.address": "api.openai.com",
}  # fmt: skip


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Attributes as OTLP writes them."""
    return [{"key": key, "value": _value(value)} for key, value in values.items() if value is not None]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(one) for one in value]}}
    return {"stringValue": value}


def logs(
    *records: dict[str, Any], service: str = "claude-code", at: int = NOW_NS, resource: dict[str, Any] | None = None
) -> dict[str, Any]:
    """An export of log records."""
    lines = [
        {
            "timeUnixNano": str(at),
            "observedTimeUnixNano": str(at),
            "severityNumber": 9,
            "body": {"stringValue": f"claude_code.{one['event.name']}" if service == "claude-code" else "event"},
            "attributes": attributes(one),
            "traceId": "",
            "spanId": "",
        }
        for one in records
    ]
    about = {"attributes": attributes({"service.name": service, **(resource or {})})}
    return {"resourceLogs": [{"resource": about, "scopeLogs": [{"scope": {"name": "x"}, "logRecords": lines}]}]}


def spans(*records: dict[str, Any], service: str = "shop", span_id: str = "00f067aa0ba902b7") -> dict[str, Any]:
    """An export of spans of two seconds."""
    lines = [
        {
            "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
            "spanId": span_id,
            "name": "chat gpt-4o",
            "kind": 3,
            "startTimeUnixNano": str(NOW_NS - 2_000_000_000),
            "endTimeUnixNano": str(NOW_NS),
            "attributes": attributes(one),
            "status": {"code": 1},
        }
        for one in records
    ]
    about = {"attributes": attributes({"service.name": service})}
    return {"resourceSpans": [{"resource": about, "scopeSpans": [{"scope": {"name": "x"}, "spans": lines}]}]}


def protobuf(export: dict[str, Any]) -> bytes:
    """The same export in protobuf, its ids as bytes."""
    if "resourceLogs" in export:
        return bytes(Parse(_json(export), ExportLogsServiceRequest()).SerializeToString())
    message = Parse(_json(export), ExportTraceServiceRequest())
    for group in message.resource_spans:
        for scope in group.scope_spans:
            for span, written in zip(scope.spans, export["resourceSpans"][0]["scopeSpans"][0]["spans"], strict=True):
                span.span_id, span.trace_id = bytes.fromhex(written["spanId"]), bytes.fromhex(written["traceId"])
    return bytes(message.SerializeToString())


def _json(export: dict[str, Any]) -> str:
    return json.dumps(export)
