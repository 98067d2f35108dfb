"""Providers as other tools call them, by our names; and the provider of a model whose file names none."""

import re

# LiteLLM's, Helicone's and OpenTelemetry's names where they are not ours.
NAMES = {
    "vertex_ai": "vertex", "vertexai": "vertex", "google_vertex": "vertex", "gcp.vertex_ai": "vertex",
    "google": "gemini", "google_ai_studio": "gemini", "gcp.gemini": "gemini", "google-ai-studio": "gemini",
    "azure_openai": "azure", "azure.ai.openai": "azure", "azure_ai": "azure",
    "aws": "bedrock", "aws.bedrock": "bedrock", "bedrock_converse": "bedrock", "amazon_bedrock": "bedrock",
    "x_ai": "xai", "x-ai": "xai", "x": "xai", "mistral_ai": "mistral", "mistralai": "mistral",
    "moonshotai": "moonshot", "moonshot_ai": "moonshot",
    "together_ai": "together", "togetherai": "together", "fireworks_ai": "fireworks", "cohere_chat": "cohere",
    "hosted_vllm": "vllm", "lm_studio": "lmstudio", "ollama_chat": "ollama", "text-completion-openai": "openai",
}  # fmt: skip
# The makers' names for their models, which no one else uses for a model of theirs.
MODELS = (
    ("openai", re.compile(r"(gpt|chatgpt|o[1-9]|text-embedding|dall-e|whisper|tts|codex|davinci|babbage)\b")),
    ("anthropic", re.compile(r"claude\b")),
    ("gemini", re.compile(r"gemini\b")),
    ("deepseek", re.compile(r"deepseek\b")),
    ("mistral", re.compile(r"(mistral|magistral|codestral|ministral|pixtral|devstral)\b")),
    ("xai", re.compile(r"grok\b")),
    ("cohere", re.compile(r"(command|embed|rerank)-")),
)  # fmt: skip


def provider_named(word: str | None) -> str | None:
    """Our name of a provider, as it stands where we have none."""
    if word is None:
        return None
    name = word.strip().lower().replace(" ", "_")
    return NAMES.get(name, name.replace("_", "-") if name.replace("_", "-") in NAMES.values() else name) or None


def provider_of_model(model: str | None) -> str | None:
    """The provider whose own name a model bears; None when that says nothing."""
    name = (model or "").lower()
    return next((provider for provider, pattern in MODELS if pattern.match(name)), None)


def without_provider(model: str | None, provider: str | None) -> str | None:
    """A model without the provider's name before it, as routers write them (`openai/gpt-4o`)."""
    if model is None or provider in (None, "openrouter", "huggingface"):
        return model
    before, slash, rest = model.partition("/")
    return rest if slash and provider_named(before) == provider else model
