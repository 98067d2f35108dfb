"""The record of one call through the proxy: what is known of it, and when that is journalled.

Apart from the exchange because it carries no byte: it is told what happened and writes a line about it.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from tokenmon.core.record import UsageSource, call_id, from_milliseconds
from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.ingest.journal_line import CallMembers, journal_line
from tokenmon.providers.estimate import input_estimate
from tokenmon.providers.request import RequestFacts
from tokenmon.proxy.head import Head
from tokenmon.proxy.tap import UsageTap

# Calls that are text both ways, as far as an estimate goes.
ESTIMATED_OPERATIONS = frozenset({"chat", "text_completion", "generate_content"})
# The provider had the request, and what it made of it is not known.
UNHEARD = frozenset({"client_disconnected", "upstream_timeout", "proxy_stopped"})
NOTHING = StatedUsage()


class CallRecord:
    """Journals a call once; again only when the end of its answer stated more than was known."""

    def __init__(self, head: Head, facts: RequestFacts, body: bytes, journal: Callable[[bytes], None]) -> None:
        self._head = head
        self._facts = facts
        self._body = body
        self._journal = journal
        self._started_ms = time.time_ns() // 1_000_000
        self._started = time.perf_counter()
        self._first_chunk: float | None = None
        self._id: bytes | None = None
        self._recorded: tuple[StatedUsage, str | None] | None = None
        self.is_stream = facts.stream or head.endpoint.is_stream
        # The provider has the whole request.
        self.is_sent = False
        # What reads the answer, once there is one.
        self.tap: UsageTap | None = None

    @property
    def keeps_stream(self) -> bool:
        """Whether the bytes of an answer may be needed for an estimate."""
        return self.is_stream and self._head.endpoint.operation_name in ESTIMATED_OPERATIONS

    def note_piece(self) -> None:
        """A piece of the answer came."""
        if self._first_chunk is None:
            self._first_chunk = time.perf_counter()

    def finish(self, status: int) -> None:
        """The answer came to its own end, or all that it will state is known."""
        self._write(NOTHING if self.tap is None else self.tap.stated(), status, None)

    def fail(self, status: int, failure: str) -> None:
        """The call ended otherwise; what is known of it stands on record with the reason."""
        self._write(NOTHING if self.tap is None else self.tap.stated(), status, failure)

    def _write(self, stated: StatedUsage, status: int, failure: str | None) -> None:
        if not self._head.endpoint.billable or not stated.billable:
            return
        is_nothing = stated.usage is None and stated.response_id is None
        if self._head.method == "GET" and (failure is not None or status >= 400 or is_nothing):
            # Asking for a stored answer costs nothing, and this one is not there, or not yet.
            return
        if self._recorded is not None and (self._recorded[0] == stated or failure is not None):
            return
        self._recorded = (stated, failure)
        source: UsageSource = "none"
        if stated.usage is not None:
            source = "provider" if stated.is_complete else "partial"
        if source != "provider" and self._may_estimate(stated, status, failure):
            stated, source = self._estimated(stated)
        self._journal(
            journal_line(self._head.shared, self._members(stated, source, status, failure), stated.stated_cost)
        )

    def _may_estimate(self, stated: StatedUsage, status: int, failure: str | None) -> bool:
        """Whether tokens were used that nobody stated: of a stream as far as it came, or of a request that was sent."""
        if not self.is_sent or self._head.endpoint.operation_name not in ESTIMATED_OPERATIONS:
            return False
        if self.tap is None:
            return failure in UNHEARD
        is_cut = self.is_stream or failure in UNHEARD
        return is_cut and status < 400 and (stated.error_type is None or stated.usage is not None)

    def _estimated(self, stated: StatedUsage) -> tuple[StatedUsage, UsageSource]:
        """What was stated, the rest of it by estimate: what was not stated at all, and the output of a cut stream."""
        output_tokens = 0 if self.tap is None else self.tap.output_estimate()
        usage = stated.usage
        if usage is None:
            usage = TokenUsage(input_estimate(self._body), output_tokens)
            return (replace(stated, usage=usage), "estimated") if usage.total_tokens else (stated, "none")
        usage = replace(usage, output_tokens=max(usage.output_tokens, output_tokens))
        return replace(stated, usage=usage), "partial"

    def _members(self, stated: StatedUsage, source: UsageSource, status: int, failure: str | None) -> CallMembers:
        occurred_at = from_milliseconds(self._started_ms)
        if self._id is None:
            self._id = call_id(occurred_at, self._head.target.provider.name, stated.response_id)
        first = self._first_chunk if self.is_stream else None
        return CallMembers(
            self._id,
            occurred_at,
            self._facts.model or self._head.endpoint.path_model,
            stated.response_model,
            stated.response_id,
            self.is_stream,
            status,
            failure or stated.error_type or (f"http_{status}" if status >= 400 else None),
            stated.usage,
            source,
            round((time.perf_counter() - self._started) * 1000),
            None if first is None else round((first - self._started) * 1000),
            stated.service_tier,
        )
