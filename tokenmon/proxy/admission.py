"""Admission: which platform a path means, and with which credential a request may go on.

A stored key is spent only for who holds a client key; a request with its own provider key passes as it is.
"""

import re
from dataclasses import dataclass, field

from tokenmon.proxy.directory import Snapshot, Target
from tokenmon.proxy.failures import ProxyFailure
from tokenmon.proxy.labels import Headers, SortedHeaders, has_key_parameter, take_key_parameter

# Dots as segments, backslashes, and encoded forms of dots, slashes, percent signs and controls.
TRICKS = re.compile(rb"/\.{1,2}(?:/|$)|\\|%(?:2[eEfF5]|5[cC]|[01][0-9a-fA-F]|7[fF])")
ESCAPE = re.compile(rb"%(?![0-9a-fA-F]{2})")
# Bedrock names some models by an ARN, which holds a slash (or the clients' encoding of it) within its segment.
ARN_SLASH = re.compile(
    rb"(/model/arn(?::|%3[aA])[^/%]*(?:%3[aA][^/%]*)*)%2[fF](?=[A-Za-z0-9](?:[A-Za-z0-9._:-]|%3[aA])*/)"
)
CALLING_ROLES = frozenset({"admin", "member"})


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may go on: with which credential headers, which query, and in whose name."""

    credentials: Headers = field(repr=False)
    query: bytes = field(repr=False)
    client_key: str | None


def split_path(raw_path: bytes) -> tuple[str, bytes]:
    """The platform's name and the rest (with its slash) of a request path; ProxyFailure for path tricks."""
    has_tricks = TRICKS.search(raw_path) is not None and TRICKS.search(ARN_SLASH.sub(rb"\1", raw_path)) is not None
    if not raw_path.startswith(b"/") or has_tricks or ESCAPE.search(raw_path):
        raise ProxyFailure("bad_request", "the path holds dots, encoded slashes or other tricks")
    name, slash, rest = raw_path[1:].partition(b"/")
    return name.decode("latin-1"), slash + rest


def find_target(snapshot: Snapshot, name: str) -> Target:
    """The platform of a name, ready for forwarding; ProxyFailure when there is none or it cannot be used."""
    target = snapshot.targets.get(name)
    if target is None:
        known = ", ".join(sorted(snapshot.targets)[:5]) or "none yet: tokenmon platform add"
        raise ProxyFailure("unknown_platform", f"there is no platform {name[:63]!r} (known: {known})")
    if target.problem is not None:
        raise ProxyFailure("internal", f"the platform {name!r} cannot be used: {target.problem}")
    return target


def admit(
    snapshot: Snapshot, target: Target, sorted_headers: SortedHeaders, query: bytes, *, needs_client_key: bool
) -> Admitted:
    """Decide with which credential a request goes on; ProxyFailure (401, 403) when it may not."""
    query, key_in_query = take_key_parameter(query)
    token = sorted_headers.client_key or key_in_query
    if token is not None:
        client_key = snapshot.client_key(token)
        if client_key is None or client_key.revoked_at is not None:
            raise ProxyFailure("unauthorized", "this client key is unknown or revoked (tokenmon key create NAME)")
        if client_key.role not in CALLING_ROLES:
            raise ProxyFailure("forbidden", f"a client key of the role {client_key.role} may not call providers")
        return Admitted([target.credential] if target.credential else [], query, client_key.name)
    takes_parameter = target.provider.auth == "x-goog-api-key"
    own = sorted_headers.credentials or sorted_headers.has_protocol_key
    own = own or (takes_parameter and has_key_parameter(query))
    if (own or not target.stores_key) and not needs_client_key:
        return Admitted(sorted_headers.credentials, query, None)
    raise ProxyFailure("unauthorized", "no client key: send one made by 'tokenmon key create NAME', or your own key")
