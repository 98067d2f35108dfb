"""Who serves a model, by its name: for logs that name the model and not the provider."""

import re
from functools import lru_cache

# The names under which tools log providers, where they are not ours.
PROVIDER_NAMES = {
    "google": "gemini", "google-vertex": "vertex", "google-vertex-anthropic": "vertex", "vertex_ai": "vertex",
    "amazon-bedrock": "bedrock", "aws-bedrock": "bedrock", "azure-openai": "azure", "x-ai": "xai", "grok": "xai",
    "moonshotai": "moonshot", "moonshotai-cn": "moonshot", "kimi": "moonshot", "kimi-for-coding": "moonshot",
    "zhipuai": "zai", "zai-coding-plan": "zai", "z-ai": "zai", "qwen": "alibaba", "dashscope": "alibaba",
    "togetherai": "together", "fireworks-ai": "fireworks", "claude": "anthropic", "gpt": "openai", "codex": "openai",
    "chatgpt": "openai", "openai-codex": "openai", "mistralai": "mistral", "lm-studio": "lmstudio",
    "gemini-cli": "gemini", "google-gemini-cli": "gemini", "claude-code": "anthropic",
}  # fmt: skip
# From the start of a model's name, after any path in front of it.
MAKERS = (
    ("claude", "anthropic"), ("gpt", "openai"), ("chatgpt", "openai"), ("codex", "openai"), ("o1", "openai"),
    ("o3", "openai"), ("o4", "openai"), ("gemini", "gemini"), ("grok", "xai"), ("glm", "zai"), ("kimi", "moonshot"),
    ("k2", "moonshot"), ("deepseek", "deepseek"), ("qwen", "alibaba"), ("mistral", "mistral"),
    ("devstral", "mistral"), ("codestral", "mistral"), ("command-", "cohere"),
)  # fmt: skip
UNKNOWN = "unknown"


def provider_named(name: object) -> str | None:
    """Our name of a provider that a log names; None when it names none."""
    if name.__class__ is not str or not name:
        return None
    lower = str(name).strip().lower()
    return PROVIDER_NAMES.get(lower, lower)[:64] or None


@lru_cache(maxsize=4096)
def maker_of(model: str | None, default: str = UNKNOWN) -> str:
    """The provider whose models are named like this one."""
    if not model:
        return default
    name = re.split(r"[/:]", model.lower())[-1]
    return next((maker for start, maker in MAKERS if name.startswith(start)), default)
