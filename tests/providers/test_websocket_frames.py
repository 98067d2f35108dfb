"""A WebSocket's messages, however its bytes are cut."""

from hypothesis import given
from hypothesis import strategies as st

from tokenmon.providers.websocket_frames import MAX_MESSAGE, MessageReader


def frame(payload: bytes, *, opcode: int = 1, is_last: bool = True, mask: bytes | None = None, flags: int = 0) -> bytes:
    """One frame as RFC 6455 section 5.2 writes it."""
    first = bytes([(0x80 if is_last else 0) | flags | opcode])
    masked = 0x80 if mask is not None else 0
    if len(payload) < 126:
        length = bytes([masked | len(payload)])
    elif len(payload) < 65536:
        length = bytes([masked | 126]) + len(payload).to_bytes(2, "big")
    else:
        length = bytes([masked | 127]) + len(payload).to_bytes(8, "big")
    if mask is None:
        return first + length + payload
    return first + length + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


PIECES = [
    frame(b'{"type":"session.created"}'),
    frame(b"ping", opcode=9),
    frame(b"first half, ", is_last=False),
    frame(b"", opcode=10),
    frame(b"second half", opcode=0),
    frame(b"binary " * 40, opcode=2),
    frame(b"masked " * 3, mask=b"\x01\x02\x03\x04"),
    frame(b"compressed", flags=0x40),
    frame(b"long " * 20_000),
    frame(b"", opcode=8),
]
MESSAGES = [
    b'{"type":"session.created"}', b"first half, second half", b"binary " * 40, b"masked " * 3, b"long " * 20_000,
]  # fmt: skip


@given(st.lists(st.integers(0, sum(map(len, PIECES))), max_size=12))
def test_every_cut_gives_the_same_messages(cuts: list[int]) -> None:
    data = b"".join(PIECES)
    reader = MessageReader()

    found = []
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(data)], strict=True):
        found += reader.feed(data[start:end])

    assert found == MESSAGES


def test_a_message_too_long_to_keep_is_passed_over_and_not_held() -> None:
    reader = MessageReader()
    piece = b"x" * 65_536

    found = reader.feed(frame(piece, is_last=False))
    for _ in range(MAX_MESSAGE // len(piece) + 10):
        found += reader.feed(frame(piece, opcode=0, is_last=False))
    found += reader.feed(frame(b"end", opcode=0) + frame(b"next"))

    assert found == [b"next"]
    assert len(reader._buffer) + len(reader._message) == 0


@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    reader = MessageReader()

    for at in range(0, len(data), 7):
        reader.feed(data[at : at + 7])
