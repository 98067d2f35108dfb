"""Estimates: of the size that the text has, whatever the framing, and never an error."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire import aws
from tokenmon.providers.estimate import MAX_KEPT, KeptStream, input_estimate, output_estimate, tokens_of_text

STREAMS = {
    "openai_chat": [
        'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n',
        'data: {"choices":[{"delta":{"content":"' + "word " * 40 + '"}}]}\n\n',
        'data: {"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"' + "a" * 200 + '"}}]}}]}\n\n',
    ],
    "openai_responses": [
        'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"'
        + "x" * 400
        + '"}\n\n',
        'data: {"type":"response.output_text.done","text":"' + "x" * 400 + '"}\n\n',
    ],
    "anthropic": [
        'data: {"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"' + "y" * 200 + '"}}\r\n\r\n',
        'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"' + "z" * 200 + '"}}\r\n\r\n',
    ],
    "gemini": [
        '[{"candidates":[{"content":{"parts":[{"text": "' + "q" * 300 + '"}]}}]}\n',
        ',{"x":"' + "r" * 90 + '"}',
    ],
}
EXPECTED = {"openai_chat": 100, "openai_responses": 100, "anthropic": 100, "gemini": 75}


@pytest.mark.parametrize("wire", STREAMS)
def test_a_streams_text_is_counted_once(wire: str) -> None:
    assert output_estimate(wire, "".join(STREAMS[wire]).encode()) == EXPECTED[wire]


ONCE = {
    "reasoning in one and in pieces": (
        "openai_chat",
        b'data: {"choices":[{"delta":{"content":"","reasoning":"' + b"r" * 80 + b'","reasoning_details":[{"type":'
        b'"reasoning.text","text":"' + b"r" * 80 + b'","format":null}]}}]}\n\n',
        20,
    ),
    "the text before and after an audio delta": (
        "openai_responses",
        b'data: {"type":"response.output_text.delta","delta":"' + b"x" * 40 + b'"}\r\n\r\n'
        b'data: {"type":"response.output_audio.delta","delta":"' + b"A" * 4000 + b'"}\r\n\r\n'
        b'data: {"type":"response.audio.delta","delta":"' + b"A" * 4000 + b'"}\r\n\r\n'
        b'data: {"type":"response.output_text.delta","delta":"' + b"x" * 40 + b'"}\r\n\r\n',
        20,
    ),
    "what a search found": (
        "anthropic",
        b'data: {"type":"content_block_start","content_block":{"type":"web_search_tool_result","content":[{"type":'
        b'"web_search_result","text":"' + b"f" * 4000 + b'"}]}}\n\n'
        b'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"' + b"t" * 40 + b'"}}\n\n',
        10,
    ),
    "a call with arguments": (
        "gemini",
        b'[{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f",\n "args": {\n    "city": "'
        b"{" + b"c" * 60 + b'",\n    "days": [{"n": 12345}]\n  }}}, {"text": "' + b"t" * 40 + b'"}]}}]}]',
        (len('{"city": "{' + "c" * 60 + '","days": [{"n": 12345}]}') + 40 + 3) // 4,
    ),
    "chunks in base64": (
        "bedrock_invoke",
        aws.chunk({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "t" * 80}})
        + aws.chunk({"generation": "g" * 80})
        + aws.chunk({"outputText": "o" * 80})[:-60],
        50,
    ),
    "a tool's input in frames": (
        "bedrock_converse", aws.event("contentBlockDelta", {"delta": {"toolUse": {"input": "i" * 80}}}), 20
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ONCE)
def test_what_the_model_wrote_is_counted_once_and_nothing_else(name: str) -> None:
    wire, data, tokens = ONCE[name]

    assert output_estimate(wire, data) == pytest.approx(tokens, abs=3)


def test_an_estimate_of_much_text_takes_little_time() -> None:
    kept = KeptStream()
    kept.keep(b'data: {"choices":[{"delta":{"content":"' + "é".encode() * 4_000_000 + b'"}}]}\n\n')
    body = json.dumps({"messages": [{"content": "é" * 2_000_000}]}, ensure_ascii=False).encode()

    started = time.process_time()
    tokens = [kept.output_estimate("openai_chat"), input_estimate(body)]

    assert time.process_time() - started < 0.1
    assert tokens == pytest.approx([8_000_000 / 3, 4_000_000 / 3], rel=0.01)


def test_a_text_that_is_cut_in_the_middle_counts_as_far_as_it_came() -> None:
    assert output_estimate("openai_chat", b'data: {"choices":[{"delta":{"content":"' + b"a" * 40) == 10


def test_escapes_are_one_character_each() -> None:
    assert output_estimate("gemini", json.dumps({"text": '"\n\\é' * 2}).encode()) == 2


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("word word", 3), ("你好世界", 4), ("привет", 4), ("a你", 2)]
)
def test_other_writings_have_fewer_characters_to_a_token(text: str, tokens: int) -> None:
    assert tokens_of_text(text) == tokens


def test_a_requests_text_is_counted_and_its_pictures_and_names_are_not() -> None:
    content = [{"type": "text", "text": "t" * 400}, {"type": "image_url", "image_url": {"url": "data:" + "A" * 9000}}]
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "B" * 9000}}
    body = {
        "model": "m" * 500,
        "system": "s" * 80,
        "messages": [{"role": "user", "content": content}, {"role": "user", "content": [picture]}],
        "max_tokens": 5,
    }

    assert input_estimate(json.dumps(body).encode()) == 120 + 2 * 4


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b"[" * 5000, b'{"messages": 5}', b"\xff\xfe"])
def test_a_body_that_cannot_be_read_is_no_tokens(body: bytes) -> None:
    assert input_estimate(body) == 0


def test_a_long_stream_is_extrapolated_and_not_held() -> None:
    event = b'data: {"choices":[{"delta":{"content":"' + b"a" * 65_536 + b'"}}]}\n\n'
    kept = KeptStream()

    for _ in range(100):
        kept.keep(event)

    assert kept._kept <= MAX_KEPT + len(event)
    assert kept.output_estimate("openai_chat") == pytest.approx(100 * 65_536 / 4, rel=0.01)


@given(st.binary(max_size=300), st.sampled_from([*STREAMS, "other"]))
def test_any_bytes_give_a_number(data: bytes, wire: str) -> None:
    assert 0 <= output_estimate(wire, data) <= len(data)
    assert input_estimate(data) >= 0
