"""Platforms, client keys, facts and sent alerts, and the version that tells of their changes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.core.sample import NOON, call
from tokenmon.core.period import Period
from tokenmon.core.platform import ClientKey, Platform, PlatformQuota
from tokenmon.core.price_rule import PriceOverride
from tokenmon.core.query import Filter
from tokenmon.core.sent_alert import SentAlert
from tokenmon.errors import ConflictError, NotFoundError
from tokenmon.storage.store import Store

PLAIN = Platform(id="id-1", name="openai-work", provider_name="openai", created_at=NOON)
FULL = Platform(
    id="id-2",
    name="azure.eu-1",
    provider_name="azure",
    created_at=NOON + timedelta(milliseconds=7),
    base_url="https://example.openai.azure.com/openai",
    sealed_key=b"\x00sealed\xff",
    key_hint="wxyz",
    prices=PriceOverride(Decimal("2.50"), Decimal("0.000001"), Decimal(0), Decimal("1000000000")),
    billing="subscription",
    quota=PlatformQuota(Decimal("100.000000001"), "usd", 75),
    inject_usage=False,
    drain_on_disconnect=True,
)
KEY = ClientKey("ci", "reporter", b"\x01" * 32, "abcd", NOON)


@pytest.mark.parametrize("platform", [PLAIN, FULL], ids=["plain", "full"])
def test_a_platform_comes_back_as_it_was_given(store: Store, platform: Platform) -> None:
    store.add_platform(platform)

    assert store.platforms() == [platform]
    assert store.platform(platform.name) == platform


def test_platforms_are_listed_by_name(store: Store) -> None:
    store.add_platform(PLAIN)
    store.add_platform(FULL)

    assert [one.name for one in store.platforms()] == ["azure.eu-1", "openai-work"]


def test_a_platform_name_is_taken_once(store: Store) -> None:
    store.add_platform(PLAIN)

    with pytest.raises(ConflictError, match="'openai-work' already") as caught:
        store.add_platform(replace(FULL, name=PLAIN.name))

    assert caught.value.hint == "change it: tokenmon platform edit openai-work"
    assert store.platforms() == [PLAIN]


def test_a_platform_is_changed_under_its_id(store: Store) -> None:
    store.add_platform(PLAIN)
    changed = replace(FULL, id=PLAIN.id)

    store.replace_platform(changed, lambda _: changed.sealed_key or b"")

    assert store.platforms() == [changed]


def test_a_platform_cannot_take_the_name_of_another(store: Store) -> None:
    store.add_platform(PLAIN)
    store.add_platform(FULL)

    with pytest.raises(ConflictError, match="already"):
        store.replace_platform(replace(FULL, name=PLAIN.name))

    assert store.platform(FULL.name) == FULL


def test_changing_a_platform_that_is_not_there_is_told(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no platform 'openai-work'"):
        store.replace_platform(PLAIN)


@pytest.mark.parametrize(
    ("name", "hint"), [("openai-wrok", "did you mean openai-work?"), ("zzz", "tokenmon platform list")]
)
def test_an_unknown_platform_is_told_with_the_nearest_one(store: Store, name: str, hint: str) -> None:
    store.add_platform(PLAIN)

    with pytest.raises(NotFoundError) as caught:
        store.platform(name)
    with pytest.raises(NotFoundError):
        store.remove_platform(name)

    assert caught.value.hint == hint


def test_removing_a_platform_leaves_its_records(store: Store) -> None:
    store.add_platform(PLAIN)
    store.add([call(platform=PLAIN.name)])

    assert store.remove_platform(PLAIN.name) == PLAIN

    assert store.platforms() == []
    assert store.totals(Filter(Period(None, None), platforms=(PLAIN.name,))).requests == 1


def test_sealed_keys_and_facts_are_exchanged_together(store: Store) -> None:
    store.add_platform(PLAIN)
    store.add_platform(FULL)

    seen: list[object] = []

    def change(description: str | None, sealed: Mapping[str, bytes]) -> tuple[Mapping[str, bytes], str]:
        seen.extend((description, sealed))
        return {FULL.id: b"new"}, "v2"

    store.set_meta("vault", "v1")
    store.reseal(change)

    assert seen == ["v1", {FULL.id: FULL.sealed_key}]
    assert store.platform(FULL.name) == replace(FULL, sealed_key=b"new")
    assert store.platform(PLAIN.name).sealed_key is None
    assert store.get_meta("vault") == "v2"


def test_a_key_is_sealed_while_it_is_stored_and_else_stays_as_it_is_stored(store: Store) -> None:
    def seal(description: str | None) -> bytes:
        return f"sealed under {description}".encode()

    store.set_meta("vault", "v1")
    store.add_platform(FULL, seal)
    read = store.platform(FULL.name)
    store.reseal(lambda *_: ({FULL.id: b"resealed"}, "v2"))
    store.replace_platform(replace(read, billing="metered"))
    kept = store.platform(FULL.name).sealed_key
    store.replace_platform(replace(read, key_hint="9999"), seal)
    changed = store.platform(FULL.name)
    store.replace_platform(replace(read, sealed_key=None, key_hint=None))

    assert (read.sealed_key, kept, changed.sealed_key) == (b"sealed under v1", b"resealed", b"sealed under v2")
    assert changed.key_hint == "9999"
    assert not store.platform(FULL.name).has_key


def test_a_fact_is_claimed_once(store: Store) -> None:
    assert [store.claim_meta("colour", "blue"), store.claim_meta("colour", "red")] == ["blue", "blue"]


def test_a_client_key_comes_back_and_is_revoked_once(store: Store) -> None:
    store.add_client_key(KEY)

    assert store.revoke_client_key("ci", NOON + timedelta(hours=1)) == KEY
    store.revoke_client_key("ci", NOON + timedelta(hours=2))

    assert store.client_keys() == [replace(KEY, revoked_at=NOON + timedelta(hours=1))]


def test_the_name_of_a_revoked_key_stays_taken(store: Store) -> None:
    store.add_client_key(KEY)
    store.revoke_client_key("ci", NOON)

    with pytest.raises(ConflictError, match="client key 'ci' already"):
        store.add_client_key(replace(KEY, digest=b"\x02" * 32))


def test_an_unknown_client_key_is_told_with_the_nearest_one(store: Store) -> None:
    store.add_client_key(replace(KEY, name="laptop"))

    with pytest.raises(NotFoundError, match="no client key 'labtop'") as caught:
        store.revoke_client_key("labtop", NOON)

    assert caught.value.hint == "did you mean laptop?"


def test_a_fact_is_set_and_set_again(store: Store) -> None:
    assert store.get_meta("colour") is None

    store.set_meta("colour", "blue")
    store.set_meta("colour", "grün")

    assert store.get_meta("colour") == "grün"


def test_an_alert_is_noted_once_for_each_platform_threshold_and_period(store: Store, address: str) -> None:
    month, next_month = NOON.replace(day=1), NOON.replace(month=12, day=1)

    with Store.open(address) as other:
        noted = [
            store.mark_alert("id-1", 80, month, NOON),
            other.mark_alert("id-1", 80, month, NOON),
            other.mark_alert("id-1", 100, month, NOON),
            store.mark_alert("id-2", 80, month, NOON),
            store.mark_alert("id-1", 80, next_month, NOON),
        ]

    assert noted == [True, False, True, True, True]
    assert store.sent_thresholds("id-1", month) == {80, 100}


def test_an_alert_that_was_not_delivered_may_be_noted_again(store: Store) -> None:
    store.mark_alert("id-1", 80, NOON, NOON)

    store.unmark_alert("id-1", 80, NOON)

    assert store.sent_thresholds("id-1", NOON) == set()
    assert store.mark_alert("id-1", 80, NOON, NOON)


def test_removing_a_platform_forgets_its_alerts(store: Store) -> None:
    store.add_platform(PLAIN)
    store.mark_alert(PLAIN.id, 80, NOON, NOON)

    store.remove_platform(PLAIN.name)

    assert store.sent_thresholds(PLAIN.id, NOON) == set()


def test_the_history_of_alerts_begins_with_the_latest_and_names_the_platform_as_it_is_called_now(store: Store) -> None:
    store.add_platform(PLAIN)
    for threshold, minutes in ((80, 0), (100, 5)):
        store.mark_alert(PLAIN.id, threshold, NOON.replace(day=1), NOON + timedelta(minutes=minutes))
    store.mark_alert("of no platform", 80, NOON, NOON)
    store.replace_platform(replace(PLAIN, name="renamed"))

    newest, oldest = store.alert_history(10)

    assert newest == SentAlert("renamed", 100, NOON.replace(day=1), NOON + timedelta(minutes=5))
    assert (oldest.threshold, oldest.is_exceeded, newest.is_exceeded) == (80, False, True)
    assert store.alert_history(1) == [newest]


CHANGES: dict[str, Callable[[Store], object]] = {
    "add a platform": lambda store: store.add_platform(FULL),
    "change a platform": lambda store: store.replace_platform(replace(PLAIN, billing="subscription")),
    "remove a platform": lambda store: store.remove_platform(PLAIN.name),
    "exchange keys": lambda store: store.reseal(lambda *_: ({}, "v2")),
    "add a client key": lambda store: store.add_client_key(KEY),
    "revoke a client key": lambda store: store.revoke_client_key("old", NOON),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_of_settings_raises_their_version_for_all(
    store: Store, address: str, change: Callable[[Store], object]
) -> None:
    store.add_platform(PLAIN)
    store.add_client_key(replace(KEY, name="old", digest=b"\x09" * 32))
    with Store.open(address) as other:
        before = other.settings_version()

        change(store)

        assert other.settings_version() == store.settings_version() == before + 1


def test_records_and_failed_changes_leave_the_version_of_settings(store: Store) -> None:
    store.add_platform(PLAIN)
    before = store.settings_version()

    store.add([call()])
    with pytest.raises(ConflictError):
        store.add_platform(PLAIN)

    assert store.settings_version() == before
