"""A request's head, judged: where the call goes, with which headers, in whose name.

Programs send the same head with every call, so a judgement is kept and given again for the same bytes, as long as the
platforms and keys are the same. Judging costs as much as all the rest of a call.
"""

import functools
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from tokenmon.ingest.journal_line import shared_members
from tokenmon.providers.endpoint import Endpoint, endpoint
from tokenmon.providers.registry import Provider, upstream_path
from tokenmon.proxy.admission import Admitted
from tokenmon.proxy.aws_signature import SIGNATURE_HEADERS
from tokenmon.proxy.directory import Snapshot, Target
from tokenmon.proxy.incoming import Incoming
from tokenmon.proxy.labels import Headers, SortedHeaders

BODILESS_METHODS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
# Conversations, traces and idempotency keys make heads that never come again: a full memory starts anew.
MAX_KNOWN = 2048
MAX_KNOWN_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Head:
    """A judged head.

    `lines` are the request line and headers for the provider, without the body's length and the empty line;
    `plain_lines` the same, asking for an answer that is not compressed. `client_key` is the name of the key that it
    came with. `shared` starts the journal's lines.
    """

    snapshot: Snapshot
    target: Target
    endpoint: Endpoint
    method: str
    lines: bytes = field(repr=False)
    plain_lines: bytes = field(repr=False)
    is_json: bool
    client_key: str | None
    # Whose rate limits the answer tells of: the platform's, when its own key or account is used; None for a caller's.
    headroom_of: str | None
    # The URL that is signed with the platform's AWS credentials; None for calls that carry a key.
    signed_url: str | None
    shared: bytes

    @property
    def may_inject(self) -> bool:
        """Whether a stream of this call may be asked to state its usage."""
        return self.endpoint.injectable and self.target.provider.injects_usage and self.target.platform.inject_usage

    def signature(self, body: bytes) -> bytes:
        """The header lines that sign the call with its body; none for calls that carry a key."""
        aws = self.target.aws
        if self.signed_url is None or aws is None:
            return b""
        return b"".join(b"%b: %b\r\n" % pair for pair in aws.signed(self.method, self.signed_url, body))

    def for_upstream(
        self, *, is_plain: bool, body_length: int | None, announced_length: int | None, signature: bytes = b""
    ) -> bytes:
        """The whole head: a body of `body_length` follows, or (None) a streamed one of the announced length, if any."""
        lines = (self.plain_lines if is_plain else self.lines) + signature
        if body_length is None:
            if announced_length is None:
                return lines + b"transfer-encoding: chunked\r\n\r\n"
            return b"%bcontent-length: %d\r\n\r\n" % (lines, announced_length)
        if body_length or self.method not in BODILESS_METHODS:
            return b"%bcontent-length: %d\r\n\r\n" % (lines, body_length)
        return lines + b"\r\n"


HeadKey = tuple[object, ...]


class KnownHeads:
    """Judged heads by what they were judged from; those of older settings are not given out."""

    def __init__(self) -> None:
        self._heads: dict[HeadKey, Head] = {}

    def find(self, key: HeadKey, snapshot: Snapshot) -> Head | None:
        """The judgement of the same head under the same settings, or None."""
        head = self._heads.get(key)
        return head if head is not None and head.snapshot is snapshot else None

    def keep(self, key: HeadKey, head: Head) -> None:
        """Remember a judgement; one of a head that is longer than programs' are is not worth its room."""
        if len(head.lines) > MAX_KNOWN_BYTES:
            return
        if len(self._heads) >= MAX_KNOWN:
            self._heads.clear()
        self._heads[key] = head


@functools.lru_cache(maxsize=4096)
def _endpoint(spoken: Provider, method: str, path: str) -> Endpoint:
    # Providers take other spellings of a path too: a call is what it does, not how its path is written.
    plain = re.sub(r"/{2,}", "/", unquote(path)).rstrip("/")
    return endpoint(spoken, method, plain)


@functools.lru_cache(maxsize=4096)
def _upstream_path(base_url: str, path: str) -> str:
    return upstream_path(base_url, path)


def judged(
    incoming: Incoming, target: Target, path: str, headers: SortedHeaders, admitted: Admitted, snapshot: Snapshot
) -> Head:
    """The judgement of a request that was admitted."""
    called = _endpoint(target.provider, incoming.method, _upstream_path(target.base_url, path))
    signs = target.aws is not None and admitted.client_key is not None
    start = _start_lines(incoming.method, target, path, admitted.query)
    if incoming.is_upgrade:
        start += [b"connection: Upgrade\r\n", b"upgrade: websocket\r\n"]
    credentials = admitted.credentials
    if admitted.client_key is not None and target.openai_credential is not None and called.wire == "openai_chat":
        credentials = [target.openai_credential]
    forwarded = headers.forwarded
    if signs:
        forwarded = [pair for pair in forwarded if pair[0] not in SIGNATURE_HEADERS]
    return Head(
        snapshot=snapshot,
        target=target,
        endpoint=called,
        method=incoming.method,
        lines=_lines(start, forwarded, credentials),
        plain_lines=_lines(start, _plain(forwarded), credentials),
        is_json=b"json" in headers.content_type or not headers.content_type,
        client_key=admitted.client_key,
        headroom_of=_headroom_of(target, called, admitted),
        signed_url=_url(target, path, admitted.query) if signs else None,
        shared=_shared(target, called, headers, admitted),
    )


def _headroom_of(target: Target, called: Endpoint, admitted: Admitted) -> str | None:
    # Answers to other calls (a list of models) state no limits, or others.
    is_own = admitted.client_key is not None or not target.stores_key
    return target.platform.name if is_own and called.billable else None


def _shared(target: Target, called: Endpoint, headers: SortedHeaders, admitted: Admitted) -> bytes:
    platform = target.platform
    return shared_members(
        platform=platform.name,
        provider_name=platform.provider_name,
        operation_name=called.operation_name,
        source="proxy",
        conversation_id=headers.labels.conversation_id,
        project=headers.labels.project,
        client_key=admitted.client_key,
        processing=called.processing,
        server_address=target.origin.host,
        billing=platform.billing,
        tags=headers.labels.tags,
    )


def _url(target: Target, path: str, query: bytes) -> str:
    location = _upstream_path(target.base_url, path) + (f"?{query.decode('latin-1')}" if query else "")
    return f"{target.origin.scheme}://{target.origin.authority}{location}"


def _start_lines(method: str, target: Target, path: str, query: bytes) -> list[bytes]:
    location = _upstream_path(target.base_url, path).encode("latin-1")
    if query:
        location += b"?" + query
    origin = target.origin
    if origin.proxy is None or origin.is_tls:
        return [b"%b %b HTTP/1.1\r\n" % (method.encode("ascii"), location), target.host_line]
    # An HTTP proxy takes the whole URL, and its credentials with each request.
    url = b"http://" + origin.authority.encode() + location
    lines = [b"%b %b HTTP/1.1\r\n" % (method.encode("ascii"), url), target.host_line]
    if origin.proxy.authorization is not None:
        lines.append(b"proxy-authorization: %b\r\n" % origin.proxy.authorization.encode())
    return lines


def _lines(start: list[bytes], forwarded: Headers, credentials: Headers) -> bytes:
    return b"".join([*start, *(b"%b: %b\r\n" % pair for pair in (*forwarded, *credentials))])


def _plain(forwarded: Headers) -> Headers:
    # The usage chunk can only be taken out of a stream that is not compressed.
    return [*(pair for pair in forwarded if pair[0] != b"accept-encoding"), (b"accept-encoding", b"identity")]
