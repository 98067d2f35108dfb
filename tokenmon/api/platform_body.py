"""A platform as JSON: what a body may hold, and what an answer shows.

Apart from the routes because here a key becomes a sealed key, and nothing but its last four characters comes back.
"""

import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, model_validator

from tokenmon.core.platform import MAX_QUOTA, MIN_QUOTA, Platform, PlatformQuota, QuotaUnit, Seal, check_base_url
from tokenmon.core.platform_words import PER_MILLION, key_hint, platform_json
from tokenmon.core.price_rule import PRICES, PriceOverride
from tokenmon.core.record import Billing
from tokenmon.errors import ConfigError
from tokenmon.providers.registry import provider
from tokenmon.session import Session

Price = Annotated[Decimal, Field(ge=0, allow_inf_nan=False, max_digits=24)]


class QuotaBody(BaseModel):
    """A monthly quota."""

    model_config = ConfigDict(extra="forbid")

    amount: Annotated[Decimal, Field(ge=MIN_QUOTA, le=MAX_QUOTA, allow_inf_nan=False)]
    unit: QuotaUnit = "usd"
    period: Literal["month"] = "month"
    warn_at: Annotated[int, Field(ge=1, le=100, description="Percentage at which a warning is due.")] = 80


class PlatformBody(BaseModel):
    """A platform's settings. A field that is not known is an error: a misspelt quota must not count for nothing."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    provider_name: Annotated[str, Field(validation_alias=AliasChoices("provider_name", "provider"))]
    base_url: Annotated[str | None, Field(description="Null for the provider's own.")] = None
    key: Annotated[SecretStr | None, Field(description="The provider's key; write-only. Null removes it.")] = None
    input_price: Price | None = None
    output_price: Price | None = None
    cache_read_price: Price | None = None
    cache_write_price: Price | None = None
    cache_write_1h_price: Price | None = None
    per: Annotated[Literal["1M", "1K"], Field(description="How many tokens the prices are for.")] = "1M"
    billing: Billing = "metered"
    quota: QuotaBody | None = None
    inject_usage: bool = True
    drain_on_disconnect: bool = False

    @model_validator(mode="after")
    def _key_is_a_header(self) -> Self:
        secret = self.secret
        if secret is not None and (not secret or not secret.isascii() or not secret.isprintable() or " " in secret):
            raise ValueError("key: it has characters that no key holds")
        return self

    @property
    def secret(self) -> str | None:
        """The provider's key as given, without white space around it."""
        return None if self.key is None else self.key.get_secret_value().strip()


class NewPlatform(PlatformBody):
    """A platform to add."""

    name: str


def _settings(body: PlatformBody) -> dict[str, Any]:
    """The fields of a Platform that a body sets, all but the key."""
    spoken = provider(body.provider_name)
    if body.base_url is not None:
        check_base_url(body.base_url)
    elif spoken.default_base_url is None:
        raise ConfigError(f"a platform of {spoken.title} needs a base URL", hint="give base_url")
    scale = PER_MILLION[body.per]
    prices = {name: None if (price := getattr(body, name)) is None else price * scale for name in PRICES}
    quota = body.quota
    return {
        "provider_name": spoken.name,
        "base_url": body.base_url,
        "prices": PriceOverride(**prices),
        "billing": body.billing,
        "quota": None if quota is None else PlatformQuota(quota.amount, quota.unit, quota.warn_at),
        "inject_usage": body.inject_usage,
        "drain_on_disconnect": body.drain_on_disconnect,
    }


def _hinted(platform: Platform, secret: str | None) -> Platform:
    """The platform as a key (or none) leaves it; the sealed key itself is made where it is stored."""
    return replace(platform, sealed_key=None, key_hint=None if secret is None else key_hint(secret))


def _sealing(platform: Platform, secret: str | None, session: Session) -> Seal | None:
    return None if secret is None else session.vault.sealing(platform.id, secret)


def add(body: NewPlatform, session: Session) -> None:
    """Store the new platform that a body describes."""
    platform = Platform(id=uuid.uuid4().hex, name=body.name, created_at=session.now(), **_settings(body))
    session.store.add_platform(_hinted(platform, body.secret), _sealing(platform, body.secret, session))


def replace_settings(name: str, body: PlatformBody, session: Session) -> None:
    """Store a platform with the settings of a body; its key stays unless the body names one (or null)."""
    changed = replace(session.store.platform(name), **_settings(body))
    if "key" in body.model_fields_set:
        changed = _hinted(changed, body.secret)
    session.store.replace_platform(changed, _sealing(changed, body.secret, session))


def shown(platform: Platform) -> dict[str, Any]:
    """A platform as an answer shows it: as the command line does."""
    return platform_json(platform)
