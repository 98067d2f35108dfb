"""OpenAI's chat completions and all answers that state one `usage` object beside an `id` and a `model`.

That is chat, legacy completions, embeddings, images and transcriptions, whole or streamed. In streams the usage may
stand in any chunk, with or without choices, once or in every chunk (then cumulative): the last one counts.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tokenmon.core.text import clean
from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.providers.counts import members_of
from tokenmon.providers.openai_usage import openai_usage

DONE = b"[DONE]"


class _Answer(msgspec.Struct):
    id: Any = None
    model: Any = None
    usage: Any = None
    x_groq: Any = None
    service_tier: Any = None
    error: Any = None
    type: Any = None


_decoder = msgspec.json.Decoder(_Answer)


def openai_error(error: object) -> str | None:
    """The name of an error: its code, else its type, else `error` for anything else that is said."""
    if error is None:
        return None
    members = members_of(error)
    code = members.get("code")
    return clean(code) or clean(members.get("type")) or (str(code) if isinstance(code, int) else "error")


class ChatReading:
    """Reads one answer; see `parser.Reading`."""

    markers = (b'"usage"', DONE, b'"error"')
    idle_marker = b'"usage":null'

    def __init__(self) -> None:
        self._usage: TokenUsage | None = None
        self._id: str | None = None
        self._model: str | None = None
        self._tier: str | None = None
        self._error: str | None = None
        self._is_complete = False
        self._events = 0

    @property
    def wants_all(self) -> bool:
        # Azure's first chunk carries neither id nor model; a few events are enough for every provider seen.
        return (self._model is None or self._id is None) and self._events < 8

    def document(self, data: bytes) -> None:
        self._read(data)

    def event(self, data: bytes) -> None:
        self._events += 1
        if data.strip() == DONE:
            self._is_complete = True
        else:
            self._read(data)

    def salvage(self, usage: Mapping[str, object]) -> None:
        self._usage = openai_usage(usage) or self._usage

    def end(self) -> None:
        self._is_complete = True

    def stated(self) -> StatedUsage:
        return StatedUsage(
            usage=self._usage,
            response_model=self._model,
            response_id=self._id,
            service_tier=self._tier,
            error_type=self._error,
            is_complete=self._is_complete,
        )

    def _read(self, data: bytes) -> None:
        try:
            answer = _decoder.decode(data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return
        self._id = clean(answer.id) or self._id
        self._model = clean(answer.model) or self._model
        self._tier = clean(answer.service_tier) or self._tier
        self._error = openai_error(answer.error) or self._error
        usage = answer.usage
        if not isinstance(usage, dict):
            # Groq's older streams state it in an object of their own.
            usage = members_of(answer.x_groq).get("usage")
        if isinstance(usage, dict):
            self._usage = openai_usage(usage) or self._usage
