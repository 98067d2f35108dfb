"""The condition of one platform, its health and its headroom: what `platform show` and the HTTP API tell alike."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tokenmon.analytics.health import PlatformHealth, health_json, platform_health
from tokenmon.core.headroom import Headroom, headroom_json, in_force
from tokenmon.core.platform import Platform
from tokenmon.storage.store import Store


@dataclass(frozen=True, slots=True)
class Condition:
    """How a platform's calls went lately, and what its provider last said of its rate limits."""

    health: PlatformHealth
    headroom: tuple[Headroom, ...]


def read_condition(store: Store, platform: Platform, *, now: datetime) -> Condition:
    """The condition of a platform that is stored."""
    health = platform_health(store, [platform], now=now)[0]
    stated = [one for one in store.headroom() if one.platform == platform.name]
    return Condition(health, tuple(in_force(stated, now=now)))


def condition_json(condition: Condition) -> dict[str, Any]:
    """The keys `health` and `headroom`."""
    return {
        "health": health_json(condition.health),
        "headroom": [headroom_json(one) for one in condition.headroom],
    }
