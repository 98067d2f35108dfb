"""Platforms, client keys, sent alerts and single facts: the small tables. Each change raises the settings version."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from tokenmon.core.money import decimal_text
from tokenmon.core.platform import VAULT_FACT, ClientKey, Platform, PlatformQuota, Seal
from tokenmon.core.price_rule import PRICES, PriceOverride
from tokenmon.core.record import from_milliseconds, milliseconds
from tokenmon.core.sent_alert import SentAlert
from tokenmon.errors import ConflictError, NotFoundError
from tokenmon.storage.headroom import forget_headroom

PLATFORM_COLUMNS = (
    "id", "name", "provider_name", "created_at", "base_url", "sealed_key", "key_hint", *PRICES, "billing",
    "quota_amount", "quota_unit", "quota_warn_at", "inject_usage", "drain_on_disconnect",
)  # fmt: skip
INSERT_PLATFORM = text(
    f"INSERT INTO platforms ({', '.join(PLATFORM_COLUMNS)}) VALUES ({', '.join(':' + one for one in PLATFORM_COLUMNS)})"
)
SEALED = ("sealed_key", "key_hint")
UPDATE_PLATFORM = text(
    f"UPDATE platforms SET {', '.join(f'{one} = :{one}' for one in PLATFORM_COLUMNS[1:] if one not in SEALED)} "
    "WHERE id = :id"
)
ADDRESS = text("SELECT provider_name, base_url FROM platforms WHERE id = :id")
UPDATE_KEY = text("UPDATE platforms SET sealed_key = :sealed_key, key_hint = :key_hint WHERE id = :id")
# A number that every change of platforms, client keys, prices and vault facts raises.
SETTINGS_VERSION = "SELECT value FROM meta WHERE key = 'settings_version'"
KEY_COLUMNS = "name, role, digest, hint, created_at, revoked_at"


def raise_version(connection: Connection) -> None:
    """Tell every process that platforms, keys, prices or vault facts have changed."""
    connection.execute(
        text("UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'settings_version'")
    )


def platforms(connection: Connection) -> list[Platform]:
    """All platforms by name."""
    rows = connection.execute(text(f"SELECT {', '.join(PLATFORM_COLUMNS)} FROM platforms ORDER BY name"))
    return [_platform(dict(zip(PLATFORM_COLUMNS, row, strict=True))) for row in rows]


def platform(connection: Connection, name: str) -> Platform:
    """The platform of a name; NotFoundError names the nearest one."""
    known = {one.name: one for one in platforms(connection)}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "tokenmon platform list"
    raise NotFoundError(f"there is no platform {name[:63]!r}", hint=hint)


def _sealed(connection: Connection, one: Platform, seal: Seal | None) -> Platform:
    # Within the writer's transaction the vault's key cannot change.
    return one if seal is None else replace(one, sealed_key=seal(get_meta(connection, VAULT_FACT)))


def add_platform(connection: Connection, one: Platform, seal: Seal | None) -> None:
    """Store a new platform, its key sealed now if it comes as `seal`; ConflictError when its name is taken."""
    one = _sealed(connection, one, seal)
    try:
        connection.execute(INSERT_PLATFORM, _platform_row(one))
    except IntegrityError:
        raise ConflictError(
            f"there is a platform {one.name!r} already", hint=f"change it: tokenmon platform edit {one.name}"
        ) from None
    raise_version(connection)


def replace_platform(connection: Connection, one: Platform, seal: Seal | None) -> None:
    """Store a changed platform under its id.

    Its key is exchanged by `seal` and removed when the platform has none, else it stays as it is stored: the one that
    the caller read may have been sealed anew since.
    """
    before = connection.execute(ADDRESS, {"id": one.id}).one_or_none()
    if before is not None and tuple(before) != (one.provider_name, one.base_url):
        forget_headroom(connection, one.id)
    try:
        changed = connection.execute(UPDATE_PLATFORM, _platform_row(one)).rowcount
    except IntegrityError:
        raise ConflictError(f"there is a platform {one.name!r} already", hint="choose another name") from None
    if not changed:
        raise NotFoundError(f"there is no platform {one.name!r}", hint="tokenmon platform list")
    if seal is not None or one.sealed_key is None:
        connection.execute(UPDATE_KEY, _platform_row(_sealed(connection, one, seal)))
    raise_version(connection)


def remove_platform(connection: Connection, name: str) -> Platform:
    """Remove a platform and its sealed key; its records stay."""
    found = platform(connection, name)
    connection.execute(text("DELETE FROM platforms WHERE id = :id"), {"id": found.id})
    connection.execute(text("DELETE FROM alerts WHERE platform_id = :id"), {"id": found.id})
    forget_headroom(connection, found.id)
    raise_version(connection)
    return found


# From the vault's description and the sealed keys by platform id to those that take their place.
Reseal = Callable[[str | None, Mapping[str, bytes]], tuple[Mapping[str, bytes], str]]


def reseal(connection: Connection, change: Reseal) -> None:
    """Exchange the sealed keys and the vault's description for what `change` makes of those stored now."""
    held = {one.id: one.sealed_key for one in platforms(connection) if one.sealed_key is not None}
    sealed, description = change(get_meta(connection, VAULT_FACT), held)
    for platform_id, blob in sealed.items():
        connection.execute(
            text("UPDATE platforms SET sealed_key = :blob WHERE id = :id"), {"blob": blob, "id": platform_id}
        )
    set_meta(connection, VAULT_FACT, description)
    raise_version(connection)


