"""JSON as JavaScript and Python really write it."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenmon.providers.json_body import decode, strict_copy
from tokenmon.providers.request import read_request, with_include_usage

ANYTHING = msgspec.json.Decoder()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb'{"a": "cut \ud83d"}', "cut �"),
        (rb'{"a": "\ude00 cut"}', "� cut"),
        (rb'{"a": "whole \ud83d\ude00"}', "whole \U0001f600"),
        (rb'{"a": "no escape: \\ud83d"}', r"no escape: \ud83d"),
        (rb'{"a": "\\\ud83d"}', "\\�"),
        (b'{"a": NaN}', 0.0),
        (b'{"a": -Infinity}', -10000000),
        (b'\xef\xbb\xbf{"a": 1}', 1),
    ],
)
def test_loose_places_are_passed_over(written: bytes, read: object) -> None:
    assert decode(ANYTHING, written) == {"a": read}


@given(st.binary(max_size=200))
def test_every_byte_stays_where_it_is(data: bytes) -> None:
    assert len(strict_copy(data)) == len(data)


@given(
    st.recursive(st.none() | st.floats() | st.text(st.characters()), lambda inner: st.dictionaries(st.text(), inner))
)
def test_what_python_writes_can_be_read(value: object) -> None:
    decode(ANYTHING, json.dumps(value).encode())


@pytest.mark.parametrize("data", [b"", b"{", b'{"a": NaNa}', b"[1, 2"])
def test_what_is_no_json_stays_an_error(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(ANYTHING, data)


def test_a_loose_request_is_read_and_edited_in_the_right_place() -> None:
    body = rb'{"model":"gpt-5","stream":true,"stream_options":{"x":1},"messages":[{"content":"hi \ud83d"}],"top_p":NaN}'

    edited = with_include_usage(body)

    assert (read_request(body).model, read_request(body).stream) == ("gpt-5", True)
    assert read_request(edited).include_usage
    assert edited == body.replace(b'{"x":1}', b'{"x":1,"include_usage":true}')
