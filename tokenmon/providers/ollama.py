"""Ollama's own API: one object, or JSON lines whose last one, `done`, states the counts.

`prompt_eval_count` is left out where the prompt was cached: nothing was evaluated then, so the input is 0.
Source: https://github.com/ollama/ollama/blob/main/docs/api.md
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.providers.counts import count
from tokenmon.providers.json_body import decode
from tokenmon.providers.openai_chat import openai_error
from tokenmon.providers.reading import AnswerFacts, Statement


class _Answer(msgspec.Struct):
    model: Any = None
    done: Any = None
    prompt_eval_count: Any = None
    eval_count: Any = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Answer)


class OllamaReading:
    """Reads one answer; see `reading.Reading`."""

    markers = (b"eval_count", b'"done":true', b'"done": true', b'"error"')
    idle_marker = b""

    def __init__(self, facts: AnswerFacts) -> None:
        self._said = Statement(facts.cost_rule)
        self._events = 0

    @property
    def wants_all(self) -> bool:
        return self._said.model is None and self._events < 2

    def document(self, data: bytes) -> bool:
        try:
            answer = decode(_decoder, data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return False
        said = self._said
        said.name(None, answer.model)
        said.error = openai_error(answer.error) or said.error
        into, out = count(answer.prompt_eval_count), count(answer.eval_count)
        if into is not None or out is not None:
            said.usage = TokenUsage(into or 0, out or 0)
        if answer.done is True:
            said.is_complete = True
        return True

    def event(self, data: bytes) -> None:
        self._events += 1
        self.document(data)
        self._said.is_broken = self._said.error is not None

    def salvage(self, usage: Mapping[str, object]) -> None:
        """Nothing of a part is of use: the counts stand in no object of their own."""

    def end(self) -> None:
        self._said.end()

    def stated(self) -> StatedUsage:
        return self._said.stated()
