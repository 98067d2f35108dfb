"""What tokenmon must know of a provider; the providers themselves stand in `registry.py` and `hosted.py`."""

from dataclasses import dataclass
from typing import Literal

AuthScheme = Literal["bearer", "x-api-key", "api-key", "x-goog-api-key"]
ErrorFormat = Literal["openai", "anthropic", "gemini"]
# Families of endpoints, whose tables stand in `routes.py`.
Family = Literal[
    "openai", "anthropic", "gemini", "vertex", "bedrock", "cohere", "ollama", "mistral", "writer", "snowflake",
    "alibaba", "voyage", "xai",
]  # fmt: skip
CostRule = Literal["openrouter", "ticks", "total_cost"]


@dataclass(frozen=True, slots=True)
class Provider:
    """What the proxy must know of a provider.

    `injects_usage` tells whether chat streams state usage only when asked by `stream_options.include_usage`.
    `models_path` lists models at no cost; `chat_path` takes OpenAI-format chat. Both are relative to the base URL,
    whose last segments they may repeat (see `upstream_path`). `key_variable` is where the SDKs look for a key.
    `families` names its endpoints, the first match counts. `cost_rule` says how it states the cost of a call, None
    when it does not. `openai_auth` is how its OpenAI-compatible endpoints take the key, where that differs. Calls of a
    provider that `is_free` cost nothing: it runs on the user's own machine.
    """

    name: str
    title: str
    default_base_url: str | None
    auth: AuthScheme = "bearer"
    error_format: ErrorFormat = "openai"
    injects_usage: bool = True
    models_path: str = "/v1/models"
    chat_path: str = "/v1/chat/completions"
    key_variable: str | None = None
    extra_headers: tuple[tuple[bytes, bytes], ...] = ()
    families: tuple[Family, ...] = ("openai", "anthropic")
    cost_rule: CostRule | None = None
    openai_auth: AuthScheme | None = None
    is_free: bool = False

    @property
    def needs_key(self) -> bool:
        """Whether calls need a key of the provider's: local servers mostly take none."""
        return not self.is_free
