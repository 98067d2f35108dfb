"""The providers by name: where they are, how they take a key, and which wire they speak.

Vendors that share a wire format differ by these data, not by code. Sources: each provider's API reference, as
gathered in its public documentation of base URLs and authentication.
"""

import difflib
from collections.abc import Mapping

from tokenmon.errors import ConfigError
from tokenmon.providers.hosted import HOSTED
from tokenmon.providers.provider import AuthScheme, ErrorFormat, Provider

__all__ = ["PROVIDERS", "AuthScheme", "ErrorFormat", "Provider", "provider", "upstream_path"]

ANTHROPIC_VERSION = ((b"anthropic-version", b"2023-06-01"),)

PROVIDERS: Mapping[str, Provider] = {
    one.name: one
    for one in (
        Provider(
            name="openai",
            title="OpenAI",
            default_base_url="https://api.openai.com/v1",
            key_variable="OPENAI_API_KEY",
        ),
        Provider(
            name="anthropic",
            title="Anthropic",
            default_base_url="https://api.anthropic.com",
            auth="x-api-key",
            openai_auth="bearer",
            error_format="anthropic",
            key_variable="ANTHROPIC_API_KEY",
            extra_headers=ANTHROPIC_VERSION,
            families=("anthropic", "openai"),
        ),
        Provider(
            name="azure",
            title="Azure OpenAI",
            default_base_url=None,
            auth="api-key",
            models_path="/openai/v1/models",
            chat_path="/openai/v1/chat/completions",
            key_variable="AZURE_OPENAI_API_KEY",
        ),
        Provider(
            name="gemini",
            title="Google Gemini",
            default_base_url="https://generativelanguage.googleapis.com",
            auth="x-goog-api-key",
            openai_auth="bearer",
            error_format="gemini",
            models_path="/v1beta/models",
            chat_path="/v1beta/openai/chat/completions",
            key_variable="GEMINI_API_KEY",
            families=("gemini", "openai"),
        ),
        Provider(
            name="vertex",
            title="Google Vertex AI",
            default_base_url="https://aiplatform.googleapis.com",
            error_format="gemini",
            injects_usage=False,
            models_path="/v1beta1/publishers/google/models",
            chat_path="/v1/endpoints/openapi/chat/completions",
            families=("vertex", "gemini", "openai"),
        ),
        Provider(
            name="bedrock",
            title="Amazon Bedrock",
            default_base_url="https://bedrock-runtime.us-east-1.amazonaws.com",
            models_path="/openai/v1/models",
            chat_path="/openai/v1/chat/completions",
            key_variable="AWS_BEARER_TOKEN_BEDROCK",
            families=("bedrock", "openai", "anthropic"),
        ),
        Provider(
            name="bedrock-mantle",
            title="Amazon Bedrock (OpenAI-compatible)",
            default_base_url="https://bedrock-mantle.us-east-1.api.aws",
            key_variable="AWS_BEARER_TOKEN_BEDROCK",
        ),
        Provider(
            name="cohere",
            title="Cohere",
            default_base_url="https://api.cohere.com",
            injects_usage=False,
            chat_path="/compatibility/v1/chat/completions",
            key_variable="CO_API_KEY",
            families=("cohere", "openai"),
        ),
        *HOSTED,
        Provider(
            name="openai-compatible",
            title="OpenAI-compatible",
            default_base_url=None,
            families=("ollama", "gemini", "bedrock", "openai", "anthropic"),
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
