"""The dashboard in a real browser: it is drawn, heeds keys, and asks nobody else for anything."""

import shutil
import signal
from pathlib import Path

import pytest

from tests.system.process import tokenmon
from tests.system.web import WebProcess, browser
from tests.waiting import wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
CALL = ("report", "--platform", "work", "--model", "gpt-4o", "--input-tokens", "1200", "--output-tokens", "300")


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine")
def test_a_browser_draws_the_dashboard_heeds_keys_and_asks_nobody_else(tmp_path: Path) -> None:
    home = tmp_path / "home"
    tokenmon(home, "platform", "add", "work", "--provider", "openai", "--no-key")
    tokenmon(home, *CALL)
    with WebProcess(home) as served, browser(CHROMIUM, tmp_path / "profile") as page:
        page.do("Page.navigate", url=served.url)
        wait_until(lambda: bool(page.run("document.body?.classList.contains('-first-byte')")))
        address, title = page.run("location.href"), page.run("document.title")
        wait_until(lambda: page.brightness() < 60)

        # Our light theme.
        page.do("Input.insertText", text="t")
        wait_until(lambda: page.brightness() > 180)

        page.do("Input.insertText", text="q")
        wait_until(lambda: bool(page.run("document.body.classList.contains('-closed')")))
        asked = {url.removeprefix("http").removeprefix("ws").partition("?")[0] for url in page.requested}
        code, _ = served.end(signal.SIGTERM)

    own = served.url.partition("/?")[0]
    assert (address, title, code) == (f"{own}/", "tokenmon", 0)
    assert {url for url in asked if not url.startswith(own.removeprefix("http") + "/") and url[:5] != "data:"} == set()
    assert f"{own.removeprefix('http')}/ws" in asked
