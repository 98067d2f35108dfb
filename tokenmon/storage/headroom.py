"""Headroom: the newest statement of each of a platform's rate limits.

Kept by the platform's id, so that a renamed platform keeps its rows and a new one of an old name has none. Writing it
does not raise the settings version: running proxies have nothing to read again.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from tokenmon.core.headroom import Headroom
from tokenmon.core.record import from_milliseconds, milliseconds
from tokenmon.storage.engine import run

COLUMNS = ("max_count", "remaining", "resets_at", "as_of")
SELECT = (
    f"SELECT name, dimension, {', '.join(COLUMNS)} FROM headroom JOIN platforms ON platforms.id = platform_id "
    "ORDER BY name, dimension"
)
# Several proxies may see one platform: the newest answer tells, whoever stores last.
UPSERT = (
    f"INSERT INTO headroom (platform_id, dimension, {', '.join(COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?) "
    f"ON CONFLICT (platform_id, dimension) DO UPDATE SET {', '.join(f'{one} = excluded.{one}' for one in COLUMNS)} "
    "WHERE excluded.as_of >= headroom.as_of"
)


def headroom(connection: Connection) -> list[Headroom]:
    """The limits of all platforms that exist, by platform and dimension."""
    return [_headroom(*tuple(row)) for row in run(connection, SELECT, ())]


def _headroom(
    name: str, dimension: str, limit: int | None, remaining: int | None, resets_at: int | None, as_of: int
) -> Headroom:
    reset = None if resets_at is None else from_milliseconds(resets_at)
    return Headroom(name, dimension, limit, remaining, reset, from_milliseconds(as_of))


def save_headroom(connection: Connection, stated: Sequence[Headroom]) -> None:
    """Store statements in place of older ones of the same limits; those of platforms that do not exist are dropped."""
    ids = {row[0]: row[1] for row in map(tuple, run(connection, "SELECT name, id FROM platforms", ()))}
    rows = [
        (
            ids[one.platform], one.dimension, one.limit, one.remaining,
            None if one.resets_at is None else milliseconds(one.resets_at), milliseconds(one.as_of),
        )
        for one in stated
        if one.platform in ids
    ]  # fmt: skip
    if rows:
        run(connection, UPSERT, rows)


def forget_headroom(connection: Connection, platform_id: str) -> None:
    """Forget the limits of a platform that is removed, or is an account elsewhere from now on."""
    run(connection, "DELETE FROM headroom WHERE platform_id = ?", (platform_id,))
