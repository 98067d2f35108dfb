"""The official SDKs, sync and async, streams and not, through the real proxy process over a socket."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from google import genai

from tests.system.process import add_platform, create_key, proxy_process, tokenmon, told_here, typed_here
from tokenmon.demo.provider import PROVIDER_KEY, SampleProvider
from tokenmon.launch import background_loop

MESSAGES: Any = [{"role": "user", "content": "How many tokens is this?"}]


@dataclass(frozen=True)
class Running:
    """A proxy with one platform of each provider, before a sample provider that keeps its ledger."""

    url: str
    key: str
    home: Path
    provider: SampleProvider

    def stated(self) -> tuple[int, int, int]:
        """Answers, input and output tokens that the provider stated."""
        return self.provider.answered, self.provider.input_tokens, self.provider.output_tokens


@contextmanager
def sample_provider() -> Iterator[SampleProvider]:
    with background_loop() as run:
        provider = SampleProvider()
        run(provider.start()).result()
        yield provider
        run(provider.close()).result()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("sdk")
    with sample_provider() as provider:
        for name, path in (("openai", "/v1"), ("anthropic", ""), ("azure", ""), ("gemini", "")):
            add_platform(home, name, name, f"http://127.0.0.1:{provider.port}{path}", key=PROVIDER_KEY)
        key = create_key(home, "sdk")
        with proxy_process(home) as process:
            yield Running(f"http://127.0.0.1:{process.port}", key, home, provider)


def recorded(running: Running, answers: int) -> tuple[int, int, int]:
    """The whole answers on record, once all of them are there."""
    waiting = threading.Event()
    for _ in range(200):
        records = [one for one in told_here(running.home, "logs", "--limit", "10000") if one["status"] == 200]
        if len(records) >= answers:
            break
        waiting.wait(0.05)
    return len(records), sum(one["input_tokens"] for one in records), sum(one["output_tokens"] for one in records)


def use_openai(client: openai.OpenAI) -> None:
    client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    chunks = list(client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True))
    assert all(chunk.choices for chunk in chunks), "the usage chunk that nobody asked for is taken out"
    asked = client.chat.completions.create(
        model="gpt-4o", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    assert list(asked)[-1].usage is not None
    client.responses.create(model="gpt-5", input="How many?")
    assert [event.type for event in client.responses.create(model="gpt-5", input="How many?", stream=True)]
    client.embeddings.create(model="text-embedding-3-small", input="a text")
    client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Once")


async def use_openai_async(client: openai.AsyncOpenAI) -> None:
    await client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    async for chunk in await client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True):
        assert chunk.choices
    async for _ in await client.responses.create(model="gpt-5", input="How many?", stream=True):
        pass
    await client.close()


def use_anthropic(client: anthropic.Anthropic) -> None:
    client.messages.create(model="claude-sonnet-5", max_tokens=64, messages=MESSAGES)
    with client.messages.stream(model="claude-sonnet-5", max_tokens=64, messages=MESSAGES) as stream:
        assert stream.get_final_message().usage.output_tokens > 0


async def use_anthropic_async(client: anthropic.AsyncAnthropic) -> None:
    await client.messages.create(model="claude-sonnet-5", max_tokens=64, messages=MESSAGES)
    async with client.messages.stream(model="claude-sonnet-5", max_tokens=64, messages=MESSAGES) as stream:
        assert (await stream.get_final_message()).content
    await client.close()


def use_gemini(client: genai.Client) -> None:
    assert client.models.generate_content(model="gemini-2.5-flash", contents="How many?").text
    assert list(client.models.generate_content_stream(model="gemini-2.5-flash", contents="How many?"))


async def use_gemini_async(client: genai.Client) -> None:
    assert (await client.aio.models.generate_content(model="gemini-2.5-flash", contents="How many?")).text
    async for chunk in await client.aio.models.generate_content_stream(model="gemini-2.5-flash", contents="How many?"):
        assert chunk.candidates
    await client.aio.aclose()


# Where aiohttp is installed, the SDK of Google takes it and derives from its session.
@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
def test_every_sdk_gets_its_answers_and_every_token_is_recorded(running: Running) -> None:
    base, key = running.url, running.key
    with openai.OpenAI(base_url=f"{base}/openai/v1", api_key=key) as client:
        use_openai(client)
    asyncio.run(use_openai_async(openai.AsyncOpenAI(base_url=f"{base}/openai/v1", api_key=key)))
    azure = openai.AzureOpenAI(azure_endpoint=f"{base}/azure", api_key=key, api_version="2024-10-21")
    azure.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert list(azure.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True))
    azure.close()
    with anthropic.Anthropic(base_url=f"{base}/anthropic", api_key=key) as claude:
        use_anthropic(claude)
    asyncio.run(use_anthropic_async(anthropic.AsyncAnthropic(base_url=f"{base}/anthropic", api_key=key)))
    gemini = genai.Client(api_key=key, http_options={"base_url": f"{base}/gemini"})
    use_gemini(gemini)
    asyncio.run(use_gemini_async(gemini))
    gemini.close()

    stated = running.stated()

    assert stated[0] >= 20
    assert recorded(running, stated[0]) == stated


def test_a_wrong_client_key_is_the_sdks_own_error(running: Running) -> None:
    with (
        openai.OpenAI(base_url=f"{running.url}/openai/v1", api_key="tm-wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError, match="unknown or revoked"),
    ):
        client.models.list()
    with (
        anthropic.Anthropic(base_url=f"{running.url}/anthropic", api_key="tm-wrong", max_retries=0) as claude,
        pytest.raises(anthropic.AuthenticationError),
    ):
        claude.messages.create(model="claude-sonnet-5", max_tokens=8, messages=MESSAGES)


def test_the_platform_test_command_lists_models(running: Running) -> None:
    results = [told_here(running.home, "platform", "test", name) for name in ("openai", "anthropic", "gemini")]

    assert [result["ok"] for result in results] == [True, True, True]


def test_run_points_an_sdk_at_the_proxy_and_takes_its_key_back(running: Running) -> None:
    script = (
        "import openai; print(openai.OpenAI().chat.completions.create(model='gpt-4o', messages=[]).usage.total_tokens)"
    )
    port = running.url.rpartition(":")[2]

    done = tokenmon(running.home, "run", "--", sys.executable, "-c", script, TOKENMON_PROXY_PORT=port)

    keys = told_here(running.home, "key", "list")
    assert int(done.stdout) > 0
    assert [key["revoked_at"] is None for key in keys if key["name"].startswith("run-")] == [False]


def test_a_quota_in_trouble_is_told_in_response_headers(running: Running) -> None:
    typed_here(running.home, "platform", "edit", "openai", "--quota", "10 tokens")
    waiting = threading.Event()
    headers: dict[str, str] = {}
    with openai.OpenAI(base_url=f"{running.url}/openai/v1", api_key=running.key) as client:
        client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
        for _ in range(100):
            headers = dict(client.models.with_raw_response.list().headers)
            if "x-tokenmon-warning" in headers:
                break
            waiting.wait(0.1)

    assert headers["x-tokenmon-warning"] == "monthly quota of openai: exceeded"
    assert "unit=tokens" in headers["x-tokenmon-quota"]
