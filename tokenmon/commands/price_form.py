"""What the `price` commands share: from options to rules, and how prices look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from tokenmon.analytics.unpriced import UnpricedModel, unpriced_json
from tokenmon.core.money import decimal_text
from tokenmon.core.platform_words import parse_price
from tokenmon.core.price_rule import PriceOverride, PriceRule, matches_name
from tokenmon.core.price_words import (
    ListedRate,
    listed_rates,
    middle_rates,
    parse_start,
    per_text,
    prices_text,
    rate_json,
    rule_json,
    suspicious_prices,
)
from tokenmon.core.pricing import Rates
from tokenmon.core.record_json import time_text
from tokenmon.errors import ConfigError, NotFoundError
from tokenmon.ingest.pricing import Priced
from tokenmon.output import Column, number, print_json, print_line, print_table, say

if TYPE_CHECKING:
    from tokenmon.session import Session

MAX_GLOB = 128
# Enough to tell what models of a name cost; to look all of them up would keep the user waiting.
MAX_COMPARED = 200
# What may change a call's price: (tier, processing) by the word under which it is shown.
TIERS: Mapping[str | None, tuple[str | None, str | None]] = {
    None: (None, None), "batch": (None, "batch"), "flex": ("flex", None), "priority": ("priority", None),
    "fast": ("fast", None),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModelRates:
    """What `price show` shows of a model: at whom, on which platform, when, all rates, and if other hours differ."""

    model: str
    provider: str
    platform: str | None
    at: datetime
    rates: Sequence[ListedRate]
    varies_by_hour: bool


def new_rule(
    session: "Session", model: str, platform: str, prices: Mapping[str, str | None], per: str, start: str | None
) -> PriceRule:
    """The rule that options describe; likely slips are told."""
    for name, glob in (("model", model), ("platform", platform)):
        if not glob.strip() or len(glob) > MAX_GLOB or not glob.isprintable():
            raise ConfigError(f"{glob[:40]!r} is not a name of a {name}", hint="such as 'gpt-5*'")
    given = {name: parse_price(name, text, per=per) for name, text in prices.items() if text is not None}
    if not given:
        raise ConfigError("no price is given", hint=f"tokenmon price set '{model}' --input-price 2 --output-price 10")
    rule = PriceRule(model, PriceOverride(**given), session.now(), platform, parse_start(start))
    names = [one.name for one in session.store.platforms()]
    if not rule.is_general and not any(matches_name(platform, name) for name in names):
        say(f"warning: there is no platform {platform!r} yet")
    for line in suspicious_prices(rule.prices, _listed(session, rule)):
        say(f"warning: {line}")
    return rule


def _listed(session: "Session", rule: PriceRule) -> Rates | None:
    """What the catalogue says of a rule's model, or of those that its glob matches; None when it lists none."""
    catalogue = session.pricer().catalogue
    platforms = {one.name: one for one in session.store.platforms()}
    platform = platforms.get(rule.platform)
    if "*" in rule.model or "?" in rule.model:
        named = catalogue.models_named(rule.model, None if platform is None else platform.provider_name)
        several = (
            catalogue.rates(provider_name=provider, model=model, at=session.now())
            for provider, model in named[:MAX_COMPARED]
        )
        return middle_rates(rates for rates in several if rates is not None) if named else None
    provider = catalogue.provider_of(rule.model) if platform is None else platform.provider_name
    if provider is None:
        return None
    base_url = None if platform is None else platform.base_url
    return catalogue.rates(provider_name=provider, model=rule.model, at=session.now(), base_url=base_url)


def rules_named(session: "Session", model: str, platform: str, start: str | None) -> list[PriceRule]:
    """The rules that are to be removed; NotFoundError when there are none."""
    day: date | None = parse_start(start)
    found = [
        rule
        for rule in session.store.price_rules()
        if (rule.model, rule.platform) == (model, platform) and (start is None or rule.starts_on == day)
    ]
    if not found:
        raise NotFoundError(
            f"there are no own prices of {model[:60]!r} on {platform[:60]!r}", hint="tokenmon price show"
        )
    return found


