"""Asking a provider's admin API over HTTP: tries again what may pass, waits as told, and says clearly what will not.

The key is in a header of each request and in no message: whatever a provider answers is shown without it.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from tokenmon.core.text import clean
from tokenmon.errors import ConfigError, NotFoundError, TemporaryError, TokenmonError
from tokenmon.ingest.pull.reading import MalformedError, PageRequest, parsed
from tokenmon.providers.registry import upstream_path

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 60.0
TRIES = 6
FIRST_PAUSE_SECONDS = 1.0
# A person waits at most so long for one request; who is told to wait longer comes back later.
LONGEST_PAUSE_SECONDS = 120.0
# A month of an organization with thousands of keys is a tenth of this.
MAX_BYTES = 64 * 1024 * 1024
AGAIN_LATER = "what was pulled is stored; run the same command again to go on"


class AdminClient:
    """Asks one API with one key; use as a context manager."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        *,
        title: str,
        key: str,
        key_help: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import httpx

        self._base_url = base_url
        self._title = title
        self._key = key
        self._key_help = key_help
        self._sleep = sleep
        self._http = httpx.Client(headers=dict(headers), timeout=TIMEOUT_SECONDS, follow_redirects=False)

    def __enter__(self) -> "AdminClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, request: PageRequest) -> Any:
        """The JSON value of an answer.

        TemporaryError when the API does not answer or asks for a longer pause, ConfigError when it refuses the key,
        NotFoundError when it has no such report, MalformedError when the answer is no JSON.
        """
        scheme, _, rest = self._base_url.partition("://")
        url = f"{scheme}://{rest.partition('/')[0]}{upstream_path(self._base_url, request.path)}"
        pause = FIRST_PAUSE_SECONDS
        for left in range(TRIES - 1, -1, -1):
            status, body, told, problem = self._try(url, request)
            if status == 200:
                return parsed(body)
            if status and status != 429 and status < 500:
                raise self._refusal(status, body, request)
            wait = pause if told is None else told
            if wait > LONGEST_PAUSE_SECONDS:
                raise TemporaryError(f"{self._title} asks to wait {round(wait)} seconds", hint=AGAIN_LATER)
            if left:
                self._sleep(wait)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        raise TemporaryError(f"{self._title} {problem}, {TRIES} times in a row", hint=AGAIN_LATER)

    def _try(self, url: str, request: PageRequest) -> tuple[int, bytes, float | None, str]:
        """Status (0 without an answer), body, the pause that was asked for, and what went wrong in words."""
        import httpx

        body = bytearray()
        try:
            with self._http.stream("GET", url, params=list(request.params)) as answer:
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > MAX_BYTES:
                        raise TokenmonError(f"{self._title} answered with more than a report can be", hint=AGAIN_LATER)
        except httpx.HTTPError as error:
            return 0, b"", None, f"cannot be reached ({self._shown(str(error) or type(error).__name__)})"
        words = "limits the rate" if answer.status_code == 429 else f"answered with {answer.status_code}"
        return answer.status_code, bytes(body), _retry_after(answer), words

    def _refusal(self, status: int, body: bytes, request: PageRequest) -> TokenmonError:
        if status in (401, 403):
            # The answer's own words may repeat a part of the key.
            return ConfigError(
                f"{self._title} does not take this key for {request.path} ({status}): an admin key is needed, "
                "keys for calls do not work there",
                hint=self._key_help,
            )
        told = self._shown(_message(body))
        said = f": {told}" if told else ""
        if status == 404:
            return NotFoundError(f"{self._title} has no {request.path} ({status}){said}", hint="check the base URL")
        return TokenmonError(f"{self._title} refused {request.path} ({status}){said}", hint="tokenmon pull --help")

    def _shown(self, text: str) -> str:
        return (clean(text.replace(self._key, "...")) or "")[:160]


def _retry_after(answer: "httpx.Response") -> float | None:
    """Seconds that the answer asks to wait: a number, or the time until a date."""
    value = answer.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(int(value[:12])))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _message(body: bytes) -> str:
    try:
        content = parsed(body)
    except MalformedError:
        return ""
    error = content.get("error") if isinstance(content, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else ""
