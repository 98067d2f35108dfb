"""Cohere's own API, v1 and v2: chat whole, as SSE (v2) or as JSON lines (v1), embeddings, rerankings.

`tokens` counts all that the model read, a hidden preamble too; `billed_units` is less and is what is charged. The
usage holds the first, its units the second. Rerankings of others, which state OpenAI's usage, are read here too.
Source: https://docs.cohere.com/reference/chat
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tokenmon.core.text import clean
from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.providers.counts import count, first_count, members_of, pairs_of
from tokenmon.providers.json_body import decode
from tokenmon.providers.openai_chat import openai_error
from tokenmon.providers.openai_usage import openai_usage
from tokenmon.providers.reading import AnswerFacts, Statement


class _Answer(msgspec.Struct):
    """A whole answer, an event of v2 (`type`, `delta`) or an event of v1 (`event_type`, `response`)."""

    id: Any = None
    response_id: Any = None
    generation_id: Any = None
    model: Any = None
    usage: Any = None
    meta: Any = None
    error: Any = None
    type: Any = None
    delta: Any = None
    event_type: Any = None
    response: Any = None


_decoder = msgspec.json.Decoder(_Answer)


def cohere_usage(stated: Mapping[str, Any]) -> TokenUsage | None:
    """The usage that `usage` (v2) or `meta` (v1) states."""
    billed, tokens = members_of(stated.get("billed_units")), members_of(stated.get("tokens"))
    if not billed and not tokens:
        return openai_usage(stated)
    images = count(billed.get("image_tokens")) or 0
    billed_input, billed_output = count(billed.get("input_tokens")), count(billed.get("output_tokens"))
    input_tokens = first_count(tokens, "input_tokens")
    output_tokens = first_count(tokens, "output_tokens")
    units = {
        "input_image_tokens": images,
        "rerank_searches": count(billed.get("search_units")),
        "classifications": count(billed.get("classifications")),
        # Thinking that was read, billed or not: `billed_units` does not split the output, so neither does the usage.
        "output_reasoning_tokens": count(tokens.get("reasoning_tokens")),
    }
    charged = {"billed_input_tokens": billed_input, "billed_output_tokens": billed_output} if tokens else {}
    if any(charged.values()):
        units.update(charged)
        charged = {}
    # Where nothing was charged, the zeros say so.
    zeros = tuple((name, number) for name, number in charged.items() if number is not None)
    return TokenUsage(
        input_tokens=(billed_input or 0) + images if input_tokens is None else input_tokens,
        output_tokens=(billed_output or 0) if output_tokens is None else output_tokens,
        cache_read_input_tokens=first_count(stated, "cached_tokens") or 0,
        units=tuple(sorted((*pairs_of(units), *zeros))),
    )


class CohereReading:
    """Reads one answer; see `reading.Reading`."""

    markers = (b'"usage"', b'"meta"', b'"message-start"', b'"stream-start"', b'"message-end"', b'"error"')
    idle_marker = b'"usage":null'
    wants_all = False

    def __init__(self, facts: AnswerFacts) -> None:
        self._said = Statement(facts.cost_rule)

    def document(self, data: bytes) -> bool:
        try:
            answer = decode(_decoder, data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return False
        said = self._said
        said.name(answer.id or answer.response_id or answer.generation_id, answer.model)
        said.error = openai_error(answer.error) or said.error
        for holder in (answer, answer.delta, answer.response):
            self._take(holder)
        if answer.type == "message-end" or answer.event_type == "stream-end":
            said.is_complete = True
        return True

    def event(self, data: bytes) -> None:
        self.document(data)
        self._said.is_broken = self._said.error is not None

    def salvage(self, usage: Mapping[str, object]) -> None:
        self._said.usage = cohere_usage(usage) or self._said.usage
        self._said.price(usage)

    def end(self) -> None:
        self._said.end()

    def stated(self) -> StatedUsage:
        return self._said.stated()

    def _take(self, holder: object) -> None:
        if isinstance(holder, _Answer):
            usage, meta = holder.usage, holder.meta
        else:
            members = members_of(holder)
            usage, meta = members.get("usage"), members.get("meta")
            self._said.name(members.get("response_id"), None)
            self._said.error = clean(members.get("error")) or self._said.error
        for stated in (meta, usage):
            if isinstance(stated, dict):
                self.salvage(stated)
