"""OTLP on the wire: protobuf and JSON bodies to plain events, and answers in the same encoding.

The one place that knows `opentelemetry-proto` and protobuf; see the OTLP specification, OTLP/HTTP.
"""

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from tokenmon.errors import ConfigError
from tokenmon.ingest.otlp.event import Event, Value

Signal = Literal["logs", "traces", "metrics"]
Encoding = Literal["json", "protobuf"]
REQUESTS: dict[Signal, type[Message]] = {
    "logs": ExportLogsServiceRequest, "traces": ExportTraceServiceRequest, "metrics": ExportMetricsServiceRequest,
}  # fmt: skip
ANSWERS: dict[Signal, tuple[type[Message], str]] = {
    "logs": (ExportLogsServiceResponse, "rejected_log_records"),
    "traces": (ExportTraceServiceResponse, "rejected_spans"),
    "metrics": (ExportMetricsServiceResponse, "rejected_data_points"),
}
CONTENT_TYPES: dict[Encoding, str] = {"json": "application/json", "protobuf": "application/x-protobuf"}
# A batch of an SDK holds 512 events of some kilobytes at the most.
MAX_UNPACKED_BYTES = 16 * 1024 * 1024
MAX_NESTING = 32


def encoding_of(content_type: str) -> Encoding | None:
    """The encoding that a content type names, None for another."""
    kind = content_type.partition(";")[0].strip().lower()
    return next((name for name, value in CONTENT_TYPES.items() if value == kind), None)


def unpacked(body: bytes) -> bytes:
    """What a gzip body holds; ConfigError when it is damaged or too large."""
    reader = zlib.decompressobj(wbits=31)
    try:
        content = reader.decompress(body, MAX_UNPACKED_BYTES)
    except zlib.error:
        content = b""
    if not reader.eof:
        raise ConfigError("the body is not gzip, or larger than 16 MB", hint="send smaller batches")
    return content


def events_of(signal: Signal, encoding: Encoding, body: bytes) -> Iterator[Event]:
    """The log records or spans of a body, none of metrics; ConfigError when it is not as the encoding says."""
    message = REQUESTS[signal]()
    try:
        if encoding == "json":
            Parse(_without_ids(body), message, ignore_unknown_fields=True, max_recursion_depth=MAX_NESTING)
        else:
            message.ParseFromString(body)
    except (ParseError, DecodeError, ValueError, RecursionError):
        raise ConfigError(f"the body is not OTLP {signal} in {encoding}", hint="see the OTLP specification") from None
    if isinstance(message, ExportLogsServiceRequest):
        return _log_events(message)
    return _span_events(message) if isinstance(message, ExportTraceServiceRequest) else iter(())


# OTLP writes them in hexadecimal, where protobuf's own JSON reads base64.
HEX_IDS = frozenset({"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"})


def _without_ids(body: bytes) -> str:
    """The JSON body with each span's id as an attribute, which is all that is needed of the ids."""

    def kept(members: dict[str, Any]) -> dict[str, Any]:
        span_id, attributes = members.get("spanId"), members.get("attributes")
        plain = {name: value for name, value in members.items() if name not in HEX_IDS}
        if isinstance(span_id, str) and isinstance(attributes, list):
            plain["attributes"] = [*attributes, {"key": "span.id", "value": {"stringValue": span_id.lower()}}]
        return plain

    content = json.loads(body, object_hook=kept)
    if not isinstance(content, dict):
        raise ValueError
    return json.dumps(content)


def _log_events(message: ExportLogsServiceRequest) -> Iterator[Event]:
    for group in message.resource_logs:
        resource = _values(group.resource.attributes)
        for scope in group.scope_logs:
            for record in scope.log_records:
                attributes = _values(record.attributes)
                names = {record.event_name, str(attributes.get("event.name", "")), record.body.string_value}
                ended = record.time_unix_nano or record.observed_time_unix_nano
                yield Event(frozenset(names), str(resource.get("service.name", "")), 0, ended, attributes, resource)


def _span_events(message: ExportTraceServiceRequest) -> Iterator[Event]:
    for group in message.resource_spans:
        resource = _values(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                attributes = _values(span.attributes)
                if span.span_id:
                    attributes["span.id"] = span.span_id.hex()
                yield Event(
                    frozenset({span.name}), str(resource.get("service.name", "")), span.start_time_unix_nano,
                    span.end_time_unix_nano, attributes, resource,
                )  # fmt: skip


def _values(attributes: Iterable[KeyValue]) -> dict[str, Value]:
    """Attributes that are texts, numbers or truths; the others are not needed."""
    found: dict[str, Value] = {}
    for one in attributes:
        match one.value.WhichOneof("value"):
            case "string_value":
                found[one.key] = one.value.string_value
            case "int_value":
                found[one.key] = one.value.int_value
            case "double_value":
                found[one.key] = one.value.double_value
            case "bool_value":
                found[one.key] = one.value.bool_value
    return found


def answer(signal: Signal, encoding: Encoding, *, rejected: int = 0, reason: str = "") -> bytes:
    """The answer to an export; a partial success when something was rejected."""
    kind, field = ANSWERS[signal]
    message: Any = kind()
    if rejected:
        setattr(message.partial_success, field, rejected)
        message.partial_success.error_message = reason
    return MessageToJson(message, indent=None).encode() if encoding == "json" else bytes(message.SerializeToString())


def failure(encoding: Encoding, code: int, text: str) -> bytes:
    """A failure as `google.rpc.Status`, whose two fields are written here: its package is not needed for more."""
    if encoding == "json":
        return json.dumps({"code": code, "message": text}).encode()
    message = text.encode("ascii", "replace")[:120]
    return bytes((0x08, code, 0x12, len(message))) + message
