"""Platforms as they are made and changed: from what a person typed to a checked platform, or an error that says why.

The one place for the command line and the dashboard's forms. Nothing is stored or sealed here.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import get_args

from tokenmon.core.platform import Platform, check_base_url, check_platform_name
from tokenmon.core.platform_words import key_hint, parse_price, parse_quota
from tokenmon.core.price_rule import PriceOverride
from tokenmon.core.record import Billing
from tokenmon.errors import ConfigError
from tokenmon.providers.registry import provider as provider_of

DEFAULT_WARN_AT = 80


def new_platform(
    name: str, provider: str, base_url: str | None, *, known: Sequence[Platform], now: datetime
) -> Platform:
    """A platform without key, prices and quota; errors before anything is asked for."""
    check_platform_name(name)
    if any(one.name == name for one in known):
        raise ConfigError(f"there is a platform {name!r} already", hint=f"tokenmon platform edit {name}")
    platform = Platform(id=uuid.uuid4().hex, name=name, provider_name="openai", created_at=now)
    return with_address(platform, provider, base_url)


def with_address(platform: Platform, provider: str | None, base_url: str | None) -> Platform:
    """The platform at another provider or base URL; None leaves each as it is."""
    spoken = provider_of(provider or platform.provider_name)
    address = platform.base_url if base_url is None else base_url or None
    if address is not None:
        check_base_url(address)
    elif spoken.default_base_url is None:
        example = "https://NAME.openai.azure.com" if spoken.name == "azure" else "http://127.0.0.1:11434/v1"
        raise ConfigError(f"a platform of {spoken.title} needs a base URL", hint=f"--base-url {example}")
    return replace(platform, provider_name=spoken.name, base_url=address)


def with_prices(platform: Platform, prices: Mapping[str, str | None], per: str, *, forget: bool = False) -> Platform:
    """The platform with own prices changed, those that are given; the others are forgotten with `forget`."""
    given = {name: parse_price(name, text, per=per) for name, text in prices.items() if text is not None}
    return replace(platform, prices=replace(PriceOverride() if forget else platform.prices, **given))


def with_quota(
    platform: Platform, quota: str | None, period: str, warn_at: int | None, *, forget: bool = False
) -> Platform:
    """The platform with its quota changed."""
    old = None if forget else platform.quota
    if quota is not None:
        threshold = warn_at if warn_at is not None else old.warn_at if old else DEFAULT_WARN_AT
        return replace(platform, quota=parse_quota(quota, warn_at=threshold, period=period))
    if warn_at is not None:
        if old is None:
            raise ConfigError("--warn-at needs a quota", hint="such as --quota '100 USD'")
        return replace(platform, quota=replace(old, warn_at=warn_at))
    return replace(platform, quota=old)


def with_switches(platform: Platform, billing: str | None, inject_usage: bool | None, drain: bool | None) -> Platform:
    """The platform with billing and switches changed; None leaves each as it is."""
    if billing is not None and billing not in get_args(Billing):
        raise ConfigError(f"there is no billing kind {billing[:30]!r}", hint="use metered or subscription")
    return replace(
        platform,
        billing=platform.billing if billing is None else billing,  # type: ignore[arg-type]
        inject_usage=platform.inject_usage if inject_usage is None else inject_usage,
        drain_on_disconnect=platform.drain_on_disconnect if drain is None else drain,
    )


def with_hint(platform: Platform, secret: str | None) -> Platform:
    """The platform as a key (or none) leaves it; the sealed key itself is made where it is stored."""
    return replace(platform, sealed_key=None, key_hint=None if secret is None else key_hint(secret))
