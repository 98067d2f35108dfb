"""The providers by name: where they are, how they take a key, and which wire they speak.

Vendors that share a wire format differ by these data, not by code. Sources: each provider's API reference, as
gathered in its public documentation of base URLs and authentication.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tokenmon.errors import ConfigError

AuthScheme = Literal["bearer", "x-api-key", "api-key", "x-goog-api-key"]
ErrorFormat = Literal["openai", "anthropic", "gemini"]


@dataclass(frozen=True, slots=True)
class Provider:
    """What the proxy must know of a provider.

    `injects_usage` tells whether chat streams state usage only when asked by `stream_options.include_usage`.
    `models_path` lists models at no cost; `chat_path` takes OpenAI-format chat. Both are relative to the base URL,
    whose last segments they may repeat (see `upstream_path`). `key_variable` is where the SDKs look for a key.
    """

    name: str
    title: str
    default_base_url: str | None
    auth: AuthScheme
    error_format: ErrorFormat
    injects_usage: bool
    models_path: str
    chat_path: str
    key_variable: str | None = None
    extra_headers: tuple[tuple[bytes, bytes], ...] = ()


PROVIDERS: Mapping[str, Provider] = {
    one.name: one
    for one in (
        Provider(
            name="openai",
            title="OpenAI",
            default_base_url="https://api.openai.com/v1",
            auth="bearer",
            error_format="openai",
            injects_usage=True,
            models_path="/v1/models",
            chat_path="/v1/chat/completions",
            key_variable="OPENAI_API_KEY",
        ),
        Provider(
            name="anthropic",
            title="Anthropic",
            default_base_url="https://api.anthropic.com",
            auth="x-api-key",
            error_format="anthropic",
            injects_usage=False,
            models_path="/v1/models",
            chat_path="/v1/chat/completions",
            key_variable="ANTHROPIC_API_KEY",
            extra_headers=((b"anthropic-version", b"2023-06-01"),),
        ),
        Provider(
            name="azure",
            title="Azure OpenAI",
            default_base_url=None,
            auth="api-key",
            error_format="openai",
            injects_usage=True,
            models_path="/openai/v1/models",
            chat_path="/openai/v1/chat/completions",
            key_variable="AZURE_OPENAI_API_KEY",
        ),
        Provider(
            name="gemini",
            title="Google Gemini",
            default_base_url="https://generativelanguage.googleapis.com",
            auth="x-goog-api-key",
            error_format="gemini",
            injects_usage=False,
            models_path="/v1beta/models",
            chat_path="/v1beta/openai/chat/completions",
            key_variable="GEMINI_API_KEY",
        ),
        Provider(
            name="openai-compatible",
            title="OpenAI-compatible",
            default_base_url=None,
            auth="bearer",
            error_format="openai",
            injects_usage=True,
            models_path="/v1/models",
            chat_path="/v1/chat/completions",
        ),
    )
}


def provider(name: str) -> Provider:
    """The provider of a name; ConfigError names the nearest known one."""
    found = PROVIDERS.get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, PROVIDERS, n=1)
    hint = f"did you mean {near[0]}?" if near else "use one of " + ", ".join(PROVIDERS)
    raise ConfigError(f"unknown provider {name[:60]!r}", hint=hint)


def upstream_path(base_url: str, path: str) -> str:
    """The path at the provider: the base URL's path, then the request's.

    Where the base's last segments are the request's first ones (`.../v1` and `/v1/models`), they are not repeated.
    A base with a path of its own that the request does not repeat is simply put in front, and a base that ends in a
    version takes a request without one as it is.
    """
    rest = base_url.partition("://")[2]
    base = ("/" + rest.partition("/")[2]).rstrip("/")
    segments = base.split("/")[1:]
    for count in range(len(segments), 0, -1):
        overlap = "/" + "/".join(segments[-count:])
        if path == overlap or path.startswith(overlap + "/"):
            return base + path[len(overlap) :]
    return base + (path or "/")
