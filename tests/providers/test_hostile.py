"""Whatever bytes come: no parser raises, what it states is sound, and what it holds is bounded."""

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.providers.test_wire import parser_of
from tests.wire import aws
from tests.wire.samples import SAMPLES
from tests.wire.usages import Sample
from tokenmon.core.usage import COUNT_FIELDS, MAX_COUNT, StatedUsage, TokenUsage
from tokenmon.providers.decoding import BodyDecoder
from tokenmon.providers.eventstream import EventStream
from tokenmon.providers.parser import FRAME_READINGS, LINE_READINGS, READINGS, parser_for

WIRES = (*READINGS, *LINE_READINGS, *FRAME_READINGS)
COST_RULES = (None, "openrouter", "ticks", "total_cost")
MEMBERS = sorted(
    {
        word
        for sample in SAMPLES.values()
        for word in sample.body.decode("utf-8", "ignore").split('"')[1::2]
        if word.replace("_", "").replace(".", "").replace("-", "").isalnum() and len(word) < 40
    }
)
numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, -1, 1.5, 1e308, 10**400, 2**63, 10**12]),
    st.floats(allow_nan=False),
)
leaves = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=8), st.sampled_from(MEMBERS))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(MEMBERS), inner, min_size=1, max_size=6)
    ),
    max_leaves=25,
)
MEGABYTE = 1024 * 1024
# What is kept of a line is 16 MiB; a copy or two of it exist while it is read or grown.
MOST_OF_A_LINE = 60 * MEGABYTE
MOST_OF_A_BOMB = 120 * MEGABYTE


def check(stated: StatedUsage) -> None:
    """What is stated can be stored."""
    if stated.usage is not None:
        assert all(0 <= getattr(stated.usage, name) <= MAX_COUNT for name in COUNT_FIELDS)
        assert all(0 <= number <= MAX_COUNT for _, number in stated.usage.units)
    assert stated.stated_cost is None or 0 <= stated.stated_cost <= 10**6
    for text in (stated.response_model, stated.response_id, stated.service_tier, stated.error_type):
        assert text is None or (0 < len(text) <= 256 and text.isprintable())


def read(wire: str, data: bytes, *, size: int = 4096, cost_rule: str | None = None, status: int = 200) -> StatedUsage:
    """Feed data in pieces, asking in between as the proxy does."""
    parser = parser_for(wire, status=status, content_type="application/json", cost_rule=cost_rule)
    for at in range(0, len(data), size):
        parser.feed(data[at : at + size])
        check(parser.stated())
    parser.close()
    parser.close()
    check(parser.stated())
    return parser.stated()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(value=values, wire=st.sampled_from(WIRES), cost_rule=st.sampled_from(COST_RULES), size=st.integers(1, 400))
def test_wrong_types_and_absurd_counts_raise_nothing(value: Any, wire: str, cost_rule: str | None, size: int) -> None:
    text = json.dumps(value).encode()
    chunk = {"bytes": value} if isinstance(value, str) else value

    read(wire, text, size=size, cost_rule=cost_rule)
    read(wire, b"[" + text + b"," + text, size=size, cost_rule=cost_rule)
    read(wire, text + b"\n" + text, size=size, cost_rule=cost_rule)
    read(wire, b"event: x\r\ndata: " + text + b"\r\n\r\ndata:" + text, size=size, cost_rule=cost_rule)
    read(wire, aws.chunk(value) + aws.event("metadata", value) + aws.event("chunk", chunk), size=size)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(sorted(SAMPLES)),
    cut=st.integers(0, 600),
    at=st.integers(0, 600),
    junk=st.binary(max_size=6),
    size=st.integers(1, 200),
)
def test_cut_and_damaged_answers_raise_nothing(name: str, cut: int, at: int, junk: bytes, size: int) -> None:
    sample = SAMPLES[name]
    damaged = sample.body[:at] + junk + sample.body[at + len(junk) :]

    for body in (sample.body[:cut], damaged):
        read(sample.wire, body, size=size, cost_rule=sample.cost_rule)
        # The format that a path promises is not always the one that comes.
        for wire in WIRES:
            read(wire, body, size=4096, cost_rule=sample.cost_rule)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.binary(max_size=300), wire=st.sampled_from(WIRES), size=st.integers(1, 300))
def test_any_bytes_raise_nothing(data: bytes, wire: str, size: int) -> None:
    read(wire, data, size=size)
    read(wire, data, size=size, status=500)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("opening", ["[", '{"usage":', '{"response":', '{"a":[', '{"usage":{"iterations":['])
