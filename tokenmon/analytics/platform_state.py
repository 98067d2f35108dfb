"""The state of one platform, its health and its headroom: what `platform show` and the HTTP API tell alike."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tokenmon.analytics.health import PlatformHealth, health_json, platform_health
from tokenmon.core.headroom import Headroom, headroom_json, in_force
from tokenmon.core.platform import Platform
from tokenmon.storage.store import Store


@dataclass(frozen=True, slots=True)
class PlatformState:
    """How a platform's calls went lately, and what its provider last said of its rate limits."""

    health: PlatformHealth
    headroom: tuple[Headroom, ...]


def read_state(store: Store, platform: Platform, *, now: datetime) -> PlatformState:
    """The state of a platform that is stored."""
    health = platform_health(store, [platform], now=now)[0]
    stated = [one for one in store.headroom() if one.platform == platform.name]
    return PlatformState(health, tuple(in_force(stated, now=now)))


def state_json(state: PlatformState) -> dict[str, Any]:
    """The keys `health` and `headroom`."""
    return {
        "health": health_json(state.health),
        "headroom": [headroom_json(one) for one in state.headroom],
    }
