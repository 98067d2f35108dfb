"""Platforms in words and as JSON: what a person types for prices, quotas and keys, and what every surface shows."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from tokenmon.core.money import decimal_text
from tokenmon.core.platform import CLIENT_KEY_PREFIX, Platform, PlatformQuota, QuotaUnit
from tokenmon.core.price_rule import PRICES
from tokenmon.core.record_json import time_text
from tokenmon.errors import ConfigError

PER_MILLION: Mapping[str, Decimal] = {"1M": Decimal(1), "1K": Decimal(1000)}
QUOTA_UNITS: Mapping[str, QuotaUnit] = {
    "": "usd", "usd": "usd", "$": "usd", "token": "tokens", "tokens": "tokens", "request": "requests",
    "requests": "requests", "call": "requests", "calls": "requests",
}  # fmt: skip
THOUSANDS = {"": 1, "k": 1_000, "m": 1_000_000, "b": 1_000_000_000}
MAX_KEY = 4096
# Of a shorter key the last four characters would be too much.
MIN_HINTED_KEY = 12


def parse_price(name: str, text: str, *, per: str) -> Decimal:
    """A price as typed, in US dollars per million tokens; `per` is 1M or 1K."""
    scale = PER_MILLION.get(per.upper())
    if scale is None:
        raise ConfigError(f"prices are per 1M or per 1K tokens, not per {per[:20]!r}", hint="--per 1M")
    try:
        price = Decimal(text.strip().removeprefix("$")) * scale
        if not price.is_finite() or price < 0 or price > Decimal(10) ** 9:
            raise ValueError
    except (InvalidOperation, ValueError):
        raise ConfigError(
            f"{name}: {text[:40]!r} is not a price", hint="give US dollars as a number, such as 2.50"
        ) from None
    return price


def parse_quota(text: str, *, warn_at: int, period: str = "month") -> PlatformQuota:
    """A quota as typed: `100 USD`, `$100`, `5M tokens`, `2000 requests`."""
    match = re.fullmatch(r"\s*(\$?)\s*([0-9][0-9_,]*(?:\.[0-9]+)?)\s*([kKmMbB]?)\s*([A-Za-z$]*)\s*", text)
    unit = QUOTA_UNITS.get(("usd" if match[1] else "") or match[4].lower()) if match else None
    if match is None or unit is None or (match[1] and match[4].lower() not in ("", "usd")):
        raise ConfigError(
            f"cannot read the quota {text[:40]!r}", hint="write '100 USD', '5M tokens' or '2000 requests'"
        )
    if period != "month":
        raise ConfigError(f"quotas are per month, not per {period[:20]!r}", hint="--period month")
    amount = Decimal(match[2].replace(",", "").replace("_", "")) * THOUSANDS[match[3].lower()]
    try:
        return PlatformQuota(amount, unit, warn_at)
    except ValueError as error:
        raise ConfigError(str(error), hint="such as --quota '100 USD' --warn-at 80") from None


def checked_secret(text: str) -> str:
    """A provider key as typed or read, stripped; ConfigError when it cannot be a header's value."""
    secret = text.strip()
    if not secret:
        raise ConfigError("the key is empty", hint="paste the provider's key, or use --no-key for a server without one")
    if secret.startswith(CLIENT_KEY_PREFIX):
        raise ConfigError(
            "this is a client key of tokenmon, not a provider's key",
            hint="paste the key that the provider gave you; client keys go into your programs",
        )
    if len(secret) > MAX_KEY or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise ConfigError("the key has characters that no key holds", hint="paste the key alone, without quotes")
    return secret


def key_hint(secret: str) -> str:
    """What is shown of a key: its last four characters, nothing of a short one."""
    return secret[-4:] if len(secret) >= MIN_HINTED_KEY else ""


def platform_json(platform: Platform) -> dict[str, Any]:
    """A platform as every surface shows it; prices are US dollars per million tokens, the key is never in it."""
    quota = platform.quota
    return {
        "name": platform.name,
        "provider_name": platform.provider_name,
        "base_url": platform.base_url,
        "has_key": platform.has_key,
        "key_hint": platform.key_hint,
        **{name: None if (price := getattr(platform.prices, name)) is None else decimal_text(price) for name in PRICES},
        "billing": platform.billing,
        "quota": None
        if quota is None
        else {
            "amount": decimal_text(quota.amount),
            "unit": quota.unit,
            "period": quota.period,
            "warn_at": quota.warn_at,
        },
        "inject_usage": platform.inject_usage,
        "drain_on_disconnect": platform.drain_on_disconnect,
        "created_at": time_text(platform.created_at),
    }


def quota_text(quota: PlatformQuota) -> str:
    """A quota as a person would say it."""
    unit = "USD" if quota.unit == "usd" else quota.unit
    return f"{quota.amount:,f} {unit} a month, warning at {quota.warn_at} %"