def client_keys(connection: Connection) -> list[ClientKey]:
    """All client keys by name, revoked ones too."""
    rows = connection.execute(text(f"SELECT {KEY_COLUMNS} FROM client_keys ORDER BY name"))
    return [
        ClientKey(
            name=row[0],
            role=row[1],
            digest=bytes(row[2]),
            hint=row[3],
            created_at=from_milliseconds(row[4]),
            revoked_at=None if row[5] is None else from_milliseconds(row[5]),
        )
        for row in rows
    ]


def add_client_key(connection: Connection, key: ClientKey) -> None:
    """Store a new client key; ConflictError when its name is taken, also by a revoked one."""
    values = {
        "name": key.name,
        "role": key.role,
        "digest": key.digest,
        "hint": key.hint,
        "created_at": milliseconds(key.created_at),
    }
    try:
        connection.execute(
            text(
                "INSERT INTO client_keys (name, role, digest, hint, created_at) "
                "VALUES (:name, :role, :digest, :hint, :created_at)"
            ),
            values,
        )
    except IntegrityError:
        raise ConflictError(f"there is a client key {key.name!r} already", hint="choose another name") from None
    raise_version(connection)


def revoke_client_key(connection: Connection, name: str, at: datetime) -> ClientKey:
    """Revoke a client key; revoking it again changes nothing."""
    known = {one.name: one for one in client_keys(connection)}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "tokenmon key list"
        raise NotFoundError(f"there is no client key {name[:63]!r}", hint=hint)
    connection.execute(
        text("UPDATE client_keys SET revoked_at = :at WHERE name = :name AND revoked_at IS NULL"),
        {"at": milliseconds(at), "name": name},
    )
    raise_version(connection)
    return known[name]


def get_meta(connection: Connection, key: str) -> str | None:
    """A fact by name, None when it was never set."""
    found = connection.execute(text("SELECT value FROM meta WHERE key = :key"), {"key": key}).scalar()
    return None if found is None else str(found)


