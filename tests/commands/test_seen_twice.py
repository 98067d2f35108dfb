"""One call, seen by the real proxy and told again by the provider's own export: it counts once."""

import asyncio
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tests.commands.runner import Home
from tests.ingest.files.test_formats import GENERATION, LITELLM, OPENROUTER, as_csv, as_lines
from tests.proxy.running import platform, provider_of, recorded, running_proxy
from tests.proxy.servers import scripted_server
from tokenmon.demo.replies import Reply

PROJECT = {"authorization": "Bearer sk-own", "x-tokenmon-project": "shop"}


def call_through_proxy(provider: str, content: dict[str, object]) -> None:
    """One chat call with a key of one's own, through the proxy to a provider that answers with the content."""

    async def work() -> None:
        answering = provider_of(Reply("application/json", (json.dumps(content).encode(),)))
        async with (
            scripted_server(answering.handler) as port,
            running_proxy(platform("there", f"http://127.0.0.1:{port}/v1", provider=provider)) as proxy,
        ):
            body = {"model": content["model"], "messages": []}
            answer = await proxy.client.post("/there/v1/chat/completions", json=body, headers=PROJECT)
            assert answer.status_code == 200

    asyncio.run(asyncio.wait_for(work(), 30))


def test_a_call_of_openrouter_counts_once(home: Home, tmp_path: Path) -> None:
    usage = {
        "prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200, "cost": 0.00123,
        "prompt_tokens_details": {"cached_tokens": 400}, "completion_tokens_details": {"reasoning_tokens": 50},
    }  # fmt: skip
    call_through_proxy("openrouter", {"id": GENERATION, "model": "openai/gpt-5.4", "choices": [], "usage": usage})
    before = recorded()
    (tmp_path / "activity.csv").write_text(as_csv(OPENROUTER), encoding="utf-8")

    done = home.run("import", "file", str(tmp_path / "activity.csv"))

    assert "stored 0, known before 1" in done.err
    # What only the export knows may be added to the call; what was recorded stays.
    (after,) = recorded()
    assert after == replace(
        before[0],
        tags=after.tags,
        conversation_id=after.conversation_id,
        time_to_first_chunk_ms=after.time_to_first_chunk_ms,
    )
    assert [(one.project, one.cost, one.cost_source) for one in before] == [("shop", Decimal("0.00123"), "provider")]


def test_a_call_of_litellm_with_the_providers_id_counts_once(home: Home, tmp_path: Path) -> None:
    log = {**LITELLM, "model": "gpt-4o", "model_group": "gpt-4o", "custom_llm_provider": "openai", "metadata": {}}
    usage = {"prompt_tokens": 1100, "completion_tokens": 200, "total_tokens": 1300}
    call_through_proxy("openai", {"id": log["request_id"], "model": "gpt-4o", "choices": [], "usage": usage})
    (tmp_path / "spend.jsonl").write_text(as_lines(log), encoding="utf-8")

    done = home.run("import", "file", str(tmp_path / "spend.jsonl"))

    assert "stored 0, known before 1" in done.err
    assert [(one.source, one.project) for one in recorded()] == [("proxy", "shop")]
