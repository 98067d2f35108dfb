"""The change marker: it moves with every write of anyone, and stands still otherwise."""

import pytest
from sqlalchemy import text

from tests.core.sample import call
from tokenmon.errors import TemporaryError
from tokenmon.storage.store import Store


def test_the_marker_moves_with_each_write_of_another_connection(store: Store, address: str) -> None:
    markers = [store.change_marker()]

    with Store.open(address) as other:
        for number in range(3):
            other.add([call(str(number))])
            markers.append(store.change_marker())

    assert len(set(markers)) == 4


def test_the_marker_moves_with_the_stores_own_writes(store: Store) -> None:
    before = store.change_marker()

    store.add([call()])

    assert store.change_marker() != before


def test_the_marker_stands_still_while_nothing_is_written(store: Store, address: str) -> None:
    store.add([call()])
    before = store.change_marker()

    with Store.open(address) as other:
        other.platforms()
        store.settings_version()

    assert store.change_marker() == before


def test_the_settings_version_is_read_anew_each_time(store: Store, address: str) -> None:
    first = store.settings_version()

    with Store.open(address) as other:
        other.reseal(lambda *_: ({}, "v2"))

    assert store.settings_version() == first + 1


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_write_that_began_before_another_and_ends_after_it_moves_the_marker(store: Store) -> None:
    with store._engine.connect() as slow, store._engine.connect() as fast:
        slow.execute(text("INSERT INTO meta VALUES ('slow', '1')"))
        fast.execute(text("INSERT INTO meta VALUES ('fast', '1')"))
        fast.commit()
        before = store.change_marker()

        slow.commit()

    assert store.change_marker() != before


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_lost_connection_is_told_once_and_then_replaced(store: Store) -> None:
    store.change_marker()
    with store._engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )

    with pytest.raises(TemporaryError, match="does not answer"):
        store.change_marker()

    assert store.change_marker() == store.change_marker()


def test_a_closed_store_may_be_closed_again(store: Store) -> None:
    store.change_marker()

    store.close()
    store.close()

    assert store._watch is None
