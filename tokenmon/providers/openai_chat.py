"""OpenAI's chat completions and all answers that state one `usage` object beside an `id` and a `model`.

That is chat, legacy completions, embeddings, images and transcriptions, whole or streamed. In streams the usage may
stand in any chunk, with or without choices, once or in every chunk (then cumulative): the last one counts. Moonshot
states it within a choice (https://platform.moonshot.ai/docs/api/chat), Perplexity's asynchronous calls within the
`response` that they came to (https://docs.perplexity.ai/api-reference/async-chat-completions-api-request-get).
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tokenmon.core.text import clean
from tokenmon.core.usage import StatedUsage
from tokenmon.providers.counts import count, members_of
from tokenmon.providers.json_body import decode
from tokenmon.providers.openai_usage import openai_usage
from tokenmon.providers.reading import AnswerFacts, Statement

DONE = b"[DONE]"


class _Answer(msgspec.Struct):
    id: Any = None
    model: Any = None
    usage: Any = None
    x_groq: Any = None
    # Mistral's, of documents that were read.
    usage_info: Any = None
    service_tier: Any = None
    error: Any = None


class _Holder(msgspec.Struct):
    usage: Any = None


class _Within(msgspec.Struct):
    """Where a few providers state the usage; apart, since every other chunk would pay for it."""

    choices: list[_Holder] | None = None
    response: _Holder | None = None


_decoder = msgspec.json.Decoder(_Answer)
_within_decoder = msgspec.json.Decoder(_Within)


def openai_error(error: object) -> str | None:
    """The name of an error: its code, else its type, else `error` for anything else that is said."""
    if error is None:
        return None
    members = members_of(error)
    code = members.get("code")
    return clean(code) or clean(members.get("type")) or (str(number) if (number := count(code)) else "error")


class ChatReading:
    """Reads one answer; see `reading.Reading`."""

    markers = (b'"usage"', DONE, b'"error"')
    idle_marker = b'"usage":null'

    def __init__(self, facts: AnswerFacts) -> None:
        self._said = Statement(facts.cost_rule)
        self._events = 0

    @property
    def wants_all(self) -> bool:
        # Azure's first chunk carries neither id nor model; a few events are enough for every provider seen.
        return (self._said.model is None or self._said.response_id is None) and self._events < 8

    def document(self, data: bytes) -> bool:
        return self._read(data) is not None

    def event(self, data: bytes) -> None:
        self._events += 1
        if data.strip() == DONE:
            self._said.is_complete = True
        else:
            answer = self._read(data)
            if answer is not None and answer.error is not None:
                self._said.is_broken = True

    def salvage(self, usage: Mapping[str, object]) -> None:
        self._said.usage = openai_usage(usage) or self._said.usage
        self._said.price(usage)

    def end(self) -> None:
        self._said.end()

    def stated(self) -> StatedUsage:
        return self._said.stated()

    def _read(self, data: bytes) -> _Answer | None:
        try:
            answer = decode(_decoder, data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        said = self._said
        said.name(answer.id, answer.model)
        if answer.service_tier is not None:
            said.tier = clean(answer.service_tier) or said.tier
        if answer.error is not None:
            said.error = openai_error(answer.error) or said.error
        usage = answer.usage
        if usage is None and answer.x_groq is not None:
            # Groq's older streams state it in an object of their own.
            usage = members_of(answer.x_groq).get("usage")
        if usage is None:
            usage = answer.usage_info
        if usage is None and (b'"usage":{' in data or b'"usage": {' in data):
            usage = _inner_usage(data)
        if isinstance(usage, dict):
            self.salvage(usage)
        return answer


def _inner_usage(data: bytes) -> object:
    """The usage that a choice states, or the answer that an asynchronous call came to."""
    try:
        within = decode(_within_decoder, data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    holders = (*(within.choices or ()), within.response or _Holder())
    return next((one.usage for one in reversed(holders) if one.usage is not None), None)