def test_deep_nesting_raises_nothing(wire: str, opening: str) -> None:
    deep = (opening * 20_000).encode()

    read(wire, deep, size=len(deep))
    read(wire, b"data: " + deep + b"\n\n", size=len(deep))
    read(wire, deep + b"\n", size=len(deep))
    read(wire, aws.frame(deep, event_type="metadata", message_type="event"), size=len(deep))


def _many(start: bytes, piece: bytes, times: int) -> Iterator[bytes]:
    yield start
    for _ in range(times):
        yield piece


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    "start", [b'{"id":"', b'[{"a":"', b'data: {"id":"', b'{"a":1}\n{"b":"', b"\x01\x00\x00\x00\x00\x00\x00\x00", b"\n"]
)
def test_a_line_without_an_end_holds_a_bounded_buffer(wire: str, start: bytes) -> None:
    parser = parser_for(wire, status=200, content_type="application/json")
    piece = b"x" * 4 * MEGABYTE
    tracemalloc.start()

    for data in _many(start, piece, MOST_OF_A_LINE // len(piece) + 1):
        parser.feed(data)
    parser.close()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < MOST_OF_A_LINE
    check(parser.stated())


def test_the_usage_at_the_end_of_a_huge_body_is_found() -> None:
    parser = parser_for("openai_chat", status=200, content_type="application/json")

    for data in _many(b'{"data":["', b"0123456789abcdef" * 4096, 400):
        parser.feed(data)
    parser.feed(b'"],"usage":{"prompt_tokens":5,"total_tokens":5}}')
    parser.close()

    assert parser.stated().usage is not None


def test_a_frame_with_a_wrong_checksum_ends_the_reading() -> None:
    good = aws.event("metadata", {"usage": {"inputTokens": 1, "outputTokens": 1}})
    bad = bytearray(good)
    bad[-6] ^= 1
    stream = EventStream()

    frames = stream.feed(good + bytes(bad) + good)

    assert (len(frames), stream.failed) == (1, True)
    assert stream.feed(good) == []


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_frame_of_an_absurd_length_is_not_waited_for(length: int, headers: int) -> None:
    prelude = length.to_bytes(4, "big") + headers.to_bytes(4, "big")
    stream = EventStream()

    stream.feed(prelude + zlib.crc32(prelude).to_bytes(4, "big"))

    assert stream.failed or 16 + headers <= length <= 17 * MEGABYTE


BOMBS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: bytes(brotli.compress(data, quality=4)),  # type: ignore[no-untyped-call]
    "zstd": lambda data: zstandard.compress(data, 3),
}


@pytest.mark.parametrize("encoding", [*BOMBS, "gzip, gzip"])
def test_a_decompression_bomb_costs_a_bounded_buffer(encoding: str) -> None:
    data = bytes(MOST_OF_A_BOMB + 8 * MEGABYTE)
    for name in encoding.split(", "):
        data = BOMBS[name](data)
    decoder = BodyDecoder(encoding)
    parser = parser_of(Sample("openai_chat", b"", None))

    tracemalloc.start()
    for at in range(0, len(data), 65536):
        parser.feed(decoder.feed(data[at : at + 65536]))
    parser.close()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < MOST_OF_A_BOMB
    check(parser.stated())


def test_more_codings_than_anybody_uses_are_not_undone() -> None:
    body = b"{}"
    for _ in range(5):
        body = gzip.compress(body)
    four, five = BodyDecoder("gzip, " * 4), BodyDecoder(", ".join(["gzip"] * 5))

    assert (four.failed, five.failed, five.feed(body)) == (False, True, b"")


@pytest.mark.parametrize("usage_at", ["before", "behind"])
def test_a_body_too_large_to_keep_is_read_at_both_ends(usage_at: str) -> None:
    usage = b'"model": "m", "usage": {"prompt_tokens": 3, "completion_tokens": 4},'
    data = b'"data": ["' + b"x" * 17 * MEGABYTE + b'"]'
    body = b'{"id": "chatcmpl-0123456789abcdef", '
    body += usage + data + b"}" if usage_at == "before" else data + b"," + usage.rstrip(b",") + b"}\n"

    whole, cut = read("openai_chat", body, size=MEGABYTE), read("openai_chat", body[:-40], size=MEGABYTE)

    assert (whole.response_id, whole.response_model) == ("chatcmpl-0123456789abcdef", "m")
    assert whole.usage == TokenUsage(3, 4)
    assert (whole.is_complete, cut.is_complete) == (True, False)