def tell_set(rule: PriceRule, *, as_json: bool) -> None:
    """Say what was set, and how it reaches past calls."""
    if as_json:
        print_json(rule_json(rule))
    where = "" if rule.is_general else f" on {rule.platform}"
    since = "" if rule.starts_on is None else f" from {rule.starts_on} on"
    say(f"set the price of {rule.model}{where}{since}: {prices_text(rule.prices)}")
    say("a running proxy uses it at once; for past calls: tokenmon price reprice --dry-run")


def print_rules(rules: Sequence[PriceRule], *, as_json: bool) -> None:
    """Print own prices."""
    if as_json:
        print_json([rule_json(rule) for rule in rules])
    elif not rules:
        say("no own prices; the catalogue's are used")
        say("hint: tokenmon price show MODEL, or: tokenmon price set MODEL --input-price 2 --output-price 10")
    else:
        columns = [Column("model", shrinks=True), Column("platform"), Column("from"), Column("prices")]
        rows = [[rule.model, rule.platform, str(rule.starts_on or "-"), prices_text(rule.prices)] for rule in rules]
        print_table(columns, rows)


def rates_shown(
    session: "Session", model: str, platform: str | None, provider: str | None, at: str | None
) -> ModelRates:
    """The rates of a model as a call on a platform, or to a provider, would be priced."""
    pricer = session.pricer()
    if platform is not None:
        provider = session.store.platform(platform).provider_name
    elif provider is None:
        provider = pricer.catalogue.provider_of(model)
    if provider is None:
        raise ConfigError(f"who serves {model[:60]!r} is not clear", hint="add --provider P or --platform P")
    moment = session.now() if at is None else _moment(at)
    found = listed_rates(
        (word, pricer.find(Priced(platform or "", provider, (model,), moment, tier, processing)))
        for word, (tier, processing) in TIERS.items()
    )
    if not found:
        hint = f"tokenmon price set '{model}' --input-price 2 --output-price 10"
        raise NotFoundError(f"no price of {model[:60]!r} at {provider} is known", hint=hint)
    varies = pricer.varies_by_hour(Priced(platform or "", provider, (model,), moment))
    return ModelRates(model, provider, platform, moment, found, varies)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(f"--at: {text[:40]!r} is not a time", hint="write 2026-11-01 or 2026-11-01T15:00Z") from None
    # A day means its noon, which no change of price falls on.
    moment = moment.replace(hour=12) if len(text.strip()) <= len("2026-11-01") else moment
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def print_rates(shown: ModelRates, *, as_json: bool) -> None:
    """Print a model's rates."""
    if as_json:
        print_json({
            "model": shown.model, "provider": shown.provider, "platform": shown.platform, "at": time_text(shown.at),
            "varies_by_hour": shown.varies_by_hour, "rates": [rate_json(one) for one in shown.rates],
        })  # fmt: skip
        return
    where = shown.provider if shown.platform is None else f"{shown.provider}, platform {shown.platform}"
    print_line(f"{shown.model} ({where}), {shown.at:%Y-%m-%d %H:%M} UTC")
    columns = [Column("what"), Column("tier"), number("USD"), Column("per"), Column("above"), Column("since")]
    columns.append(Column("from", shrinks=True))
    print_table(columns, [_cells(one) for one in shown.rates])
    if shown.varies_by_hour:
        say("other hours have other prices: see --at 2026-11-23T02:00Z")


def _cells(listed: ListedRate) -> list[str]:
    rate = listed.rate
    above = ", ".join(f"{start:,} in: {decimal_text(price)}" for start, price in rate.tiers)
    return [
        rate.unit.replace("_", " "), listed.tier or "-", decimal_text(rate.price), per_text(rate.per), above or "-",
        str(rate.since or "-"), rate.origin or "local, free",
    ]  # fmt: skip


def print_missing(models: Sequence[UnpricedModel], *, as_json: bool) -> None:
    """Print models without a price."""
    if as_json:
        print_json([unpriced_json(one) for one in models])
    elif not models:
        say("every call has a price")
    else:
        columns = [Column("model", shrinks=True), Column("provider"), Column("platform"), number("calls")]
        rows = [
            [one.model or "-", one.provider_name or "-", one.platform or "-", f"{one.calls:,}", f"{one.tokens:,}"]
            for one in models
        ]
        print_table([*columns, number("tokens")], rows)
        name = models[0].model or "MODEL"
        say(f"next: tokenmon price set '{name}' --input-price 2 --output-price 10, then: tokenmon price reprice")
