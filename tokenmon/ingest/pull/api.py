"""What a provider's admin API must tell: which reports it has, how a page is asked for, and what a page says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from tokenmon.core.provider_sum import ProviderSum, Window
from tokenmon.ingest.pull.reading import PageRequest


@dataclass(frozen=True, slots=True)
class Page:
    """What one page says; `next_page` is the cursor of the next one, None on the last."""

    sums: tuple[ProviderSum, ...]
    next_page: str | None = None


class PullApi(Protocol):
    """A provider's admin API, without input or output.

    `reports` are asked for in this order; those in `optional_reports` an account may not have. `window_days` is how
    many days one request may span. `key_help` says which key is needed and where it is made.
    """

    @property
    def provider_name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def reports(self) -> tuple[str, ...]: ...
    @property
    def optional_reports(self) -> frozenset[str]: ...
    @property
    def window_days(self) -> int: ...
    @property
    def key_help(self) -> str: ...

    def headers(self, key: str) -> Mapping[str, str]:
        """The headers of a request, with the key."""
        ...

    def is_normal_key(self, key: str) -> bool:
        """Whether a key is seen to be one for calls, which no admin API takes."""
        ...

    def span(self, start: datetime, end: datetime, now: datetime) -> Window | None:
        """The whole days of a span that the API can tell of now, None when there are none."""
        ...

    def request(self, report: str, window: Window, page: str | None, now: datetime) -> PageRequest:
        """What asks for a page of a report."""
        ...

    def page(self, platform: str, report: str, window: Window, content: Any) -> Page:
        """What a page says of a platform; MalformedError when it is not as documented."""
        ...
