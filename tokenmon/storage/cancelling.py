"""Readings that whoever asked may give up: a question over millions of records takes seconds."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from tokenmon.errors import CancelledError

# Steps of SQLite's machine between two looks: about a millisecond.
STEPS = 50_000
LOOK_SECONDS = 0.05
GIVEN_UP = "the reading was given up"


@contextmanager
def cancellable(connection: Connection, is_cancelled: Callable[[], bool] | None) -> Iterator[None]:
    """Within it, statements on a connection end with CancelledError soon after `is_cancelled` says so."""
    if is_cancelled is None:
        yield
        return
    if is_cancelled():
        raise CancelledError(GIVEN_UP)
    try:
        if connection.dialect.name == "sqlite":
            with _progress(connection.connection.driver_connection, is_cancelled):
                yield
        else:
            with _watcher(connection.connection.driver_connection, is_cancelled):
                yield
    except DBAPIError:
        if is_cancelled():
            raise CancelledError(GIVEN_UP) from None
        raise


@contextmanager
def _progress(driver: Any, is_cancelled: Callable[[], bool]) -> Iterator[None]:
    driver.set_progress_handler(is_cancelled, STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


@contextmanager
def _watcher(driver: Any, is_cancelled: Callable[[], bool]) -> Iterator[None]:
    """A server is told from beside: the thread that asked waits for its answer."""
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(LOOK_SECONDS):
            if is_cancelled():
                driver.cancel()
                return

    watcher = threading.Thread(target=watch, name="tokenmon-cancelling", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()
