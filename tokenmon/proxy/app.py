"""The proxy's front: from a request on the port to an exchange with a provider.

No framework, because a framework's routing costs more than the whole exchange.
"""

import asyncio
import re

from tokenmon.providers.registry import Provider
from tokenmon.providers.request import EMPTY_REQUEST, read_request, with_include_usage
from tokenmon.proxy.admission import admit, find_target, split_path
from tokenmon.proxy.directory import Directory, Snapshot, Target
from tokenmon.proxy.exchange import Call, Exchange, Surroundings
from tokenmon.proxy.failures import ProxyFailure, failure_response
from tokenmon.proxy.head import Head, KnownHeads, judged
from tokenmon.proxy.incoming import Incoming
from tokenmon.proxy.labels import sort_headers
from tokenmon.proxy.tunnel import Tunnel
from tokenmon.proxy.upload import begin_upload

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CHAT = re.compile(rb"/api/proxy/([^/]+)/chat")


class ProxyApp:
    """Forwards `/{platform}/{path}` and `/api/proxy/{platform}/chat`."""

    def __init__(self, directory: Directory, around: Surroundings) -> None:
        self._directory = directory
        self._around = around
        self._known = KnownHeads()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.calls_in_flight = 0
        self.open_websockets = 0
        self.refused: dict[str, int] = {}

    def known(self, incoming: Incoming) -> Head | None:
        """The head's judgement, if the same head has passed before under the settings of now."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        if not self._directory.is_usable(self._loop.time()):
            return None
        return self._known.find(incoming.key(), self._directory.snapshot)

    async def __call__(self, incoming: Incoming) -> None:
        """Judge a request that passed the gate, and forward it."""
        spoken: Provider | None = None
        try:
            await self._directory.until_usable()
            name, rest = split_path(incoming.raw_path)
            chat = CHAT.fullmatch(incoming.raw_path)
            # One snapshot for the whole judgement: another may take its place at any moment.
            snapshot = self._directory.snapshot
            target = find_target(snapshot, chat[1].decode("latin-1") if chat else name)
            spoken = target.provider
            path = spoken.chat_path if chat else rest.decode("latin-1")
            head = _judge(incoming, snapshot, target, path, is_chat=chat is not None)
        except ProxyFailure as failure:
            self.refuse(failure, spoken, incoming)
            return
        if incoming.is_upgrade:
            self.open_websockets += 1
            try:
                await Tunnel(head, self._around, incoming, lambda: self._still_allows(head)).run()
            finally:
                self.open_websockets -= 1
            return
        self._known.keep(incoming.key(), head)
        await self.forward(incoming, head)

    async def forward(self, incoming: Incoming, head: Head) -> None:
        """Carry a call whose head is judged to its provider and back."""
        self.calls_in_flight += 1
        try:
            try:
                call = await self._prepare(incoming, head)
            except ProxyFailure as failure:
                if failure.kind != "client_disconnected":
                    self.refuse(failure, head.target.provider, incoming)
                return
            await Exchange(call, self._around, incoming).run()
        finally:
            self.calls_in_flight -= 1

    def refuse(self, failure: ProxyFailure, spoken: Provider | None, incoming: Incoming) -> None:
        """Answer a request that goes no further, and count it."""
        self.refused[failure.kind] = self.refused.get(failure.kind, 0) + 1
        status, headers, body = failure_response(failure, spoken)
        if failure.kind in ("bad_request", "body_too_large"):
            # What follows on this connection could be the rest of a body that nobody read.
            headers.append((b"connection", b"close"))
        incoming.start(status, headers)
        incoming.write(body, is_last=True)

    def _still_allows(self, head: Head) -> bool:
        # Asking is what makes the directory look anew.
        self._directory.is_usable(asyncio.get_running_loop().time())
        snapshot = self._directory.snapshot
        return snapshot is head.snapshot or snapshot.allows(head.target, head.client_key)

    async def _prepare(self, incoming: Incoming, head: Head) -> Call:
        upload = await begin_upload(
            incoming.read,
            is_json=head.is_json,
            content_length=incoming.content_length,
            max_bytes=self._around.max_body_bytes,
        )
        facts = EMPTY_REQUEST
        injects = False
        if upload.is_whole and upload.data and head.is_json:
            facts = read_request(upload.data)
            injects = facts.stream and not facts.include_usage and head.may_inject
            if injects:
                upload.data = with_include_usage(upload.data)
        if head.signed_url is not None and not upload.is_whole:
            raise ProxyFailure("body_too_large", "a body this large cannot be signed for AWS")
        sent = head.for_upstream(
            is_plain=injects,
            body_length=len(upload.data) if upload.is_whole else None,
            announced_length=incoming.content_length,
            signature=head.signature(upload.data),
        )
        is_chunked = not upload.is_whole and incoming.content_length is None
        return Call(head, sent, upload, is_chunked, facts, injects)


def _judge(incoming: Incoming, snapshot: Snapshot, target: Target, path: str, *, is_chat: bool) -> Head:
    if incoming.method not in METHODS:
        # TRACE would have a provider send the stored key back.
        raise ProxyFailure("not_supported", f"the method {incoming.method} is not passed on")
    headers = sort_headers(incoming.headers)
    if headers.is_upgrade and incoming.method != "GET":
        raise ProxyFailure("not_supported", "a WebSocket is opened by GET")
    # The API is for holders of client keys, this route of it too.
    admitted = admit(snapshot, target, headers, incoming.query, needs_client_key=is_chat)
    return judged(incoming, target, path, headers, admitted, snapshot)
