"""Gemini Live: each turn is one call, whether its usage comes before, with or after its end."""

import json
from typing import Any

import pytest

from tokenmon.providers.realtime import GeminiSession

TURN = {"serverContent": {"modelTurn": {"parts": [{"text": "hi"}]}}}
END = {"serverContent": {"turnComplete": True}}
CUT = {"serverContent": {"interrupted": True}}


def usage(output: int) -> dict[str, Any]:
    return {"usageMetadata": {"promptTokenCount": 9, "responseTokenCount": output}}


# What comes, the output of each finished call (None where none was stated), and what is left at the end.
SESSIONS: dict[str, tuple[list[dict[str, Any]], list[int | None], int | None]] = {
    "with the end": ([TURN, TURN, {**END, **usage(4)}], [4], None),
    "before the end": ([TURN, usage(2), usage(4), END], [4], None),
    "after the end": ([TURN, END, usage(4), TURN, END, usage(5)], [4, 5], None),
    "after the end, never": ([TURN, END, TURN, {**END, **usage(5)}], [None, 5], None),
    "of a turn that was cut": ([TURN, usage(3), CUT, TURN, usage(7), END], [3, 7], None),
    "of a turn that was cut and ended": ([TURN, CUT, END, usage(3), TURN, END, usage(7)], [3, 7], None),
    "of a turn that is not over": ([TURN, usage(3)], [], 3),
    "of no turn": ([END, usage(2), END], [2], None),
}


@pytest.mark.parametrize("name", SESSIONS)
def test_each_turn_is_one_call(name: str) -> None:
    messages, outputs, left = SESSIONS[name]
    session = GeminiSession("g")

    told = [session.message(json.dumps(message).encode()) for message in messages]
    finished = [news.finished.usage for news in told if news.finished is not None]
    unfinished = session.unfinished()

    assert [None if one is None else one.output_tokens for one in finished] == outputs
    assert (None if unfinished is None or unfinished.usage is None else unfinished.usage.output_tokens) == left
