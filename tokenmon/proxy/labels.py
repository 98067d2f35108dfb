"""Request headers: what tokenmon reads from them, and what goes on to the provider.

Labels (`x-tokenmon-*`), client keys and hop-by-hop headers stay here; all others pass unchanged.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

Headers = list[tuple[bytes, bytes]]

# RFC 9110 section 7.6.1, with what the connection to the provider sets itself.
NOT_FORWARDED = frozenset({
    b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer",
    b"transfer-encoding", b"upgrade", b"http2-settings", b"host", b"content-length", b"expect",
})  # fmt: skip
CREDENTIALS = frozenset({b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key"})
CLIENT_KEY_PREFIX = b"tm-"
# How OpenAI's clients without a way to set headers send their key with a WebSocket.
KEY_PROTOCOL = b"openai-insecure-api-key."
LABEL_PREFIX = b"x-tokenmon-"
MAX_LABEL = 128
MAX_TAGS = 16
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class RequestLabels:
    """What the caller wrote on the request for tokenmon."""

    project: str | None = None
    conversation_id: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


NO_LABELS = RequestLabels()


@dataclass(slots=True)
class SortedHeaders:
    """A request's headers after one pass: what is forwarded, and what tokenmon keeps for itself."""

    forwarded: Headers = field(repr=False)
    credentials: Headers = field(repr=False)
    labels: RequestLabels = NO_LABELS
    client_key: bytes | None = field(default=None, repr=False)
    content_type: bytes = b""
    # A WebSocket is asked for, and whether a provider's key came as one of its subprotocols.
    is_upgrade: bool = False
    has_protocol_key: bool = False


def clean_label(raw: bytes) -> str | None:
    """A label as text: UTF-8, no control characters, at most 128 characters; None when nothing is left."""
    text = CONTROL.sub("", raw.decode("utf-8", "replace")).strip()[:MAX_LABEL]
    return text or None


def parse_tags(raw: bytes) -> tuple[tuple[str, str], ...]:
    """`key=value,key2=value2` as sorted pairs; pairs without a key are left out, a later value of a key wins."""
    tags: dict[str, str] = {}
    for part in raw.split(b","):
        key, _, value = part.partition(b"=")
        name = clean_label(key)
        if name is not None and (len(tags) < MAX_TAGS or name in tags):
            tags[name] = clean_label(value) or ""
    return tuple(sorted(tags.items()))


def client_key_in(value: bytes) -> bytes | None:
    """The client key in a credential header's value, with or without `Bearer`."""
    if value[:7].lower() == b"bearer ":
        value = value[7:].strip()
    return value if value.startswith(CLIENT_KEY_PREFIX) else None


def sort_headers(headers: Headers) -> SortedHeaders:
    """Sort a request's headers (names in lower case) in one pass."""
    forwarded: Headers = []
    credentials: Headers = []
    result = SortedHeaders(forwarded, credentials)
    labels: dict[bytes, bytes] = {}
    named_by_connection: set[bytes] | None = None
    for pair in headers:
        name, value = pair
        if name in CREDENTIALS:
            key = client_key_in(value)
            if key is None:
                credentials.append(pair)
            else:
                result.client_key = key
        elif name in NOT_FORWARDED:
            if name == b"upgrade":
                result.is_upgrade = value.strip().lower() == b"websocket"
            elif name == b"connection" and value.lower() not in (b"keep-alive", b"close"):
                named_by_connection = {token.strip().lower() for token in value.split(b",")}
        elif name.startswith(LABEL_PREFIX):
            labels[name[len(LABEL_PREFIX) :]] = value
        else:
            if name == b"content-type":
                result.content_type = value.lower()
            forwarded.append(pair)
    if named_by_connection is not None:
        result.forwarded = [pair for pair in forwarded if pair[0] not in named_by_connection]
    if result.is_upgrade:
        _sort_for_websocket(result)
    if labels:
        result.labels = _request_labels(labels)
    return result


def _sort_for_websocket(result: SortedHeaders) -> None:
    """Leave out compression, which could not be read along, and take a key out of the list of subprotocols."""
    kept: Headers = []
    for name, value in result.forwarded:
        if name == b"sec-websocket-protocol" and KEY_PROTOCOL in value:
            protocols = [part.strip() for part in value.split(b",")]
            key = next((one for one in protocols if one.startswith(KEY_PROTOCOL)), b"").removeprefix(KEY_PROTOCOL)
            if key.startswith(CLIENT_KEY_PREFIX):
                result.client_key = key
                value = b", ".join(one for one in protocols if not one.startswith(KEY_PROTOCOL))
            elif key:
                # A provider's own key: it stays where it is.
                result.has_protocol_key = True
        if name != b"sec-websocket-extensions" and value:
            kept.append((name, value))
    result.forwarded = kept


def _request_labels(labels: dict[bytes, bytes]) -> RequestLabels:
    return RequestLabels(
        project=clean_label(labels.get(b"project", b"")),
        conversation_id=clean_label(labels.get(b"conversation", b"")),
        tags=parse_tags(labels.get(b"tags", b"")),
    )


def take_key_parameter(query: bytes) -> tuple[bytes, bytes | None]:
    """The query without a `key=tm-...` parameter (Gemini's way to send a key), and that client key."""
    if b"key=" not in query:
        return query, None
    kept: list[bytes] = []
    found: bytes | None = None
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        if name == b"key" and unquote_to_bytes(value).startswith(CLIENT_KEY_PREFIX):
            found = unquote_to_bytes(value)
        else:
            kept.append(part)
    return b"&".join(kept), found


def has_key_parameter(query: bytes) -> bool:
    """Whether the query itself carries a provider key (`?key=...`, Gemini)."""
    return b"key=" in query and any(len(part) > 4 and part.startswith(b"key=") for part in query.split(b"&"))


def response_headers(headers: Headers, *, keep_length: bool, keep_encoding: bool = True) -> Headers:
    """A provider's response headers as they go to the caller: all but the hop-by-hop ones."""
    dropped = {b"content-length"} if not keep_length else set()
    if not keep_encoding:
        dropped.add(b"content-encoding")
    for name, value in headers:
        if name == b"connection":
            dropped.update(token.strip().lower() for token in value.split(b","))
    return [
        pair
        for pair in headers
        if pair[0] not in dropped and (pair[0] not in NOT_FORWARDED or pair[0] == b"content-length")
    ]
