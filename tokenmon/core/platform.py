"""The platform: a named account at a provider, as the user described it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from urllib.parse import urlsplit

from tokenmon.core.price_rule import NO_PRICES, PriceOverride
from tokenmon.core.record import Billing
from tokenmon.errors import ConfigError

# Within these a percentage is exact, however much was used.
MIN_QUOTA, MAX_QUOTA = Decimal("0.01"), Decimal(10**15)
# Which fact of a database describes its vault's data key.
VAULT_FACT = "vault"
# What every client key begins with, and no provider's key.
CLIENT_KEY_PREFIX = "tm-"
# From the vault's description in force to the sealed form of a provider key.
Seal = Callable[[str | None], bytes]

QuotaUnit = Literal["usd", "tokens", "requests"]

# Path segments that the proxy's port uses itself (DESIGN 4.3).
RESERVED_NAMES = frozenset({"api", "healthz", "metrics", "docs", "openapi.json", "v1"})
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class PlatformQuota:
    """A platform's monthly limit and the percentage at which a warning is due.

    `amount` counts US dollars, tokens or requests, as `unit` says.
    """

    amount: Decimal
    unit: QuotaUnit = "usd"
    warn_at: int = 80
    period: Literal["month"] = "month"

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or self.amount <= 0:
            raise ValueError("a quota is a number above 0")
        if not MIN_QUOTA <= self.amount <= MAX_QUOTA:
            raise ValueError(f"a quota is from {MIN_QUOTA} to {MAX_QUOTA:,}")
        if not 1 <= self.warn_at <= 100:
            raise ValueError("the warning threshold is a percentage from 1 to 100")


@dataclass(frozen=True, slots=True)
class Platform:
    """A named account at a provider.

    `id` never changes (the sealed key is bound to it); `name` is a URL segment. `base_url` is None for the
    provider's own. `sealed_key` is what the vault sealed, `key_hint` the key's last four characters.
    `inject_usage` allows the one body edit (`stream_options.include_usage`); `drain_on_disconnect` reads an
    abandoned answer to its end instead of cancelling it.
    """

    id: str
    name: str
    provider_name: str
    created_at: datetime
    base_url: str | None = None
    sealed_key: bytes | None = None
    key_hint: str | None = None
    prices: PriceOverride = NO_PRICES
    billing: Billing = "metered"
    quota: PlatformQuota | None = None
    inject_usage: bool = True
    drain_on_disconnect: bool = False

    def __post_init__(self) -> None:
        check_platform_name(self.name)

    @property
    def has_key(self) -> bool:
        """Whether a provider key is stored for this platform."""
        return self.sealed_key is not None

    def __repr__(self) -> str:
        return f"Platform(name={self.name!r}, provider_name={self.provider_name!r})"


def check_platform_name(name: str) -> None:
    """Raise ConfigError unless the name can be a URL segment of the proxy."""
    if name in RESERVED_NAMES:
        raise ConfigError(
            f"the platform name '{name}' is reserved",
            hint="choose another, such as my-" + name.replace(".", "-"),
        )
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"the platform name {name[:80]!r} is not usable in a URL",
            hint="use lower-case letters, digits, dots, dashes and underscores, at most 63, such as openai-work",
        )


def check_base_url(url: str) -> None:
    """Raise ConfigError unless the URL is http(s) with a host, and without a user, query or fragment."""
    try:
        parts = urlsplit(url)
        # Reading the port is what finds a bad one.
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not re.fullmatch(r"[!-~]+", url) or parts.query or parts.fragment or parts.username is not None:
        raise ConfigError(
            f"the base URL {url[:120]!r} is not usable", hint="give one such as https://api.example.com/v1"
        )


Role = Literal["admin", "member", "reporter", "viewer"]
ROLES: tuple[Role, ...] = ("admin", "member", "reporter", "viewer")


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A key that tokenmon handed out; only its SHA-256 is kept.

    `admin` may do everything, `member` may call providers, report and read, `reporter` may only report,
    `viewer` may only read.
    """

    name: str
    role: Role
    digest: bytes
    hint: str
    created_at: datetime
    revoked_at: datetime | None = None
