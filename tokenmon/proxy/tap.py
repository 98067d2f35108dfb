"""The tap: reads a copy of a response for its usage and never disturbs the response.

The one place beside `cli.main` where every exception is caught: a bug in counting is logged and counted, and the call
is recorded without usage.
"""

import logging
from collections.abc import Iterable

from tokenmon.core.usage import StatedUsage
from tokenmon.providers.decoding import BodyDecoder
from tokenmon.providers.estimate import KeptStream
from tokenmon.providers.parser import UsageParser, parser_for
from tokenmon.providers.realtime import GeminiSession, OpenAISession, SessionNews, SessionReading
from tokenmon.providers.websocket_frames import MessageReader

logger = logging.getLogger("tokenmon.tap")

NOTHING = StatedUsage()
SESSION_WIRES = frozenset({"openai_realtime", "gemini_live"})


class TapCounters:
    """How often counting itself failed since the start; shown by the health page."""

    def __init__(self) -> None:
        self.failures = 0


class UsageTap:
    """Feeds one response's bytes, as they came, to the parser of its wire format.

    `keeps` tells to keep what came for an estimate, should the response end without a usage.
    """

    def __init__(
        self,
        wire: str,
        *,
        status: int,
        content_type: str,
        content_encoding: str,
        counters: TapCounters,
        keeps: bool,
        cost_rule: str | None = None,
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        self._wire = wire
        self._counters = counters
        self._kept = KeptStream() if keeps else None
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
            if self._decoder is not None:
                data = self._decoder.feed(data)
            self._parser.feed(data)
            if self._kept is not None:
                self._kept.keep(data)
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

    def output_estimate(self) -> int:
        """About how many tokens of text came, where it was kept."""
        try:
            return 0 if self._kept is None else self._kept.output_estimate(self._wire)
        except Exception as error:
            self._give_up(error)
            return 0

    def _give_up(self, error: Exception) -> None:
        self._parser = None
        self._counters.failures += 1
        # Without the text of the error: it could quote the body.
        logger.error("usage of a response cannot be read: %s", type(error).__name__)


class SessionTap:
    """Reads what a provider sends in a WebSocket, for the calls inside."""

    def __init__(self, wire: str, model: str | None, counters: TapCounters) -> None:
        self._counters = counters
        self._messages = MessageReader()
        self._asked = MessageReader()
        reading: SessionReading = GeminiSession(model) if wire == "gemini_live" else OpenAISession(model)
        self._reading: SessionReading | None = reading if wire in SESSION_WIRES else None

    def feed(self, data: bytes) -> list[SessionNews]:
        """Read a copy of the next bytes; what they tell of calls, in order."""
        if self._reading is None:
            return []
        try:
            told = [self._reading.message(message) for message in self._messages.feed(data)]
        except Exception as error:
            self._give_up(error)
            return []
        return [news for news in told if news.began or news.finished is not None]

    def feed_asked(self, data: bytes) -> None:
        """Read a copy of what the caller sends, as long as the model is not known."""
        if self._reading is None or self._reading.model is not None:
            return
        try:
            for message in self._asked.feed(data):
                self._reading.asked(message)
        except Exception as error:
            self._give_up(error)

    @property
    def model(self) -> str | None:
        """The model that answers, as far as it is known."""
        return None if self._reading is None else self._reading.model

    def _give_up(self, error: Exception) -> None:
        self._reading = None
        self._counters.failures += 1
        logger.error("usage in a session cannot be read: %s", type(error).__name__)

    def unfinished(self) -> StatedUsage | None:
        """What is known of a response that began and is not over."""
        return None if self._reading is None else self._reading.unfinished()
