"""Which alerts are due: from quota states and what was sent before, without asking anybody."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from tokenmon.core.money import decimal_text
from tokenmon.core.number_text import LIST_PRICE_VALUE
from tokenmon.core.period import Period
from tokenmon.core.platform import Platform, PlatformQuota

EXCEEDED = 100
UNIT_WORDS = {"usd": "USD", "tokens": "tokens", "requests": "requests"}


@dataclass(frozen=True, slots=True)
class Alert:
    """The message that a quota's threshold was crossed in a period."""

    platform: Platform
    quota: PlatformQuota
    threshold: int
    used: Decimal
    percent: Decimal
    period: Period

    @property
    def is_exceeded(self) -> bool:
        """Whether the whole quota is used."""
        return self.threshold >= EXCEEDED

    @property
    def text(self) -> str:
        """The alert as one sentence."""
        verb = "has exceeded" if self.is_exceeded else f"has used {self.threshold} % of"
        unit = UNIT_WORDS[self.quota.unit]
        if self.quota.unit == "usd" and self.platform.billing == "subscription":
            unit = f"{unit} {LIST_PRICE_VALUE}"
        return (
            f"tokenmon: the platform {self.platform.name} {verb} its monthly quota: "
            f"{decimal_text(self.used)} of {decimal_text(self.quota.amount)} {unit}"
        )


def due_alert(
    platform: Platform, *, used: Decimal, percent: Decimal, period: Period, sent: Collection[int]
) -> Alert | None:
    """The alert that is due for a platform: for the highest threshold crossed, unless that was sent; else None.

    `sent` are the thresholds sent in this period. A lower threshold is not sent beside or after a higher one, but is
    when raising the quota has brought the use below the higher one again.
    """
    quota = platform.quota
    if quota is None:
        return None
    highest = max((one for one in (quota.warn_at, EXCEEDED) if percent >= one), default=None)
    if highest is None or highest in sent:
        return None
    return Alert(platform, quota, highest, used, percent, period)
