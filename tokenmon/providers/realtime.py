"""Realtime sessions: what the messages of an open WebSocket state about the calls inside it.

One session holds many calls: each finished response is one, and so is each transcription of the caller's speech.
Sources: https://platform.openai.com/docs/api-reference/realtime-server-events (`response.done`,
`conversation.item.input_audio_transcription.completed`) and https://ai.google.dev/api/live (`usageMetadata`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from tokenmon.core.text import clean
from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.providers.counts import members_of
from tokenmon.providers.gemini import gemini_usage
from tokenmon.providers.json_body import decode
from tokenmon.providers.openai_chat import openai_error
from tokenmon.providers.openai_usage import openai_usage

TRANSCRIBED = "conversation.item.input_audio_transcription.completed"


@dataclass(frozen=True, slots=True)
class SessionNews:
    """What one message changes: a response began, or a call is over with what it stated."""

    began: bool = False
    finished: StatedUsage | None = None


NO_NEWS = SessionNews()


class SessionReading(Protocol):
    """The meaning of one provider's messages. Never raises.

    `model` is the one that answers, as far as it is known.
    """

    model: str | None

    def asked(self, data: bytes) -> None:
        """Read a message of the caller's; asked for while the model is not known."""

    def message(self, data: bytes) -> SessionNews:
        """Read the provider's next message."""

    def unfinished(self) -> StatedUsage | None:
        """What is known of a response that began and is not over; None when there is none."""


class _Event(msgspec.Struct):
    type: Any = None
    session: Any = None
    response: Any = None
    item_id: Any = None
    content_index: Any = None
    usage: Any = None


_event_decoder = msgspec.json.Decoder(_Event)


class OpenAISession:
    """OpenAI's and Azure's realtime API."""

    # All that is read; audio and text deltas are most of a session and hold none of these.
    markers = (
        b'"session.created"',
        b'"session.updated"',
        b'"response.created"',
        b'"response.done"',
        TRANSCRIBED.encode(),
    )

    def __init__(self, model: str | None = None) -> None:
        self.model = model
        self._transcriber: str | None = None
        self._begun: str | None = None

    def asked(self, data: bytes) -> None:
        """The provider itself tells the model, in its first message."""

    def message(self, data: bytes) -> SessionNews:
        if not any(marker in data for marker in self.markers):
            return NO_NEWS
        try:
            event = decode(_event_decoder, data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return NO_NEWS
        if event.type in ("session.created", "session.updated"):
            self._configure(members_of(event.session))
        elif event.type == "response.created":
            self._begun = clean(members_of(event.response).get("id")) or ""
            return SessionNews(began=True)
        elif event.type == "response.done":
            self._begun = None
            return SessionNews(finished=self._finished(members_of(event.response)))
        elif event.type == TRANSCRIBED:
            return SessionNews(finished=self._transcribed(event))
        return NO_NEWS

    def unfinished(self) -> StatedUsage | None:
        if self._begun is None:
            return None
        return StatedUsage(response_model=self.model, response_id=self._begun or None)

    def _configure(self, session: Mapping[str, Any]) -> None:
        self.model = clean(session.get("model")) or self.model
        # In the first version of the API the session holds it, since the second its audio input does.
        holder = members_of(members_of(session.get("audio")).get("input")).get("transcription")
        transcription = members_of(holder) or members_of(session.get("input_audio_transcription"))
        self._transcriber = clean(transcription.get("model")) or self._transcriber

    def _finished(self, response: Mapping[str, Any]) -> StatedUsage:
        status = members_of(response.get("status_details"))
        error = openai_error(status.get("error")) if response.get("status") == "failed" else None
        return StatedUsage(
            usage=_usage_of(response.get("usage")),
            response_model=clean(response.get("model")) or self.model,
            response_id=clean(response.get("id")),
            error_type=error,
            is_complete=True,
        )

    def _transcribed(self, event: _Event) -> StatedUsage | None:
        usage = _usage_of(event.usage)
        item = clean(event.item_id)
        if usage is None:
            return None
        index = event.content_index if isinstance(event.content_index, int) else 0
        # An item's own id names the speech; its transcription is a call beside the response that answers it.
        name = None if item is None else f"{item}:transcription:{index}"
        return StatedUsage(usage=usage, response_model=self._transcriber, response_id=name, is_complete=True)


def _usage_of(value: object) -> TokenUsage | None:
    return openai_usage(value) if isinstance(value, dict) else None


class _LiveMessage(msgspec.Struct):
    usageMetadata: Any = None  # noqa: N815 - Google's spelling
    serverContent: Any = None  # noqa: N815
    setup: Any = None


_live_decoder = msgspec.json.Decoder(_LiveMessage)


class GeminiSession:
    """Gemini Live: a turn's usage comes with, before or after its end, the last statement counts."""

    markers = (b'"usageMetadata"', b'"turnComplete"', b'"interrupted"')

    def __init__(self, model: str | None = None) -> None:
        self.model = model
        self._usage: TokenUsage | None = None
        self._is_in_turn = False
        # The turn ended, and its usage may still come; or the caller cut in, and its end may come or not.
        self._is_over = False
        self._is_cut = False

    def asked(self, data: bytes) -> None:
        if b'"setup"' not in data:
            return
        try:
            setup = members_of(decode(_live_decoder, data).setup)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return
        self.model = (clean(setup.get("model")) or "").rpartition("/")[2] or None

    def message(self, data: bytes) -> SessionNews:
        is_left = self._is_over or self._is_cut
        began = b'"modelTurn"' in data and (is_left or not self._is_in_turn)
        # A turn that begins before the last one's usage came leaves that one as it is known.
        finished = self._finish() if began and is_left else None
        self._is_in_turn = self._is_in_turn or began
        if any(marker in data for marker in self.markers):
            self._read(data)
        if finished is None and self._is_over and self._usage is not None:
            finished = self._finish()
        return SessionNews(began, finished) if began or finished is not None else NO_NEWS

    def unfinished(self) -> StatedUsage | None:
        if self._usage is None and not self._is_in_turn:
            return None
        return StatedUsage(usage=self._usage, response_model=self.model)

    def _read(self, data: bytes) -> None:
        try:
            message = decode(_live_decoder, data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return
        if isinstance(message.usageMetadata, dict):
            self._usage = gemini_usage(message.usageMetadata) or self._usage
        content = members_of(message.serverContent)
        is_call = self._is_in_turn or self._usage is not None
        self._is_over = self._is_over or (is_call and content.get("turnComplete") is True)
        self._is_cut = self._is_cut or (is_call and content.get("interrupted") is True)

    def _finish(self) -> StatedUsage:
        finished = StatedUsage(usage=self._usage, response_model=self.model, is_complete=True)
        self._usage, self._is_in_turn, self._is_over, self._is_cut = None, False, False, False
        return finished
