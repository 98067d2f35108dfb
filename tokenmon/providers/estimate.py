"""Estimates of tokens, for streams that end without a usage: marked as such wherever they are shown.

A documented ratio and no tokenizer, since only the provider knows which one it bills by: a token for 4 ASCII
characters (OpenAI's rule of thumb for English, https://help.openai.com/en/articles/4936856) or for 3 bytes of any
other writing, which gives about one for a Chinese character and two for three Cyrillic ones. Reasoning that is not
shown, images and audio cannot be seen in the bytes and are not in the estimate.
"""

import base64
import binascii
import re
from collections.abc import Iterable

import msgspec

CHARACTERS_PER_TOKEN = 4
BYTES_PER_TOKEN = 3
# What surrounds each message on its way into the model, as OpenAI's cookbook counts it.
TOKENS_PER_MESSAGE = 4
# Text beyond this is extrapolated: to read more of it takes longer than the other calls of a busy proxy may wait.
MAX_KEPT = 256 * 1024
# Members of a request that are no text for the model: names, addresses, and bytes in base64.
NO_TEXT = frozenset({
    "model", "role", "type", "id", "url", "image_url", "data", "file_data", "file_id", "media_type", "mimeType",
    "mime_type", "fileUri", "format", "detail", "user", "metadata", "tool_call_id", "tool_use_id", "call_id",
    "signature", "thoughtSignature", "encrypted_content", "previous_response_id", "cache_control", "service_tier",
    "stream_options", "response_id", "bytes", "safety_identifier", "prompt_cache_key",
})  # fmt: skip
MESSAGE_LISTS = ("messages", "input", "contents")
MAX_DEPTH = 32

_STRING = rb'"(?:[^"\\]|\\.)*+"?'


def _nested(depth: int) -> bytes:
    """The pattern of an object or a list up to some depth, as far as it came."""
    inner = rb'[^\]\[{}"]' + b"|" + _STRING + (b"|" + _nested(depth - 1) if depth else b"")
    return rb"[\[{](?:" + inner + rb")*+[\]}]?"


def _texts_in(members: bytes, *, passed: bytes = rb"(?!)", value: bytes = rb'"((?:[^"\\]|\\.)*+)') -> re.Pattern[bytes]:
    """What finds the values of members; `passed` is what is no text of the model's, or is its text once more."""
    return re.compile(rb"(?:" + passed + rb')|"(?:' + members + rb')"\s*+:\s*+' + value, re.DOTALL)


# OpenRouter states what `reasoning` says once more, in pieces.
_DETAILS = rb'"reasoning_details"\s*+:\s*+' + _nested(2)
_AUDIO = rb'"type"\s*+:\s*+"response\.(?:output_)?audio\.delta"[^\r\n]*+'
# What a tool of the provider's found is input.
_FOUND = rb'"type"\s*+:\s*+"\w++(?<=_tool_result)"[^\r\n]*+'
_MESSAGES = b"text|thinking|partial_json"
_TEXTS = {
    "openai_chat": _texts_in(b"content|reasoning_content|reasoning|refusal|arguments|text", passed=_DETAILS),
    # Its later events repeat what the deltas said.
    "openai_responses": _texts_in(b"delta", passed=_AUDIO),
    "anthropic": _texts_in(_MESSAGES, passed=_FOUND),
    # A call's arguments are an object.
    "gemini": _texts_in(b"text|args", value=rb'"?+((?<=")(?:[^"\\]|\\.)*+|' + _nested(8) + rb")"),
    "bedrock_converse": _texts_in(b"text|input"),
    "bedrock_invoke": _texts_in(_MESSAGES + b"|content|generation|outputText|completion", passed=_FOUND),
}
_ANY_TEXT = _texts_in(b"content|text|thinking|response")
_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
# Line ends and the indentation of written-out objects.
_BREAK = re.compile(rb"\s*\n\s*")
# A chunk of Bedrock's, which holds an event of the model's family.
_CHUNK = re.compile(rb'"bytes"\s*:\s*"([A-Za-z0-9+/]*)')


def tokens_of_text(text: str) -> int:
    """About how many tokens a text is; 0 for none."""
    if text.isascii():
        return -(-len(text) // CHARACTERS_PER_TOKEN)
    ascii_characters = len(text.encode("ascii", "ignore"))
    others = len(text.encode("utf-8", "replace")) - ascii_characters
    return -(-ascii_characters // CHARACTERS_PER_TOKEN) + -(-others // BYTES_PER_TOKEN)


def input_estimate(body: bytes) -> int:
    """About how many tokens a request's JSON body sends; 0 when it cannot be read."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return 0
    if not isinstance(value, dict):
        return 0
    messages = sum(len(value[name]) for name in MESSAGE_LISTS if isinstance(value.get(name), list))
    text = "".join(_texts(value, MAX_DEPTH))
    tokens = tokens_of_text(text[:MAX_KEPT])
    if len(text) > MAX_KEPT:
        tokens = tokens * len(text) // MAX_KEPT
    return tokens + TOKENS_PER_MESSAGE * messages


def _texts(value: object, depth: int) -> Iterable[str]:
    if isinstance(value, str):
        if not value.startswith("data:"):
            yield value
    elif depth and isinstance(value, dict):
        for name, member in value.items():
            if name not in NO_TEXT:
                yield from _texts(member, depth - 1)
    elif depth and isinstance(value, list):
        for item in value:
            yield from _texts(item, depth - 1)


def output_estimate(wire: str, data: bytes) -> int:
    """About how many tokens the text in a stream's bytes is, whatever their framing and wherever they were cut."""
    if wire == "bedrock_invoke":
        data = b"\n".join(_from_base64(chunk) for chunk in _CHUNK.findall(data))
    found = _TEXTS.get(wire, _ANY_TEXT).findall(data)
    # An escape is one character: a line's end, a quotation mark, half of an emoji.
    text = _ESCAPE.sub(b"?", _BREAK.sub(b"", b"".join(found)))
    return tokens_of_text(text.decode("utf-8", "replace"))


def _from_base64(chunk: bytes) -> bytes:
    # The last chunk may be cut; four characters are three bytes.
    try:
        return base64.b64decode(chunk[: len(chunk) // 4 * 4])
    except binascii.Error:
        return b""


class KeptStream:
    """The bytes of a stream, kept for an estimate until its usage is known; above a size the rest is extrapolated."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._kept = 0
        self._passed = 0

    def keep(self, data: bytes) -> None:
        """Keep the next bytes, decompressed."""
        if self._kept < MAX_KEPT:
            piece = data[: MAX_KEPT - self._kept]
            self._pieces.append(piece)
            self._kept += len(piece)
            self._passed += len(data) - len(piece)
        else:
            self._passed += len(data)

    def output_estimate(self, wire: str) -> int:
        """About how many tokens came."""
        tokens = output_estimate(wire, b"".join(self._pieces))
        return tokens if not self._passed else tokens * (self._kept + self._passed) // self._kept
