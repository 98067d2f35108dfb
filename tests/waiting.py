"""Waiting for what another process or thread brings about: looked at again and again, never longer than a deadline."""

import time
from collections.abc import Callable

LOOK_SECONDS = 0.01


def wait_until(claim: Callable[[], bool], *, seconds: float = 30) -> None:
    """Return as soon as the claim holds; fail when it does not within the time."""
    ends_at = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < ends_at, "what was waited for did not happen in time"
        time.sleep(LOOK_SECONDS)
