"""Routes of OTLP/HTTP: what programs tell by OpenTelemetry of their own calls, in JSON or protobuf.

Answers and failures have OTLP's shapes, not the API's: exporters read them. Metrics are taken and not counted, for each
of these programs tells the same tokens by an event or a span.
"""

import threading
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from tokenmon.api.access import key_with, token_of
from tokenmon.api.errors import RETRY_SECONDS, RefusedError, status_of
from tokenmon.core.platform import ClientKey
from tokenmon.core.text import clean
from tokenmon.errors import TokenmonError
from tokenmon.ingest.otlp.receiving import Labels, receive
from tokenmon.ingest.otlp.wire import (
    CONTENT_TYPES,
    Encoding,
    Signal,
    answer,
    encoding_of,
    events_of,
    failure,
    unpacked,
)
from tokenmon.ingest.recorder import Recorder
from tokenmon.session import Session

router = APIRouter(prefix="/v1", tags=["otlp"])

# The codes of gRPC that tell the same.
CODES = {400: 3, 401: 16, 403: 7, 413: 8, 415: 3, 503: 14}
INTERNAL = 13
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "object"}} for kind in CONTENT_TYPES.values()},
    },
    "responses": {
        "200": {"description": "Taken; `partialSuccess` tells how many records were rejected, and why."},
        "400": {"description": "The body is not OTLP, as `google.rpc.Status`."},
    },
}


class OtlpDesk:
    """Stores what one running API receives: one export at a time, with prices that are found once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._turn = threading.Lock()
        self._recorder: Recorder | None = None

    def take(
        self, signal: Signal, encoding: Encoding, body: bytes, *, labels: Labels, key: ClientKey
    ) -> tuple[int, str]:
        """Store the calls of a body, each once; how many were rejected, and why the first was."""
        store = self._session.store
        events = events_of(signal, encoding, body)
        received = receive(
            signal, events, store.platforms(), labels=labels, key=key.name, now=self._session.now()
        )  # fmt: skip
        if received.records:
            with self._turn:
                if self._recorder is None:
                    self._recorder = self._session.recorder()
                # Nobody but an admin takes the place of what another has stored.
                take = self._recorder.record if key.role == "admin" else self._recorder.record_own
                take(received.records)
        return received.rejected, received.reason


@router.post("/logs", summary="Take OTLP log records: calls of Claude Code, Codex and Gemini CLI.", openapi_extra=BODY)
async def logs(request: Request) -> Response:
    """Each event of a finished call becomes one record."""
    return await _export("logs", request)


@router.post("/traces", summary="Take OTLP spans by the conventions for generative AI.", openapi_extra=BODY)
async def traces(request: Request) -> Response:
    """Each span of a call with `gen_ai.usage.*` becomes one record."""
    return await _export("traces", request)


@router.post("/metrics", summary="Take OTLP metrics and count nothing of them.", openapi_extra=BODY)
async def metrics(request: Request) -> Response:
    """The same tokens come as events or spans: counting both would double them."""
    return await _export("metrics", request)


async def _export(signal: Signal, request: Request) -> Response:
    encoding = encoding_of(request.headers.get("content-type", ""))
    try:
        body = await request.body()
        rejected, reason = await run_in_threadpool(_taken, signal, encoding, request, body)
    except HTTPException as error:
        # The body is past the limit: what is left of it is never read.
        return _failed(encoding or "json", RefusedError(error.status_code, error.detail), error.headers)
    except TokenmonError as error:
        return _failed(encoding or "json", error)
    content = answer(signal, encoding or "json", rejected=rejected, reason=reason)
    return Response(content, media_type=CONTENT_TYPES[encoding or "json"])


def _taken(signal: Signal, encoding: Encoding | None, request: Request, body: bytes) -> tuple[int, str]:
    desk: OtlpDesk = request.app.state.otlp
    session: Session = request.app.state.session
    query = request.query_params
    # Gemini CLI cannot set headers, so the key may ride in the address.
    token = token_of(request) or query.get("key")
    key = key_with("report", token, session.store, request.app.state.key_ring)
    if encoding is None:
        raise RefusedError(415, "the body is neither application/json nor application/x-protobuf")
    packing = request.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("gzip", "identity"):
        raise RefusedError(415, f"the body is packed as {clean(packing) or ''}, not as gzip")
    labels = Labels(clean(query.get("platform")), clean(query.get("project")))
    plain = unpacked(body) if packing == "gzip" else body
    return desk.take(signal, encoding, plain, labels=labels, key=key)


def _failed(encoding: Encoding, error: TokenmonError, more: Mapping[str, str] | None = None) -> Response:
    status = status_of(error)
    content = failure(encoding, CODES.get(status, INTERNAL), error.message)
    headers = {401: {"www-authenticate": "Bearer"}, 503: {"retry-after": RETRY_SECONDS}}.get(status, more)
    return Response(content, status_code=status, media_type=CONTENT_TYPES[encoding], headers=headers)
