"""Rate limits in the headers of an answer: which providers state what, and how their numbers and times are written.

Pure, and apart from the wire formats because these headers are shared by providers whose bodies differ.

- OpenAI (platform.openai.com/docs/guides/rate-limits), Groq, xAI, SambaNova, Fireworks and whoever follows them:
  `x-ratelimit-{limit,remaining,reset}-WHAT`, the reset as a span (`6m0s`, `20ms`); Cerebras' are seconds.
- Azure OpenAI: the same names; seen beside `x-ratelimit-renewalperiod-WHAT`, a bare reset counts milliseconds (`500`
  after one of 120 requests a minute, `7` after 14 of 120,000 tokens).
- Anthropic (docs.claude.com/en/api/rate-limits): `anthropic-ratelimit-WHAT-{limit,remaining,reset}`, the reset by
  RFC 3339. Subscriptions: `anthropic-ratelimit-unified-WINDOW-{utilization,reset}`, a used fraction and seconds since
  1970. Its endpoint in OpenAI's format calls the limit `x-ratelimit-WHAT`.
- ChatGPT plans: `x-codex-{primary,secondary}-{used-percent,window-minutes,reset-at,reset-after-seconds}`.
- Mistral: `x-ratelimit-{limit,remaining}-{req,tokens}-{minute,month,10-second}`, older `ratelimitbysize-*` of tokens.
- Together: `x-ratelimit-*` and `x-tokenlimit-*` of no named dimension. OpenRouter: the same, the reset in milliseconds
  since 1970. Cohere: `x-trial-endpoint-call-{limit,remaining}` and `x-endpoint-monthly-call-limit`.
- All: `retry-after` in seconds or as a date (RFC 9110), `retry-after-ms` (OpenAI, Azure).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime

from tokenmon.core.headroom import MAX_LIMIT, RETRY, Headroom

# Providers send thirty headers and state six limits; a head that goes far beyond is nobody's rate limit.
MAX_HEADERS = 200
MAX_NAME, MAX_VALUE = 80, 64
MAX_DIMENSIONS = 16
# A day's reset may lie just behind; the longest window known is a month.
EARLIEST, LATEST = timedelta(days=-1), timedelta(days=62)
# What a bare number of a reset is: below the first seconds from now, below the second seconds since 1970, else
# milliseconds since 1970.
EPOCH, EPOCH_MS = 10**9, 10**11
START = datetime(1970, 1, 1, tzinfo=UTC)

WHAT = "([a-z][a-z0-9_-]{0,39})"
# How a name is written, and in which order it says the dimension and the kind of number.
NAMES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"x-ratelimit-(?P<kind>limit|remaining|reset|renewalperiod)-(?P<what>{WHAT})",
        rf"anthropic-ratelimit-(?!unified)(?P<what>{WHAT})-(?P<kind>limit|remaining|reset)",
        r"(?:x-)?ratelimit-(?P<kind>limit|remaining|reset)",
        r"x-(?P<what>token)limit-(?P<kind>limit|remaining|reset)",
        r"(?:x-)?ratelimit(?P<what>bysize)-(?P<kind>limit|remaining|reset)(?:-(?P<window>minute|month))?",
        r"x-ratelimit-(?P<what>requests|tokens)",
        r"x-trial-endpoint-call-(?P<kind>limit|remaining)",
        r"x-endpoint-(?P<what>monthly)-call-(?P<kind>limit)",
    )
)
UNIFIED = re.compile(r"anthropic-ratelimit-unified-([0-9]{1,3}[a-z][a-z0-9_]{0,15})-(utilization|reset)")
CODEX = re.compile(r"x-codex-(primary|secondary)-(used-percent|window-minutes|reset-at|reset-after-seconds)")
SPELLINGS = {"token": "tokens", "bysize": "tokens", "monthly": "requests_month"}
NUMBER = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,18})?")
SPAN = re.compile(r"(?:[0-9]{1,10}(?:\.[0-9]{1,18})?(?:ms|us|ns|d|h|m|s))+")
SPAN_PART = re.compile(r"([0-9.]+)([a-z]+)")
SECONDS = {
    "d": Decimal(86_400), "h": Decimal(3600), "m": Decimal(60), "s": Decimal(1),
    "ms": Decimal("1e-3"), "us": Decimal("1e-6"), "ns": Decimal("1e-9"),
}  # fmt: skip
RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(?:Z|[+-][0-9]{2}:[0-9]{2})")
HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT")


@dataclass(slots=True)
class _Stated:
    """The values of one dimension as they came."""

    limit: str | None = None
    remaining: str | None = None
    reset: str | None = None
    renewalperiod: str | None = None


def read_headroom(headers: Iterable[tuple[bytes, bytes]], *, platform: str, at: datetime) -> list[Headroom]:
    """The rate limits that an answer's headers (names in lower case) state; what cannot be read is left out."""
    texts = _texts(headers)
    found = [*_plain_limits(texts, platform, at), *_windows(texts, platform, at)][:MAX_DIMENSIONS]
    retry = _retry_at(texts, at)
    if retry is not None:
        found.append(Headroom(platform, RETRY, None, None, retry, at))
    return found


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for number, (name, value) in enumerate(headers):
        if number >= MAX_HEADERS:
            break
        if len(name) <= MAX_NAME and len(value) <= MAX_VALUE and name.isascii() and value.isascii():
            texts.setdefault(name.decode("ascii"), value.decode("ascii").strip())
    return texts


