"""A call as a log tells it, and how several sights of one call become one: what every format's parser gives.

Apart from the record because a log knows neither platform nor price, and because most lines only repeat a call: what is
repeated is merged before it costs a record.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable

import msgspec

from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.record import Billing
from tokenmon.core.usage import TokenUsage


class LoggedCall(msgspec.Struct, gc=False, array_like=True):
    """One sight of a call. `identity` is what tells it apart everywhere (`identity_of`): where its provider gave it an
    id that is seen elsewhere too, provider and id alone.

    `is_replay` marks a sight that another session copied: the original's labels are the better ones.
    `is_model_assumed` marks a model that the log does not name, `is_tier_assumed` a tier that not the log names but the
    tool's settings of today.
    """

    at_ms: int
    identity: bytes
    provider_name: str
    model: str | None
    usage: TokenUsage
    response_id: str | None = None
    conversation_id: str | None = None
    project: str | None = None
    git_branch: str | None = None
    service_tier: str | None = None
    stated_cost: Decimal | None = None
    billing: Billing | None = None
    operation_name: str = "chat"
    is_replay: bool = False
    is_model_assumed: bool = False
    is_tier_assumed: bool = False


class SkippedError(Exception):
    """A line that holds usage but is not a call that counts; the reason is shown in the audit."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _no_lines(_: str) -> Iterable[bytes]:
    return ()


@dataclass(frozen=True, slots=True)
class LogFile:
    """What a parser may know of the file that it reads: the names on the way to it from the tool's folder, its time,
    and the names of all folders that it is in.

    `lines_of` gives the lines with a marker of that file of the same tool whose path holds a text (to a document: the
    first lines of the `.jsonl` of that name beside it), none without one: some logs repeat what stands in others.
    `settings` is what the tool's settings file holds.
    """

    parts: tuple[str, ...]
    modified_ms: int = 0
    folders: tuple[str, ...] = ()
    lines_of: Callable[[str], Iterable[bytes]] = _no_lines
    settings: str = ""


class LineParser(Protocol):
    """Reads one file of lines, in their order. Only lines that hold one of `markers` are given to it.

    Made from a `LogFile` and the `context` that an earlier one left, None at the start of the file.
    """

    markers: tuple[bytes, ...]

    def read(self, line: bytes) -> Iterable[LoggedCall]:
        """The calls of a line; SkippedError when it counts as none, ValueError when it cannot be read."""

    def context(self) -> bytes | None:
        """What the next lines need of those before; None for nothing."""


@runtime_checkable
class LimitTeller(Protocol):
    """A parser of lines that hold what the provider says is used of a plan.

    Of the lines that hold `limit_marker` alone only the last of each block is given to it.
    """

    limit_marker: bytes

    def limits(self, machine: str) -> Sequence[OfficialLimit]:
        """The newest of what the lines so far said, heard on a machine."""


# What a whole document or database holds, entry by entry.
Entries = Iterable[LoggedCall | SkippedError]


def is_better(new: LoggedCall, old: LoggedCall) -> bool:
    """Whether a second sight of a call takes the first one's place: an original before a copy, then the larger usage.

    Lines are written while an answer streams, so the early ones hold a part of its output only.
    """
    if new.is_replay != old.is_replay:
        return old.is_replay
    return new.usage.total_tokens > old.usage.total_tokens


class Merged:
    """The calls of a batch, each once, in its best sight."""

    def __init__(self) -> None:
        self._calls: dict[bytes, LoggedCall] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, call: LoggedCall) -> bool:
        """Take a sight of a call; whether it is the first in this batch."""
        held = self._calls.setdefault(call.identity, call)
        if held is call:
            return True
        if is_better(call, held):
            self._calls[call.identity] = call
        return False

    def calls(self) -> list[LoggedCall]:
        """All calls."""
        return list(self._calls.values())