def set_meta(connection: Connection, key: str, value: str) -> None:
    """Set a fact."""
    connection.execute(
        text(
            "INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        ),
        {"key": key, "value": value},
    )


def claim_meta(connection: Connection, key: str, value: str) -> str:
    """Set a fact unless it is set; its value then."""
    connection.execute(
        text("INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO NOTHING"),
        {"key": key, "value": value},
    )
    return str(get_meta(connection, key))


def mark_alert(connection: Connection, platform_id: str, threshold: int, period_start: datetime, now: datetime) -> bool:
    """Note that an alert is sent; False when it was noted before."""
    done = connection.execute(
        text(
            "INSERT INTO alerts (platform_id, threshold, period_start, sent_at) VALUES (:id, :threshold, :start, :now) "
            "ON CONFLICT DO NOTHING"
        ),
        {"id": platform_id, "threshold": threshold, "start": milliseconds(period_start), "now": milliseconds(now)},
    )
    return bool(done.rowcount)


def unmark_alert(connection: Connection, platform_id: str, threshold: int, period_start: datetime) -> None:
    """Forget an alert, so that it is sent again."""
    connection.execute(
        text("DELETE FROM alerts WHERE platform_id = :id AND threshold = :threshold AND period_start = :start"),
        {"id": platform_id, "threshold": threshold, "start": milliseconds(period_start)},
    )


def sent_thresholds(connection: Connection, platform_id: str, period_start: datetime) -> set[int]:
    """The thresholds of a period whose alerts were sent."""
    rows = connection.execute(
        text("SELECT threshold FROM alerts WHERE platform_id = :id AND period_start = :start"),
        {"id": platform_id, "start": milliseconds(period_start)},
    )
    return {int(row[0]) for row in rows}


def alert_history(connection: Connection, limit: int) -> list[SentAlert]:
    """The latest alerts of platforms that exist, newest first."""
    rows = connection.execute(
        text(
            "SELECT platforms.name, alerts.threshold, alerts.period_start, alerts.sent_at FROM alerts "
            "JOIN platforms ON platforms.id = alerts.platform_id "
            "ORDER BY alerts.sent_at DESC, platforms.name, alerts.threshold DESC LIMIT :limit"
        ),
        {"limit": limit},
    )
    return [SentAlert(row[0], int(row[1]), from_milliseconds(row[2]), from_milliseconds(row[3])) for row in rows]


def price_texts(prices: PriceOverride) -> dict[str, str | None]:
    """Own prices as their columns hold them."""
    return {name: None if (price := getattr(prices, name)) is None else decimal_text(price) for name in PRICES}


def prices_from_texts(values: Sequence[str | None]) -> PriceOverride:
    """Own prices from their columns, in the order of PRICES."""
    return PriceOverride(*(None if value is None else Decimal(value) for value in values))


def _platform(row: dict[str, Any]) -> Platform:
    quota = None
    if row["quota_amount"] is not None:
        quota = PlatformQuota(Decimal(row["quota_amount"]), row["quota_unit"], row["quota_warn_at"])
    return Platform(
        id=row["id"],
        name=row["name"],
        provider_name=row["provider_name"],
        created_at=from_milliseconds(row["created_at"]),
        base_url=row["base_url"],
        sealed_key=None if row["sealed_key"] is None else bytes(row["sealed_key"]),
        key_hint=row["key_hint"],
        prices=prices_from_texts([row[name] for name in PRICES]),
        billing=row["billing"],
        quota=quota,
        inject_usage=bool(row["inject_usage"]),
        drain_on_disconnect=bool(row["drain_on_disconnect"]),
    )


def _platform_row(one: Platform) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "provider_name": one.provider_name,
        "created_at": milliseconds(one.created_at),
        "base_url": one.base_url,
        "sealed_key": one.sealed_key,
        "key_hint": one.key_hint,
        **price_texts(one.prices),
        "billing": one.billing,
        "quota_amount": None if one.quota is None else decimal_text(one.quota.amount),
        "quota_unit": None if one.quota is None else one.quota.unit,
        "quota_warn_at": None if one.quota is None else one.quota.warn_at,
        "inject_usage": int(one.inject_usage),
        "drain_on_disconnect": int(one.drain_on_disconnect),
    }
