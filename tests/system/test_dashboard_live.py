"""A call that another process stores comes on the dashboard's screen by itself; so does a line of a watched log.

How soon is measured in `benchmarks/dashboard.py`: a deadline here would only tell how busy the machine is.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from tests.ingest.importers.test_claude_code import FILE, SONNET, answer
from tests.system.process import add_platform, create_key, environment, proxy_process, tokenmon, typed_here
from tests.system.upstream import upstream
from tokenmon.session import open_session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.widgets.call_table import CallTable

DEADLINE_SECONDS = 60
CALL = ("--platform", "work", "--model", "far-away", "--input-tokens", "9", "--output-tokens", "1")


def watch_dashboard(act: Callable[[], Awaitable[None]], model: str) -> None:
    """Open a dashboard, do something elsewhere, and return once a call of the model is in its table."""

    def is_shown(app: Dashboard) -> bool:
        table = app.screen.query_one(CallTable)
        return any(model in table.row_text(key) for key in table.keys)

    async def run() -> None:
        with open_session() as session:
            app = Dashboard(session)
            async with app.run_test(size=(120, 40)) as pilot:
                await app.workers.wait_for_complete()
                await pilot.pause()
                assert not is_shown(app)
                await act()
                ends_at = time.monotonic() + DEADLINE_SECONDS
                while not is_shown(app):
                    assert time.monotonic() < ends_at, "the call did not come on screen"
                    await asyncio.sleep(0.01)

    asyncio.run(run())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path))
    monkeypatch.setenv("TOKENMON_TIMEZONE", "UTC")
    return tmp_path


def test_a_call_that_is_reported_elsewhere_comes_on_screen(home: Path) -> None:
    typed_here(home, "platform", "add", "work", "--provider", "openai", "--no-key")

    async def report() -> None:
        await asyncio.to_thread(tokenmon, home, "report", *CALL)

    watch_dashboard(report, "far-away")


def test_a_call_through_the_proxy_comes_on_screen(home: Path) -> None:
    with upstream() as provider:
        add_platform(home, "work", "openai", f"http://127.0.0.1:{provider.port}/v1")
        key = create_key(home, "me")
        with proxy_process(home) as proxy:

            async def ask() -> None:
                async with httpx.AsyncClient() as client:
                    answered = await client.post(
                        f"http://127.0.0.1:{proxy.port}/work/v1/chat/completions",
                        json={"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]},
                        headers={"authorization": f"Bearer {key}"},
                    )
                assert answered.status_code == 200

            watch_dashboard(ask, "gpt-4o")


def test_a_line_of_a_watched_log_comes_on_screen(home: Path, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "projects" / FILE
    log.parent.mkdir(parents=True)
    log.write_text("")
    command = [sys.executable, "-m", "tokenmon", "import", "claude-code", "--path", str(tmp_path / "logs"), "--watch"]
    typed_here(home, "db", "info")
    watching = subprocess.Popen(
        [*command, "--json"], env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert watching.stdout is not None

        async def write() -> None:
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(answer()) + "\n")
                file.flush()
                os.fsync(file.fileno())

        watch_dashboard(write, SONNET)
    finally:
        watching.terminate()
        watching.communicate(timeout=30)
