"""Headroom: the newest statement of each limit, of platforms that exist, and no reason to read settings again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.core.sample import NOON, call
from tokenmon.core.headroom import MAX_LIMIT, Headroom
from tokenmon.core.platform import Platform
from tokenmon.errors import NotFoundError
from tokenmon.storage import schema
from tokenmon.storage.store import Store

SECOND = timedelta(seconds=1)
WORK = Platform("id1", "work", "openai", NOON)
OTHER = Platform("id2", "other", "anthropic", NOON)
REQUESTS = Headroom("work", "requests", 5000, 4999, NOON + 12 * SECOND, NOON)
TOKENS = Headroom("work", "tokens", MAX_LIMIT, None, None, NOON)
RETRY = Headroom("other", "retry", None, None, NOON + SECOND, NOON)


@pytest.fixture
def store(store: Store) -> Store:
    """A store with two platforms."""
    store.add_platform(WORK)
    store.add_platform(OTHER)
    return store


def test_headroom_is_read_back_as_it_was(store: Store) -> None:
    store.save_headroom([REQUESTS, TOKENS, RETRY])

    assert store.headroom() == [RETRY, REQUESTS, TOKENS]


def test_a_newer_statement_takes_the_place_of_an_older_one_and_never_the_reverse(store: Store) -> None:
    newer = replace(REQUESTS, remaining=10, as_of=NOON + SECOND)

    store.save_headroom([REQUESTS])
    store.save_headroom([newer])
    store.save_headroom([REQUESTS])

    assert store.headroom() == [newer]


def test_headroom_follows_a_rename(store: Store) -> None:
    store.save_headroom([REQUESTS])

    store.replace_platform(replace(WORK, name="renamed"))

    assert store.headroom() == [replace(REQUESTS, platform="renamed")]


def test_a_removed_platform_leaves_nothing_to_one_of_its_name(store: Store) -> None:
    store.save_headroom([REQUESTS, RETRY])

    store.remove_platform("work")
    store.add_platform(replace(WORK, id="id3"))

    assert store.headroom() == [RETRY]


@pytest.mark.parametrize("changes", [{"base_url": "https://example.com/v1"}, {"provider_name": "groq"}])
def test_an_account_elsewhere_begins_with_nothing(store: Store, changes: dict[str, str]) -> None:
    store.save_headroom([REQUESTS, RETRY])

    store.replace_platform(replace(WORK, **changes))  # type: ignore[arg-type]

    assert store.headroom() == [RETRY]


def test_a_changed_quota_forgets_no_headroom(store: Store) -> None:
    store.save_headroom([REQUESTS])

    store.replace_platform(replace(WORK, drain_on_disconnect=True))

    assert store.headroom() == [REQUESTS]


def test_a_refused_change_forgets_nothing(store: Store) -> None:
    store.save_headroom([REQUESTS])

    with pytest.raises(NotFoundError):
        store.replace_platform(Platform("id9", "nobody", "openai", NOON))

    assert store.headroom() == [REQUESTS]


def test_statements_of_no_platform_are_dropped(store: Store) -> None:
    store.save_headroom([replace(REQUESTS, platform="nobody"), TOKENS])

    assert store.headroom() == [TOKENS]


def test_proxies_have_nothing_to_read_again(store: Store) -> None:
    before = store.settings_version()

    store.save_headroom([REQUESTS])

    assert store.settings_version() == before


def test_nothing_stated_is_nothing_written(address: str, store: Store) -> None:
    with Store.open(address) as watching:
        before = watching.change_marker()
        store.save_headroom([])

        assert watching.change_marker() == before


def test_a_database_of_the_schema_before_keeps_its_rows(empty_address: str) -> None:
    with Store.open(empty_address) as old:
        old.add([call()])
        old.add_platform(WORK)
        with old._engine.begin() as connection:
            for table in ("headroom", "day_rollups", "official_limits"):
                connection.execute(text(f"DROP TABLE {table}"))
            connection.execute(text("UPDATE alembic_version SET version_num = '0005'"))

    assert Store.upgrade_at(empty_address) is True

    with Store.open(empty_address) as new:
        assert new.info().schema == schema.HEAD
        assert new.platform("work") == WORK
        new.save_headroom([REQUESTS])
        assert new.headroom() == [REQUESTS]
