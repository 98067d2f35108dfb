"""What a request path means: the operation, the wire format of its answer, and whether a call of it is recorded."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from tokenmon.providers.registry import Provider

Wire = Literal["openai_chat", "openai_responses", "anthropic", "gemini", "openai_realtime", "gemini_live", "none"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One kind of call.

    `operation_name` is OpenTelemetry's (`chat`, `embeddings` ...). Only billable calls become records. `injectable`
    calls take `stream_options`. `path_model` is the model (or Azure deployment) that the path names, `is_stream` tells
    that the path itself asks for a stream.
    """

    operation_name: str
    wire: Wire
    billable: bool
    injectable: bool = False
    path_model: str | None = None
    is_stream: bool = False


UNKNOWN = Endpoint("other", "none", billable=False)
# By the end of the path, longest first: the same names stand under /v1, /openai/deployments/X, /v1beta/openai ...
OPENAI_PATHS: tuple[tuple[str, Endpoint], ...] = (
    ("/chat/completions", Endpoint("chat", "openai_chat", True, injectable=True)),
    ("/responses/input_tokens", UNKNOWN),
    ("/responses/compact", Endpoint("chat", "openai_responses", True)),
    ("/responses", Endpoint("chat", "openai_responses", True)),
    ("/embeddings", Endpoint("embeddings", "openai_chat", True)),
    ("/images/generations", Endpoint("image_generation", "openai_chat", True)),
    ("/images/edits", Endpoint("image_generation", "openai_chat", True)),
    ("/images/variations", Endpoint("image_generation", "openai_chat", True)),
    ("/audio/transcriptions", Endpoint("transcription", "openai_chat", True)),
    ("/audio/translations", Endpoint("transcription", "openai_chat", True)),
    ("/moderations", Endpoint("moderation", "openai_chat", True)),
    ("/audio/speech", Endpoint("speech", "openai_chat", True)),
    ("/completions", Endpoint("text_completion", "openai_chat", True, injectable=True)),
)
STORED_RESPONSE = re.compile(r"/responses/[^/]+$")
DEPLOYMENT = re.compile(r"/deployments/([^/]+)/")
# Sessions over a WebSocket: OpenAI's and Azure's realtime API, Gemini Live (Vertex names its service alike).
SESSION = re.compile(r"/realtime$|(BidiGenerateContent)(?:Constrained)?$")
ANTHROPIC_MESSAGES = re.compile(r"/v1/messages$")
GEMINI_CALL = re.compile(r"/(?:models|tunedModels)/([^/:]+):([A-Za-z]+)$")
GEMINI_CALLS: dict[str, tuple[str, bool]] = {
    "generateContent": ("generate_content", False),
    "streamGenerateContent": ("generate_content", True),
    "embedContent": ("embeddings", False),
    "batchEmbedContents": ("embeddings", False),
}


def endpoint(spoken: Provider, method: str, path: str) -> Endpoint:
    """The kind of call that a method and path make at a provider; unknown paths are passed on unrecorded."""
    if method == "GET" and (session := SESSION.search(path)):
        wire: Wire = "gemini_live" if session[1] else "openai_realtime"
        return Endpoint("realtime", wire, billable=True, is_stream=True)
    if spoken.name == "gemini" and (match := GEMINI_CALL.search(path)):
        return _gemini_endpoint(method, unquote(match[1]), match[2])
    if method == "GET" and STORED_RESPONSE.search(path):
        # A stored or background response: repeats its usage, and its id makes it count once.
        return Endpoint("chat", "openai_responses", billable=True)
    if method != "POST":
        return UNKNOWN
    if ANTHROPIC_MESSAGES.search(path):
        return Endpoint("chat", "anthropic", billable=True)
    for ending, found in OPENAI_PATHS:
        if path.endswith(ending):
            deployment = DEPLOYMENT.search(path)
            if deployment is None or not found.billable:
                return found
            return Endpoint(
                found.operation_name, found.wire, True, injectable=found.injectable, path_model=unquote(deployment[1])
            )
    return UNKNOWN


def _gemini_endpoint(method: str, model: str, call: str) -> Endpoint:
    known = GEMINI_CALLS.get(call)
    if method != "POST" or known is None:
        return UNKNOWN
    operation, is_stream = known
    return Endpoint(operation, "gemini", billable=True, path_model=model, is_stream=is_stream)
