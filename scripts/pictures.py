"""Draws `docs/pictures/`, which the README shows: the demo's past at a fixed moment, each time in the same bytes."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from tokenmon.config import Settings
from tokenmon.core.platform import Platform
from tokenmon.demo.history import official_limits, past_calls
from tokenmon.demo.provider import PROVIDER_KEY, SEED
from tokenmon.demo.runner import PLATFORMS, SUBSCRIPTION
from tokenmon.session import Session
from tokenmon.tui.picture import take_picture
from tokenmon.tui.tabs import NAMES
from tokenmon.tui.theme import DARK, LIGHT

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
NOW = datetime(2026, 11, 20, 14, 52, tzinfo=UTC)
SIZE = (120, 36)
# What is pressed before a screen is drawn, where its first sight does not tell what it can do.
KEYS = {"breakdown": ("space",), "calls": ("enter",)}
# Providers that have no address of their own.
ADDRESSES = {"azure": "https://example.openai.azure.com", "local": "http://127.0.0.1:11434/v1"}
IN_LIGHT = "overview"


class PastSession(Session):
    """A session for which it is always the same moment."""

    def now(self) -> datetime:
        """That moment."""
        return NOW


def main() -> None:
    """Draw every screen in the dark, and one in the light."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    # A home of its own: no price list and no settings of whoever runs this.
    with (
        tempfile.TemporaryDirectory() as home,
        patch.dict(os.environ, {"TOKENMON_HOME": home, "TERM": "xterm-256color"}),
    ):
        os.environ.pop("NO_COLOR", None)
        session = PastSession(
            Settings(
                timezone="Europe/Berlin",
                database_url=f"sqlite:///{home}/demo.db",
                machine="laptop",
                dash_numbers="1,234.56",
            )
        )
        fill(session)
        for name in NAMES:
            draw(session, name, name, DARK.name)
        draw(session, IN_LIGHT, f"{IN_LIGHT}-light", LIGHT.name)
        session.close()


def fill(session: Session) -> None:
    """Store the demo's platforms and its past."""
    for number, (name, provider_name, _, prices, quota) in enumerate(PLATFORMS):
        session.store.add_platform(
            Platform(
                id=f"p{number}",
                name=name,
                provider_name=provider_name,
                created_at=NOW,
                base_url=ADDRESSES.get(name),
                sealed_key=b"sealed",
                key_hint=PROVIDER_KEY[-4:],
                prices=prices,
                quota=quota,
                billing="subscription" if name == SUBSCRIPTION else "metered",
            )
        )
    session.recorder().record(list(past_calls(NOW, seed=SEED)))
    session.store.save_official_limits(official_limits(NOW, session.settings.machine))


def draw(session: Session, screen: str, name: str, theme: str) -> None:
    """Draw one screen into one file."""
    svg = take_picture(session, screen=screen, size=SIZE, theme=theme, keys=KEYS.get(screen, ()))
    (FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
