"""Objects that are asked for again and again until they are done: batches and assistants' runs.

Each states its usage in the object itself, so that every poll repeats it under the same id. A run's stream carries
messages and steps too, with ids and usages of their own: only the run's count.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tokenmon.core.text import clean
from tokenmon.core.usage import StatedUsage
from tokenmon.providers.json_body import decode
from tokenmon.providers.openai_chat import DONE, openai_error
from tokenmon.providers.openai_usage import openai_usage
from tokenmon.providers.reading import AnswerFacts, Statement


class _Object(msgspec.Struct):
    object: Any = None
    id: Any = None
    # xAI's and Google's names of a batch's id.
    batch_id: Any = None
    name: Any = None
    model: Any = None
    usage: Any = None
    service_tier: Any = None
    error: Any = None
    last_error: Any = None


_decoder = msgspec.json.Decoder(_Object)


class ObjectReading:
    """Reads one object, such as a batch, or a stream of its states; see `reading.Reading`.

    The answers in a batch's files are not seen.
    """

    markers = (b'"usage"', DONE, b'"error"')
    idle_marker = b'"usage":null'
    wants_all = True

    def __init__(self, facts: AnswerFacts) -> None:
        self._said = Statement(facts.cost_rule)

    def document(self, data: bytes) -> bool:
        return self._read(data) is not None

    def _read(self, data: bytes) -> _Object | None:
        try:
            found = decode(_decoder, data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        self._said.error = openai_error(found.error or found.last_error) or self._said.error
        if self._is_wanted(found):
            self._said.name(found.id or found.batch_id or found.name, found.model)
            self._said.tier = clean(found.service_tier) or self._said.tier
            if isinstance(found.usage, dict):
                self.salvage(found.usage)
        return found

    def _is_wanted(self, found: _Object) -> bool:
        return True

    def event(self, data: bytes) -> None:
        if data.strip() == DONE:
            self._said.is_complete = True
        else:
            found = self._read(data)
            if found is not None and found.error is not None:
                self._said.is_broken = True

    def salvage(self, usage: Mapping[str, object]) -> None:
        self._said.usage = openai_usage(usage) or self._said.usage
        self._said.price(usage)

    def end(self) -> None:
        self._said.end()

    def stated(self) -> StatedUsage:
        return self._said.stated()


class RunReading(ObjectReading):
    """Reads an assistant's run."""

    def _is_wanted(self, found: _Object) -> bool:
        return bool(found.object == "thread.run")
