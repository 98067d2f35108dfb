"""A price list as JSON, in the library's format: a few real-looking models and as many more as a test needs."""

import json
from typing import Any


def model(name: str, **prices: float) -> dict[str, Any]:
    """A model that is matched by its own name."""
    return {"id": name, "match": {"equals": name}, "prices": prices}


def providers(*, extra: int = 0, gpt_4o_input: float = 2.5) -> list[dict[str, Any]]:
    """Three providers with the models that every list has, and `extra` others."""
    others = [model(f"other-{number}", input_mtok=1, output_mtok=2) for number in range(extra)]
    return [
        _provider("openai", [model("gpt-4o", input_mtok=gpt_4o_input, output_mtok=10), *others]),
        _provider("anthropic", [model("claude-sonnet-4-5", input_mtok=3, output_mtok=15, cache_read_mtok=0.3)]),
        _provider("google", [model("gemini-2.5-flash", input_mtok=0.3, output_mtok=2.5)]),
    ]


def _provider(name: str, models: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": name, "name": name.title(), "api_pattern": f"https://api\\.{name}\\.example", "models": models}


def as_bytes(content: object) -> bytes:
    """A list as a file holds it."""
    return json.dumps(content).encode()
