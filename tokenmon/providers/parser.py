"""The parser of a response: by wire format, from bytes to usage.

How bytes are cut into documents and events is the business of `response_parser.py` and `framed_parser.py`; what their
values mean, of each wire format's reading. This file only brings the two together.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from tokenmon.core.usage import StatedUsage
from tokenmon.providers.anthropic_messages import MessagesReading
from tokenmon.providers.bedrock_converse import ConverseReading
from tokenmon.providers.bedrock_invoke import InvokeReading
from tokenmon.providers.cohere import CohereReading
from tokenmon.providers.framed_parser import FrameParser, LineParser
from tokenmon.providers.gemini import GeminiReading
from tokenmon.providers.gemini_interactions import InteractionReading
from tokenmon.providers.ollama import OllamaReading
from tokenmon.providers.openai_chat import ChatReading
from tokenmon.providers.openai_objects import ObjectReading, RunReading
from tokenmon.providers.openai_responses import ResponsesReading
from tokenmon.providers.reading import AnswerFacts, FrameReading, Reading
from tokenmon.providers.response_parser import ResponseParser
from tokenmon.providers.vertex_predict import PredictReading


class UsageParser(Protocol):
    """Reads one response: feed decoded bytes as they come, close at the end, ask at any time. Never raises.

    `changes` grows whenever `stated` may answer otherwise than before.
    """

    @property
    def changes(self) -> int:
        """How often something was read that may state usage."""

    def feed(self, data: bytes) -> None:
        """Read the next bytes."""

    def close(self) -> None:
        """Tell that the response ended."""

    def stated(self) -> StatedUsage:
        """What was stated so far."""


class NoUsage:
    """The parser of answers that tokenmon does not count."""

    changes = 0

    def feed(self, data: bytes) -> None:
        """Nothing is read."""

    def close(self) -> None:
        """Nothing is left."""

    def stated(self) -> StatedUsage:
        """Nothing was stated."""
        return StatedUsage(billable=False)


class _Silent:
    """A billable answer whose body cannot state usage."""

    changes = 0

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def feed(self, data: bytes) -> None:
        """Nothing is read."""

    def close(self) -> None:
        self._reading.end()

    def stated(self) -> StatedUsage:
        return self._reading.stated()


READINGS: Mapping[str, Callable[[AnswerFacts], Reading]] = {
    "openai_chat": ChatReading,
    "openai_responses": ResponsesReading,
    "openai_object": ObjectReading,
    "openai_run": RunReading,
    "anthropic": MessagesReading,
    "gemini": GeminiReading,
    "gemini_interaction": InteractionReading,
    "vertex_predict": PredictReading,
}
LINE_READINGS: Mapping[str, Callable[[AnswerFacts], Reading]] = {"cohere": CohereReading, "ollama": OllamaReading}
FRAME_READINGS: Mapping[str, Callable[[AnswerFacts], FrameReading]] = {
    "bedrock_converse": ConverseReading,
    "bedrock_invoke": InvokeReading,
}


def parser_for(
    wire: str,
    *,
    status: int,
    content_type: str,
    cost_rule: str | None = None,
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> UsageParser:
    """A new parser for one response in a wire format; binary answers (images, audio) are not searched.

    `headers` are the response's own, with names in lower case.
    """
    facts = AnswerFacts(cost_rule, headers if status < 400 else ())
    reading = READINGS.get(wire)
    if reading is None:
        return _framed_parser_for(wire, facts)
    if content_type.startswith(("audio/", "image/", "video/")) and status < 400:
        return _Silent(reading(facts))
    return ResponseParser(reading(facts))


def _framed_parser_for(wire: str, facts: AnswerFacts) -> UsageParser:
    if wire in FRAME_READINGS:
        return FrameParser(FRAME_READINGS[wire](facts))
    if wire in LINE_READINGS:
        return LineParser(LINE_READINGS[wire](facts))
    return NoUsage()
