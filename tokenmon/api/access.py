"""Who may: the client key of a request, and whether its role fits the route.

Apart from the proxy's admission because no provider key ever counts here.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from fastapi import Depends, Request

from tokenmon.api.errors import RefusedError
from tokenmon.api.surroundings import SessionOf
from tokenmon.core.platform import CLIENT_KEY_PREFIX, ClientKey, Role
from tokenmon.storage.store import Store

Right = Literal["read", "report", "manage"]
RIGHTS: Mapping[Role, frozenset[Right]] = {
    "admin": frozenset({"read", "report", "manage"}),
    "member": frozenset({"read", "report"}),
    "reporter": frozenset({"report"}),
    "viewer": frozenset({"read"}),
}
KEY_HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")


class KeyRing:
    """The client keys by digest, as fresh as the store: a revoked key is refused by the next request."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._version = -1
        self._keys: Mapping[bytes, ClientKey] = {}

    def find(self, store: Store, token: str) -> ClientKey | None:
        """The client key that a token is; None when it is unknown or revoked.

        The token is compared by looking up its SHA-256, so that the time taken tells nothing about a stored key.
        """
        with self._turn:
            version = store.settings_version()
            if version != self._version:
                self._keys = {key.digest: key for key in store.client_keys() if key.revoked_at is None}
                self._version = version
            keys = self._keys
        return keys.get(_digest(token))

    def last_known(self, token: str) -> ClientKey | None:
        """The client key that a token was when the store was last read, for while it cannot be."""
        return self._keys.get(_digest(token))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def token_of(request: Request) -> str | None:
    """The client key that a request carries, in any of the headers that the providers' SDKs use."""
    for name in KEY_HEADERS:
        value = request.headers.get(name, "")
        scheme, _, rest = value.partition(" ")
        token = rest.strip() if scheme.lower() == "bearer" else value
        if token.startswith(CLIENT_KEY_PREFIX):
            return token
    return None


def key_with(right: Right, token: str | None, store: Store, ring: KeyRing) -> ClientKey:
    """The client key that a token is, if it has a right; RefusedError says what is missing."""
    if token is None:
        raise RefusedError(
            401,
            "no client key",
            hint="send one made by 'tokenmon key create NAME' as 'Authorization: Bearer tm-...'",
        )
    key = ring.find(store, token)
    if key is None:
        raise RefusedError(401, "the client key is unknown or revoked", hint="tokenmon key create NAME")
    if right not in RIGHTS[key.role]:
        fitting = " or ".join(role for role, rights in RIGHTS.items() if right in rights)
        raise RefusedError(
            403,
            f"a client key of the role {key.role} may not do this",
            hint=f"use one of the role {fitting}",
        )
    return key


def last_known_key_with(right: Right, token: str | None, ring: KeyRing) -> ClientKey | None:
    """The client key that a token was when keys could last be read, if it had a right; else None."""
    key = None if token is None else ring.last_known(token)
    return key if key is not None and right in RIGHTS[key.role] else None


def _caller_with(right: Right) -> Callable[[Request, SessionOf], ClientKey]:
    def caller(request: Request, session: SessionOf) -> ClientKey:
        return key_with(right, token_of(request), session.store, request.app.state.key_ring)

    return caller


Reader = Annotated[ClientKey, Depends(_caller_with("read"))]
Reporter = Annotated[ClientKey, Depends(_caller_with("report"))]
Manager = Annotated[ClientKey, Depends(_caller_with("manage"))]