def _plain_limits(texts: dict[str, str], platform: str, at: datetime) -> list[Headroom]:
    stated: dict[str, _Stated] = {}
    for name, text in texts.items():
        for pattern in NAMES:
            match = pattern.fullmatch(name)
            if match is None:
                continue
            parts = match.groupdict()
            one = stated.setdefault(_dimension(parts.get("what"), parts.get("window")), _Stated())
            kind = parts.get("kind") or "limit"
            if getattr(one, kind) is None:
                setattr(one, kind, text)
            break
    found = []
    for dimension, one in stated.items():
        limit, remaining = _count(one.limit), _count(one.remaining)
        if limit is not None or remaining is not None:
            resets_at = _moment(one.reset, at, is_milliseconds=one.renewalperiod is not None)
            found.append(Headroom(platform, dimension, limit, remaining, resets_at, at))
    return found


def _dimension(what: str | None, window: str | None) -> str:
    if what is None:
        return "requests"
    name = SPELLINGS.get(what, what.replace("-", "_"))
    if name == "req" or name.startswith("req_"):
        name = "requests" + name[len("req") :]
    return name if window is None else f"{name}_{window}"


def _windows(texts: dict[str, str], platform: str, at: datetime) -> list[Headroom]:
    """A subscription's windows, of which a used share is stated."""
    used: dict[str, Decimal] = {}
    resets: dict[str, datetime | None] = {}
    for name, text in texts.items():
        match = UNIFIED.fullmatch(name)
        if match is None:
            continue
        if match[2] == "reset":
            resets[match[1]] = _moment(text, at)
        elif (share := _number(text)) is not None:
            used[match[1]] = share * 100
    codex = {match[0]: texts[match[0]] for match in map(CODEX.fullmatch, texts) if match is not None}
    for window in ("primary", "secondary"):
        prefix = f"x-codex-{window}-"
        share, minutes = _number(codex.get(prefix + "used-percent")), _count(codex.get(prefix + "window-minutes"))
        if share is None or not minutes:
            continue
        name = _window_name(minutes)
        used[name] = share
        resets[name] = _moment(codex.get(prefix + "reset-at"), at) or _moment(
            codex.get(prefix + "reset-after-seconds"), at
        )
    return [
        Headroom(platform, name, 100, max(0, int(100 - min(share, Decimal(100)))), resets.get(name), at)
        for name, share in used.items()
    ]


def _window_name(minutes: int) -> str:
    if minutes % (24 * 60) == 0:
        return f"{minutes // (24 * 60)}d"
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


def _retry_at(texts: dict[str, str], at: datetime) -> datetime | None:
    exact = _number(texts.get("retry-after-ms"))
    if exact:
        return _after(at, exact / 1000)
    resets_at = _moment(texts.get("retry-after"), at)
    return resets_at if resets_at is not None and resets_at > at else None


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text is not None and NUMBER.fullmatch(text) else None


def _count(text: str | None) -> int | None:
    number = _number(text)
    return int(number) if number is not None and number <= MAX_LIMIT else None


def _moment(text: str | None, at: datetime, *, is_milliseconds: bool = False) -> datetime | None:
    """When a reset is, however it is written; None for what is no time near the answer's."""
    if text is None:
        return None
    number = _number(text)
    if number is not None:
        if is_milliseconds:
            return _after(at, number / 1000)
        if number < EPOCH:
            return _after(at, number)
        since_1970 = number if number < EPOCH_MS else number / 1000
        return None if since_1970 >= EPOCH_MS else _near(START + timedelta(microseconds=int(since_1970 * 10**6)), at)
    if SPAN.fullmatch(text):
        return _after(at, sum((Decimal(size) * SECONDS[unit] for size, unit in SPAN_PART.findall(text)), Decimal(0)))
    try:
        if RFC_3339.fullmatch(text):
            return _near(datetime.fromisoformat(text).astimezone(UTC), at)
        if HTTP_DATE.fullmatch(text):
            return _near(parsedate_to_datetime(text).astimezone(UTC), at)
    except (ValueError, OverflowError):
        # Digits in the right places that are no date.
        return None
    return None


def _after(at: datetime, seconds: Decimal) -> datetime | None:
    if not EARLIEST.total_seconds() <= seconds <= LATEST.total_seconds():
        return None
    return at + timedelta(microseconds=int(seconds * 10**6))


def _near(moment: datetime, at: datetime) -> datetime | None:
    return moment if EARLIEST <= moment - at <= LATEST else None
