"""The tap: reads a copy of a response for its usage and never disturbs the response.

The one place beside `cli.main` where every exception is caught: a bug in counting is logged and counted, and the call
is recorded without usage.
"""

import logging
from collections.abc import Iterable

from tokenmon.core.usage import StatedUsage
from tokenmon.providers.decoding import BodyDecoder
from tokenmon.providers.parser import UsageParser, parser_for

logger = logging.getLogger("tokenmon.tap")

NOTHING = StatedUsage()


class TapCounters:
    """How often counting itself failed since the start; shown by the health page."""

    def __init__(self) -> None:
        self.failures = 0


class UsageTap:
    """Feeds one response's bytes, as they came, to the parser of its wire format."""

    def __init__(
        self,
        wire: str,
        *,
        status: int,
        content_type: str,
        content_encoding: str,
        counters: TapCounters,
        cost_rule: str | None = None,
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        self._counters = counters
        self._parser: UsageParser | None = None
        self._decoder: BodyDecoder | None = None
        self._seen_changes = 0
        self._is_complete = False
        try:
            self._parser = parser_for(
                wire, status=status, content_type=content_type, cost_rule=cost_rule, headers=headers
            )
            if content_encoding and content_encoding != "identity":
                self._decoder = BodyDecoder(content_encoding)
        except Exception as error:
            self._give_up(error)

    def feed(self, data: bytes) -> None:
        """Read a copy of the next bytes."""
        if self._parser is None:
            return
        try:
            self._parser.feed(data if self._decoder is None else self._decoder.feed(data))
        except Exception as error:
            self._give_up(error)

    def close(self) -> None:
        """Tell that the response ended."""
        if self._parser is None:
            return
        try:
            self._parser.close()
        except Exception as error:
            self._give_up(error)

    @property
    def is_complete(self) -> bool:
        """Whether all that the response will state was seen; cheap, for every piece of a stream is asked after."""
        if self._parser is not None and self._parser.changes != self._seen_changes:
            self._seen_changes = self._parser.changes
            self._is_complete = self.stated().is_complete
        return self._is_complete

    def stated(self) -> StatedUsage:
        """What the response said so far."""
        if self._parser is None:
            return NOTHING
        try:
            return self._parser.stated()
        except Exception as error:
            self._give_up(error)
            return NOTHING

    def _give_up(self, error: Exception) -> None:
        self._parser = None
        self._counters.failures += 1
        # Without the text of the error: it could quote the body.
        logger.error("usage of a response cannot be read: %s", type(error).__name__)
