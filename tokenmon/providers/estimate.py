"""Estimates of tokens, for streams that end without a usage: marked as such wherever they are shown.

A documented ratio and no tokenizer, since only the provider knows which one it bills by: a token for 4 ASCII
characters (OpenAI's rule of thumb for English, https://help.openai.com/en/articles/4936856) or for 3 bytes of any
other writing, which gives about one for a Chinese character and two for three Cyrillic ones. Reasoning that is not
shown, images and audio cannot be seen in the bytes and are not in the estimate.
"""

import re
from collections.abc import Iterable

import msgspec

CHARACTERS_PER_TOKEN = 4
BYTES_PER_TOKEN = 3
# What surrounds each message on its way into the model, as OpenAI's cookbook counts it.
TOKENS_PER_MESSAGE = 4
MAX_KEPT = 2 * 1024 * 1024
# Members of a request that are no text for the model: names, addresses, and bytes in base64.
NO_TEXT = frozenset({
    "model", "role", "type", "id", "url", "image_url", "data", "file_data", "file_id", "media_type", "mimeType",
    "mime_type", "fileUri", "format", "detail", "user", "metadata", "tool_call_id", "tool_use_id", "call_id",
    "signature", "thoughtSignature", "encrypted_content", "previous_response_id", "cache_control", "service_tier",
    "stream_options", "response_id", "bytes", "safety_identifier", "prompt_cache_key",
})  # fmt: skip
MESSAGE_LISTS = ("messages", "input", "contents")
MAX_DEPTH = 32

TEXT_MEMBERS = {
    "openai_chat": b"content|reasoning_content|reasoning|refusal|arguments|text",
    # Its later events repeat what the deltas said.
    "openai_responses": b"delta",
    "anthropic": b"text|thinking|partial_json",
    "gemini": b"text",
}
ANY_TEXT_MEMBER = b"content|text|thinking|response"
_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)


def tokens_of_text(text: str) -> int:
    """About how many tokens a text is; 0 for none."""
    if text.isascii():
        return -(-len(text) // CHARACTERS_PER_TOKEN)
    ascii_characters = sum(character < "\x80" for character in text)
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
    return tokens_of_text("".join(_texts(value, MAX_DEPTH))) + TOKENS_PER_MESSAGE * messages


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
    members = TEXT_MEMBERS.get(wire, ANY_TEXT_MEMBER)
    found = re.findall(rb'"(?:' + members + rb')"\s*:\s*"((?:[^"\\]|\\.)*)', data, re.DOTALL)
    # An escape is one character: a line's end, a quotation mark, half of an emoji.
    text = _ESCAPE.sub(b"?", b"".join(found))
    return tokens_of_text(text.decode("utf-8", "replace"))


class KeptStream:
    """The bytes of a stream, kept for an estimate until its usage is known; above a size the rest is extrapolated."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._kept = 0
        self._passed = 0

    def keep(self, data: bytes) -> None:
        """Keep the next bytes, decompressed."""
        if self._kept < MAX_KEPT:
            self._pieces.append(data)
            self._kept += len(data)
        else:
            self._passed += len(data)

    def output_estimate(self, wire: str) -> int:
        """About how many tokens came."""
        tokens = output_estimate(wire, b"".join(self._pieces))
        return tokens if not self._passed else tokens * (self._kept + self._passed) // self._kept
