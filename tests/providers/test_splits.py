"""However the bytes of an answer are cut, its usage is the same, and the filtered stream holds the same bytes."""

import gzip
import zlib
from collections.abc import Callable, Iterator

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.providers.test_wire import parser_of, stated_by
from tests.wire.samples import SAMPLES
from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.demo import replies
from tokenmon.demo.replies import Reply, Spent
from tokenmon.providers.decoding import BodyDecoder
from tokenmon.providers.parser import parser_for
from tokenmon.providers.usage_filter import UsageChunkFilter

SPENT = Spent(1000, 300, cached=400, written=100, reasoning=120)
NAME, MODEL = "0123456789abcdef", "größtes-modell"
ANSWERS: dict[str, tuple[str, Reply]] = {
    "chat": ("openai_chat", replies.chat(NAME, MODEL, SPENT)),
    "chat stream": ("openai_chat", replies.chat_stream(NAME, MODEL, SPENT, states_usage=True)),
    "chat stream without usage": ("openai_chat", replies.chat_stream(NAME, MODEL, SPENT, states_usage=False)),
    "embeddings": ("openai_chat", replies.embeddings(MODEL, SPENT)),
    "responses": ("openai_responses", replies.responses(NAME, MODEL, SPENT)),
    "responses stream": ("openai_responses", replies.responses_stream(NAME, MODEL, SPENT)),
    "messages": ("anthropic", replies.messages(NAME, MODEL, SPENT)),
    "messages stream": ("anthropic", replies.messages_stream(NAME, MODEL, SPENT)),
    "generate": ("gemini", replies.generate(NAME, MODEL, SPENT)),
    "generate events": ("gemini", replies.generate_stream(NAME, MODEL, SPENT, as_events=True)),
    "generate array": ("gemini", replies.generate_stream(NAME, MODEL, SPENT, as_events=False)),
    "error": ("openai_chat", replies.refusal("openai", 429, "rate_limit_error", "slow down")),
}
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}
cuts = st.lists(st.integers(0, 10_000), max_size=12)


def pieces(data: bytes, at: list[int]) -> Iterator[bytes]:
    """The data cut at some places, empty pieces too."""
    places = sorted(min(one, len(data)) for one in at)
    for start, end in zip([0, *places], [*places, len(data)], strict=True):
        yield data[start:end]


def read(wire: str, reply: Reply, parts: Iterator[bytes]) -> StatedUsage:
    parser = parser_for(wire, status=reply.status, content_type=reply.content_type)
    for part in parts:
        parser.feed(part)
    parser.close()
    return parser.stated()


@pytest.mark.parametrize("name", ANSWERS)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(at=cuts)
def test_every_cut_gives_the_same_usage(name: str, at: list[int]) -> None:
    wire, reply = ANSWERS[name]
    body = b"".join(reply.pieces)

    assert read(wire, reply, pieces(body, at)) == read(wire, reply, iter([body]))


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(at=cuts)
def test_every_cut_of_every_wire_format_gives_the_same_usage(name: str, at: list[int]) -> None:
    sample = SAMPLES[name]
    parser = parser_of(sample)

    for part in pieces(sample.body, at):
        parser.feed(part)
    parser.close()

    assert parser.stated() == stated_by(sample)


@pytest.mark.parametrize("name", ["chat stream", "messages stream", "responses stream", "generate events"])
def test_each_byte_alone_and_other_line_ends_give_the_same_usage(name: str) -> None:
    wire, reply = ANSWERS[name]
    body = b"".join(reply.pieces)
    whole = read(wire, reply, iter([body]))

    for variant in (body, body.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + body, b": hello\n\n" + body):
        assert read(wire, reply, (variant[at : at + 1] for at in range(len(variant)))) == whole


def test_the_usage_is_known_before_the_last_event_has_passed() -> None:
    wire, reply = ANSWERS["chat stream"]
    parser = parser_for(wire, status=200, content_type=reply.content_type)
    for piece in reply.pieces:
        parser.feed(piece)

    assert parser.stated().is_complete
    assert parser.stated().usage == TokenUsage(1000, 300, cache_read_input_tokens=400, reasoning_output_tokens=120)


@pytest.mark.parametrize("encoding", COMPRESSIONS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(at=cuts)
def test_compressed_answers_are_read_whatever_the_cut(encoding: str, at: list[int]) -> None:
    wire, reply = ANSWERS["messages stream"]
    body = b"".join(reply.pieces)
    decoder = BodyDecoder(encoding)

    parts = (decoder.feed(part) for part in pieces(COMPRESSIONS[encoding](body), at))

    assert read(wire, reply, parts) == read(wire, reply, iter([body]))


@settings(max_examples=120, deadline=None, derandomize=True)
@given(at=cuts)
def test_the_added_usage_chunk_alone_is_taken_out(at: list[int]) -> None:
    body = b"".join(replies.chat_stream(NAME, MODEL, SPENT, states_usage=True).pieces)
    events = body.split(b"\n\n")
    kept = b"\n\n".join(event for event in events if b'"choices": []' not in event)
    chunk_filter = UsageChunkFilter()

    passed = b"".join(chunk_filter.feed(part) for part in pieces(body, at)) + chunk_filter.close()

    assert passed == kept
    assert len(kept) < len(body)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(data=st.binary(max_size=400), at=cuts)
def test_hostile_bytes_raise_nothing_and_pass_the_filter_unchanged(data: bytes, at: list[int]) -> None:
    for wire in ("openai_chat", "openai_responses", "anthropic", "gemini"):
        read(wire, ANSWERS["chat stream"][1], pieces(data, at))
    chunk_filter = UsageChunkFilter()

    assert b"".join(chunk_filter.feed(part) for part in pieces(data, at)) + chunk_filter.close() == data
