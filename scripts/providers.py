"""Writes `docs/providers.md` from the registry and the tables of endpoints: run after either changed."""

from pathlib import Path

from tokenmon.providers.endpoint import endpoint
from tokenmon.providers.provider import Family, Provider
from tokenmon.providers.registry import PROVIDERS
from tokenmon.providers.routes import ROUTES, Route

PAGE = Path(__file__).parent.parent / "docs" / "providers.md"

INTRODUCTION = """\
# Providers

Made by `scripts/providers.py` from the registry and the tables of endpoints; a test compares them.

tokenmon counts what a provider states, and says so (`usage_source` is `provider`). Where nothing is stated, a stream of
text is estimated (`estimated`, or `partial` where it was cut short), and anything else stays unknown (`none`, counts
`null`): never 0. Endpoints that are not listed are passed on and not recorded.

| word | meaning |
| --- | --- |
| exact | the answer states its usage, whole or streamed |
| exact, asked for | a stream states its usage only when asked: tokenmon asks, and takes the extra chunk out again |
| exact, once | an object that is fetched again and again until it is done; its id makes it count once |
| exact with most models | older ones state nothing (DALL-E, the first embeddings, some of Bedrock's) and stay unknown |
| not seen | the call is recorded, its usage is not stated and stays unknown |
| not recorded | costs nothing: counting tokens |
"""
KNOWLEDGE = {
    "exact": "exact", "asked": "exact, asked for", "polled": "exact, once", "some": "exact with most models",
    "none": "not seen", "unbilled": "not recorded",
}  # fmt: skip
COSTS = {
    None: "-",
    "openrouter": "`usage.cost`; with a key of one's own there, `upstream_inference_cost`",
    "ticks": "`cost_in_usd_ticks`",
    "total_cost": "`usage.cost.total_cost`",
}
FAMILIES: dict[Family, str] = {
    "openai": "OpenAI's format",
    "anthropic": "Anthropic's format",
    "gemini": "Google's format",
    "vertex": "Vertex AI",
    "bedrock": "Amazon Bedrock",
    "cohere": "Cohere's own API",
    "ollama": "Ollama's own API",
    "mistral": "Mistral",
    "writer": "Writer",
    "snowflake": "Snowflake Cortex",
    "alibaba": "Alibaba's own API",
    "voyage": "Voyage AI",
    "xai": "xAI",
}


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, _providers(), "## Endpoints\n\nA path's end counts, whatever stands before it.\n"]
    parts += [_family(family, title) for family, title in FAMILIES.items()]
    return "\n".join(parts)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _providers() -> str:
    head = ("provider", "base URL", "key goes in", "streams' usage", "states a cost", "formats")
    rows = [_provider(one) for one in PROVIDERS.values()]
    note = "A base URL marked * depends on your account or region: give it with `--base-url`.\n"
    return f"## Named providers\n\n{_table(head, rows)}\n{note}"


def _provider(one: Provider) -> tuple[str, ...]:
    key = "`Authorization: Bearer`" if one.auth == "bearer" else f"`{one.auth}`"
    if not one.needs_key:
        key = "none needed"
    asked = endpoint(one, "POST", one.chat_path).injectable and one.injects_usage
    cost = "free: runs on your machine" if one.is_free else COSTS[one.cost_rule]
    regional = "*" if one.default_base_url is not None and "us-east-1" in one.default_base_url else ""
    base = "*" if one.default_base_url is None else f"`{one.default_base_url}`{regional}"
    families = ", ".join(FAMILIES[family] for family in one.families)
    return f"`{one.name}`", base, key, "asked for" if asked else "comes unasked", cost, families


def _family(family: Family, title: str) -> str:
    speakers = ", ".join(f"`{one.name}`" for one in PROVIDERS.values() if family in one.families)
    rows = [(f"`{route.method} {_path(route)}`", route.operation_name, _known(route)) for route in ROUTES[family]]
    return f"### {title}\n\nSpoken by {speakers}.\n\n{_table(('endpoint', 'operation', 'usage'), rows)}"


def _path(route: Route) -> str:
    return route.path.replace("{arn}", "{model}").replace("/*", "/{id}")


def _known(route: Route) -> str:
    is_session = route.wire in ("openai_realtime", "gemini_live")
    return "exact, for each response of the session" if is_session else KNOWLEDGE[route.knows]


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
