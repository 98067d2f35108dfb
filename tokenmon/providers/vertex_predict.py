"""Vertex AI's `:predict`: embeddings state their tokens with each prediction, pictures state nothing.

Source: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.providers.counts import count, members_of, pairs_of
from tokenmon.providers.gemini import google_error
from tokenmon.providers.json_body import decode
from tokenmon.providers.reading import AnswerFacts, Statement


class _Embeddings(msgspec.Struct):
    statistics: Any = None


class _Prediction(msgspec.Struct):
    embeddings: _Embeddings | None = None


class _Answer(msgspec.Struct):
    predictions: list[_Prediction] = []
    metadata: Any = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Answer)


class PredictReading:
    """Reads one answer; see `reading.Reading`."""

    markers = (b'"error"',)
    idle_marker = b""
    wants_all = False

    def __init__(self, facts: AnswerFacts) -> None:
        self._said = Statement(facts.cost_rule)

    def document(self, data: bytes) -> bool:
        try:
            answer = decode(_decoder, data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return False
        self._said.error = google_error(answer.error)
        statistics = [members_of(one.embeddings.statistics) for one in answer.predictions if one.embeddings is not None]
        counts = [number for one in statistics if (number := count(one.get("token_count"))) is not None]
        if counts:
            characters = count(members_of(answer.metadata).get("billableCharacterCount"))
            self._said.usage = TokenUsage(sum(counts), 0, units=pairs_of({"input_characters": characters}))
        return True

    def event(self, data: bytes) -> None:
        self.document(data)

    def salvage(self, usage: Mapping[str, object]) -> None:
        """Nothing of a part is of use: the counts stand with each prediction."""

    def end(self) -> None:
        self._said.end()

    def stated(self) -> StatedUsage:
        return self._said.stated()
