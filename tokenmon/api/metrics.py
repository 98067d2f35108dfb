"""The route `/metrics`, for Prometheus: the text is read from the database at most every few seconds.

A database that cannot be read is no failed scrape, of which a scraper would keep nothing: the process still tells of
itself, and that the database is away. Whoever was let in before it went away still is, as at the proxy.
"""

import threading
import time
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse

from tokenmon.analytics.metrics import SeriesBound, database_family, process_families, stored_families
from tokenmon.api.access import key_with, last_known_key_with, token_of
from tokenmon.api.surroundings import SessionOf
from tokenmon.core.exposition import CONTENT_TYPE, exposition
from tokenmon.core.process_state import ProcessState
from tokenmon.errors import TemporaryError, TokenmonError, UnusableDatabaseError
from tokenmon.session import Session

router = APIRouter(tags=["metrics"])

# However many scrape however often: the database is asked no more.
FRESH_SECONDS = 5.0
AWAY = (TemporaryError, UnusableDatabaseError)


class MetricsDesk:
    """Makes the text for one running API; scrapes that come together share one reading."""

    def __init__(
        self,
        session: Session,
        process: Callable[[], ProcessState] | None,
        *,
        bound: SeriesBound | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._process = process
        self._bound = bound or SeriesBound()
        self._clock = clock
        self._turn = threading.Lock()
        self._stored = ""
        self._read_at = float("-inf")

    def text(self) -> str:
        """What the database told at most a few seconds ago, and what the process knows now."""
        with self._turn:
            if self._clock() - self._read_at >= FRESH_SECONDS:
                self._stored = self._read()
                # A reading that took long is not due again at once.
                self._read_at = self._clock()
            stored = self._stored
        return stored + self._process_text()

    def text_without_database(self) -> str:
        """What the process knows, and that the database is away."""
        return exposition([database_family(is_up=False)]) + self._process_text()

    def _read(self) -> str:
        session = self._session
        try:
            families = stored_families(
                session.store, self._bound, now=session.now(), timezone=session.settings.timezone
            )
        except TokenmonError:
            return exposition([database_family(is_up=False)])
        return exposition([database_family(is_up=True), *families])

    def _process_text(self) -> str:
        return "" if self._process is None else exposition(process_families(self._process()))


def _text(request: Request, session: SessionOf) -> str:
    """The text for a caller who may read."""
    desk: MetricsDesk = request.app.state.metrics
    token, ring = token_of(request), request.app.state.key_ring
    try:
        key_with("read", token, session.store, ring)
    except AWAY:
        if last_known_key_with("read", token, ring) is None:
            raise
        return desk.text_without_database()
    return desk.text()


Text = Annotated[str, Depends(_text)]


@router.get(
    "/metrics", summary="Tell a scraper all numbers, in Prometheus's text format.", response_class=PlainTextResponse
)
def metrics(text: Text) -> Response:
    """Counters over all calls by platform, provider, model and source; gauges of quotas, limits and the proxy itself.

    The role `viewer` is enough. Numbers of the database are at most five seconds old; where it cannot be read they are
    left out and `tokenmon_database_up` is 0.
    """
    return Response(text, media_type=CONTENT_TYPE)


@router.head("/metrics", include_in_schema=False)
def metrics_head(text: Text) -> Response:
    """The same without its body, which the server leaves out."""
    return Response(text, media_type=CONTENT_TYPE)
