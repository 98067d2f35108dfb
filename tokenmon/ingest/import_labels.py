"""From a logged call to a record: which platform it belongs to, how it is billed, and how both were decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenmon.core.platform import Platform
from tokenmon.core.record import IDENTITY_OFFSET, Billing, UsageRecord, from_milliseconds

if TYPE_CHECKING:
    from tokenmon.ingest.importers.call import LoggedCall


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user chose; None where the logs and the platforms decide. `since_ms` leaves earlier calls out."""

    platform: str | None = None
    billing: Billing | None = None
    since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The platform and billing of calls of one provider, and in words why."""

    platform: str
    billing: Billing
    reason: str


class Labels:
    """Makes records of one tool's calls."""

    def __init__(self, tool: str, platforms: Sequence[Platform], choices: Choices) -> None:
        self._tool = tool
        self._source = f"import:{tool}"
        self._platforms = platforms
        self._choices = choices
        self.decisions: dict[tuple[str, Billing | None], Decision] = {}

    def record(self, call: "LoggedCall") -> UsageRecord:
        """The record of a call, not priced yet."""
        key = (call.provider_name, call.billing)
        decision = self.decisions.get(key) or self.decisions.setdefault(key, self._decide(*key))
        at = from_milliseconds(call.at_ms)
        return UsageRecord(
            id=call.at_ms.to_bytes(IDENTITY_OFFSET, "big") + call.identity,
            occurred_at=at,
            platform=decision.platform,
            provider_name=call.provider_name,
            operation_name=call.operation_name,
            source=self._source,
            response_model=call.model,
            response_id=call.response_id,
            conversation_id=call.conversation_id,
            project=call.project,
            usage=call.usage,
            usage_source="provider",
            service_tier=call.service_tier,
            billing=decision.billing,
            tags=_tags(call),
        )

    def _decide(self, provider: str, logged: Billing | None) -> Decision:
        named, chosen = self._choices.platform, self._choices.billing
        wanted = chosen or logged
        own = [one for one in self._platforms if one.provider_name == provider]
        known = {one.name for one in self._platforms}
        if named is not None and (named not in known or named in {one.name for one in own}):
            place = next((one for one in own if one.name == named), None)
            platform = named
        else:
            fitting = [one for one in own if wanted is None or one.billing == wanted]
            place = fitting[0] if len(fitting) == 1 else None
            platform = self._tool if place is None else place.name
        if chosen is not None:
            return Decision(platform, chosen, "as --billing says")
        if logged is not None:
            return Decision(platform, logged, "as the log says")
        if place is not None:
            return Decision(platform, place.billing, f"as the platform {place.name}")
        return Decision(platform, "metered", "the log does not say")


def _tags(call: "LoggedCall") -> tuple[tuple[str, str], ...]:
    branch = () if call.git_branch is None else (("git_branch", call.git_branch),)
    tier = (("assumed_tier", "yes"), *branch) if call.is_tier_assumed else branch
    return (("assumed_model", "yes"), *tier) if call.is_model_assumed else tier
