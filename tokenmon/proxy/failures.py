"""What can go wrong on the way to a provider, in words, and the answer that the caller gets.

An answer has the provider's own error shape, so that its SDK raises the error class that a caller expects.
"""

from dataclasses import dataclass
from typing import Literal

from tokenmon.providers.error_body import error_body
from tokenmon.providers.registry import Provider, provider

FailureKind = Literal[
    "bad_request",
    "bad_host",
    "bad_origin",
    "unauthorized",
    "forbidden",
    "unknown_platform",
    "body_too_large",
    "not_supported",
    "upstream_dns",
    "upstream_unreachable",
    "upstream_tls",
    "upstream_timeout",
    "upstream_disconnected",
    "upstream_protocol",
    "client_disconnected",
    "internal",
]
STATUS: dict[FailureKind, int] = {
    "bad_request": 400,
    "bad_host": 421,
    "bad_origin": 403,
    "unauthorized": 401,
    "forbidden": 403,
    "unknown_platform": 404,
    "body_too_large": 413,
    "not_supported": 501,
    "upstream_dns": 502,
    "upstream_unreachable": 502,
    "upstream_tls": 502,
    "upstream_timeout": 504,
    "upstream_disconnected": 502,
    "upstream_protocol": 502,
    # nginx's number for a caller that hung up; it is only ever recorded, nobody is left to read it.
    "client_disconnected": 499,
    "internal": 500,
}


@dataclass
class ProxyFailure(Exception):  # noqa: N818 - a failure is what it is; "error" is the provider's word for its answers
    """A request that gets no answer from the provider; `message` is safe to show (no keys, no bodies)."""

    kind: FailureKind
    message: str

    def __str__(self) -> str:
        return self.message

    @property
    def status(self) -> int:
        """The HTTP status that tells of this failure."""
        return STATUS[self.kind]


def failure_response(failure: ProxyFailure, spoken: Provider | None) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of the answer, in the error shape of the provider (OpenAI's when there is none)."""
    shape = (spoken or provider("openai")).error_format
    body = error_body(shape, status=failure.status, kind=failure.kind, message=f"tokenmon: {failure.message}")
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-tokenmon-error", failure.kind.encode()),
    ]
    # The OpenAI and Anthropic SDKs heed this: a failure of ours that repeats must not be retried at length.
    headers.append((b"x-should-retry", b"true" if failure.kind == "upstream_disconnected" else b"false"))
    return failure.status, headers, body
