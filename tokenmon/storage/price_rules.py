"""Price rules: the user's own prices by platform and model. Each change raises the settings version."""

from datetime import date

from sqlalchemy import Connection

from tokenmon.core.price_rule import PRICES, PriceRule
from tokenmon.core.record import from_milliseconds, milliseconds
from tokenmon.storage.accounts import price_texts, prices_from_texts, raise_version
from tokenmon.storage.engine import run

COLUMNS = ("platform", "model", "starts_on", "created_at", *PRICES)
KEY = "platform = ? AND model = ? AND starts_on = ?"
UPSERT = (
    f"INSERT INTO price_rules ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))}) "
    "ON CONFLICT (platform, model, starts_on) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[3:])
)


def price_rules(connection: Connection) -> list[PriceRule]:
    """All rules, by platform, model and start."""
    rows = run(connection, f"SELECT {', '.join(COLUMNS)} FROM price_rules ORDER BY platform, model, starts_on", ())
    return [_rule(*tuple(row)) for row in rows]


def _rule(platform: str, model: str, starts_on: str, created_at: int, *prices: str | None) -> PriceRule:
    return PriceRule(
        platform=platform,
        model=model,
        starts_on=date.fromisoformat(starts_on) if starts_on else None,
        created_at=from_milliseconds(created_at),
        prices=prices_from_texts(prices),
    )


def set_price_rule(connection: Connection, rule: PriceRule) -> None:
    """Store a rule in place of the one for the same platform, model and start."""
    run(connection, UPSERT, (*_key(rule), milliseconds(rule.created_at), *price_texts(rule.prices).values()))
    raise_version(connection)


def remove_price_rule(connection: Connection, rule: PriceRule) -> bool:
    """Remove the rule for a platform, model and start; whether there was one."""
    removed = run(connection, f"DELETE FROM price_rules WHERE {KEY}", _key(rule)).rowcount
    if removed:
        raise_version(connection)
    return bool(removed)


def _key(rule: PriceRule) -> tuple[str, str, str]:
    return rule.platform, rule.model, "" if rule.starts_on is None else rule.starts_on.isoformat()
