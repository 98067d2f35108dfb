"""`tokenmon run`: which platforms a command's SDKs are pointed at, and by which variables."""

import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.commands.runner import Home
from tokenmon.core.platform import Platform
from tokenmon.launch import chosen_platforms, proxy_variables
from tokenmon.providers.registry import PROVIDERS

NOW = datetime(2026, 11, 23, tzinfo=UTC)
URL = "http://127.0.0.1:8484"


def platforms(*names: str) -> list[Platform]:
    return [Platform(id=name, name=f"my-{name}", provider_name=name, created_at=NOW, sealed_key=b"x") for name in names]


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_has_variables(name: str) -> None:
    variables = proxy_variables(URL, chosen_platforms(platforms(name), None), "tm-key")

    assert any(value.startswith(f"{URL}/my-{name}") for value in variables.values())
    assert "tm-key" in variables.values()


@pytest.mark.parametrize(
    ("names", "base_url"),
    [
        (("groq", "openai"), f"{URL}/my-openai/v1"),
        (("groq", "mistral"), f"{URL}/my-mistral/v1"),
        (("openai-compatible", "groq"), f"{URL}/my-groq/openai/v1"),
        (("zai",), f"{URL}/my-zai/api/paas/v4"),
    ],
)
def test_openais_sdk_has_room_for_one(names: tuple[str, ...], base_url: str) -> None:
    variables = proxy_variables(URL, chosen_platforms(platforms(*names), None), None)

    assert variables == {"OPENAI_BASE_URL": base_url}


def test_a_named_platform_is_the_only_one() -> None:
    chosen = chosen_platforms(platforms("openai", "groq"), "my-groq")

    assert list(chosen) == ["groq"]


def test_a_command_does_not_wait_for_a_slow_webhook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path, monkeypatch)
    home.run("platform", "add", "work", "--provider", "openai", "--no-key", "--quota", "1 request")
    home.run("report", "--platform", "work", "--model", "m", "--input-tokens", "1", "--output-tokens", "1")
    monkeypatch.setenv("TOKENMON_PROXY_PORT", "0")
    monkeypatch.setenv("TOKENMON_ALERTS_WEBHOOK_ALLOW_PRIVATE", "true")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("TOKENMON_ALERTS_WEBHOOK_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/hook")

        began = time.monotonic()
        done = home.run("run", "--", "true")

    assert done.code == 0
    assert time.monotonic() - began < 8
