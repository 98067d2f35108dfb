"""What is typed into the forms of platforms and quotas: from texts to a checked platform, each error at its field."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from tokenmon.core.money import decimal_text
from tokenmon.core.platform import Platform, PlatformQuota, check_platform_name
from tokenmon.core.platform_words import parse_price, parse_quota
from tokenmon.core.price_rule import PRICES, PriceOverride
from tokenmon.errors import ConfigError, ConflictError, TokenmonError
from tokenmon.providers import platform_change as change
from tokenmon.providers.registry import PROVIDERS

ValueT = TypeVar("ValueT")
OPTION = re.compile(r"--[a-z-]+")


class FieldError(Exception):
    """What is wrong with one field; it never leaves the forms."""

    def __init__(self, field: str, error: TokenmonError) -> None:
        super().__init__(error.message)
        self.field = field
        self.error = error

    @property
    def words(self) -> str:
        """What is said below the field."""
        return error_words(self.error)


def error_words(error: TokenmonError) -> str:
    """An error with its hint, as a form says it: options of the command line are not what is typed here."""
    hint = error.hint or ""
    named = OPTION.findall(hint)
    if len(named) == 1 and hint.startswith(named[0] + " "):
        hint = "such as " + hint.removeprefix(named[0] + " ")
    elif named:
        hint = ""
    return f"{error.message}; {hint}" if hint else error.message


@dataclass(frozen=True, slots=True)
class QuotaEntry:
    """A quota as typed."""

    quota: str = ""
    warn_at: str = str(change.DEFAULT_WARN_AT)

    def read(self) -> PlatformQuota | None:
        """The quota that is meant, None where nothing is typed; FieldError for what cannot be read."""
        if not self.quota.strip():
            return None
        warn_at = at_field("warn_at", lambda: percent_of(self.warn_at)) or change.DEFAULT_WARN_AT
        return at_field("quota", lambda: parse_quota(self.quota, warn_at=warn_at))


@dataclass(frozen=True, slots=True)
class PlatformEntry:
    """A platform as typed, but for its key; prices in the order of PRICES, each for `per` tokens."""

    name: str = ""
    provider: str = "openai"
    base_url: str = ""
    billing: str = "metered"
    prices: tuple[str, ...] = ("",) * len(PRICES)
    per: str = "1M"
    quota: QuotaEntry = QuotaEntry()

    def new(self, *, known: Sequence[Platform], now: datetime) -> Platform:
        """The platform that is to be added; FieldError for what is wrong."""
        at_field("name", lambda: _check_name(self.name, known))
        # An address of its own may be missing only where the provider has one.
        platform = at_field(
            "base_url",
            lambda: change.new_platform(self.name.strip(), self.provider, self.base_url.strip(), known=known, now=now),
        )
        return self._with_rest(platform)

    def applied(self, platform: Platform, *, known: Sequence[Platform]) -> Platform:
        """The platform as it is to be changed; FieldError for what is wrong."""
        others = [one for one in known if one.id != platform.id]
        name = at_field("name", lambda: _check_name(self.name, others))
        moved = at_field("base_url", lambda: change.with_address(platform, self.provider, self.base_url.strip()))
        return self._with_rest(replace(moved, name=name))

    def _with_rest(self, platform: Platform) -> Platform:
        platform = change.with_switches(platform, self.billing, None, None)
        return replace(platform, prices=self.own_prices(), quota=self.quota.read())

    def own_prices(self) -> PriceOverride:
        """The prices that are meant, those typed; FieldError for what cannot be read."""
        typed = ((name, text) for name, text in zip(PRICES, self.prices, strict=True) if text.strip())
        return PriceOverride(**{name: self._price(name, text) for name, text in typed})

    def _price(self, name: str, text: str) -> Decimal:
        return at_field(name, lambda: parse_price(name.replace("_", " "), text, per=self.per))


def quota_entry(quota: PlatformQuota | None) -> QuotaEntry:
    """A quota as it would be typed."""
    if quota is None:
        return QuotaEntry()
    unit = "USD" if quota.unit == "usd" else quota.unit
    return QuotaEntry(f"{decimal_text(quota.amount)} {unit}", str(quota.warn_at))


def platform_entry(platform: Platform) -> PlatformEntry:
    """A platform as it would be typed."""
    prices: list[Decimal | None] = [getattr(platform.prices, name) for name in PRICES]
    return PlatformEntry(
        name=platform.name,
        provider=platform.provider_name if platform.provider_name in PROVIDERS else "openai-compatible",
        base_url=platform.base_url or "",
        billing=platform.billing,
        prices=tuple("" if price is None else decimal_text(price) for price in prices),
        quota=quota_entry(platform.quota),
    )


def at_field(field: str, made: Callable[[], ValueT]) -> ValueT:
    """What is made, its errors as those of a field."""
    try:
        return made()
    except TokenmonError as error:
        raise FieldError(field, error) from None


def percent_of(text: str) -> int | None:
    """A percentage as typed; None for nothing."""
    typed = text.strip().removesuffix("%").strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 3 and 1 <= int(typed) <= 100):
        raise ConfigError(f"{text.strip()[:20]!r} is not a percentage from 1 to 100", hint="such as 80")
    return int(typed)


def _check_name(typed: str, others: Sequence[Platform]) -> str:
    name = typed.strip()
    if not name:
        raise ConfigError("the platform needs a name", hint="such as openai-work: callers have it in their URL")
    check_platform_name(name)
    if any(one.name == name for one in others):
        raise ConflictError(f"there is a platform {name!r} already", hint="choose another name")
    return name
