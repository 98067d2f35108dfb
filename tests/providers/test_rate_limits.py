"""Rate limits in headers: each provider's names, numbers and times, and nothing of what is no rate limit."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tokenmon.core.headroom import MAX_LIMIT
from tokenmon.providers.rate_limits import LATEST, MAX_DIMENSIONS, read_headroom

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
Row = tuple[str, int | None, int | None, float | None]


def rows(headers: dict[str, str]) -> list[Row]:
    """Dimension, limit, remaining and the seconds to the reset of what headers state."""
    found = read_headroom([(name.encode(), value.encode()) for name, value in headers.items()], platform="p", at=AT)
    assert all((one.platform, one.as_of) == ("p", AT) for one in found)
    return [
        (
            one.dimension,
            one.limit,
            one.remaining,
            None if one.resets_at is None else (one.resets_at - AT).total_seconds(),
        )
        for one in found
    ]


PROVIDERS: dict[str, tuple[dict[str, str], list[Row]]] = {
    "openai": (
        {
            "x-ratelimit-limit-requests": "5000", "x-ratelimit-limit-tokens": "800000",
            "x-ratelimit-remaining-requests": "4999", "x-ratelimit-remaining-tokens": "799989",
            "x-ratelimit-reset-requests": "12ms", "x-ratelimit-reset-tokens": "6m0s",
            "x-ratelimit-limit-project-tokens": "10", "x-ratelimit-limit-tokens_usage_based": "7",
        },
        [
            ("requests", 5000, 4999, 0.012), ("tokens", 800000, 799989, 360), ("project_tokens", 10, None, None),
            ("tokens_usage_based", 7, None, None),
        ],
    ),
    "groq": (
        {"x-ratelimit-limit-requests": "14400", "x-ratelimit-reset-requests": "10.332999999s"},
        [("requests", 14400, None, 10.332999)],
    ),
    "azure counts milliseconds": (
        {
            "x-ratelimit-limit-requests": "120", "x-ratelimit-remaining-requests": "119",
            "x-ratelimit-renewalperiod-requests": "60", "x-ratelimit-reset-requests": "500",
            "x-ratelimit-abusepenalty-active": "False", "x-ratelimit-key": "gpt-5-nano",
        },
        [("requests", 120, 119, 0.5)],
    ),
    "cerebras counts seconds": (
        {"x-ratelimit-remaining-requests-day": "9500", "x-ratelimit-reset-requests-day": "33011.382867"},
        [("requests_day", None, 9500, 33011.382867)],
    ),
    "anthropic": (
        {
            "anthropic-ratelimit-requests-limit": "20000", "anthropic-ratelimit-requests-remaining": "19998",
            "anthropic-ratelimit-requests-reset": "2026-11-23T12:00:11Z",
            "anthropic-ratelimit-input-tokens-limit": "2000000", "anthropic-ratelimit-output-tokens-remaining": "4000",
            "anthropic-ratelimit-output-tokens-reset": "2026-11-23T13:00:11+01:00",
        },
        [
            ("requests", 20000, 19998, 11), ("input_tokens", 2000000, None, None),
            ("output_tokens", None, 4000, 11),
        ],
    ),
    "anthropic's subscriptions": (
        {
            "anthropic-ratelimit-unified-status": "allowed", "anthropic-ratelimit-unified-reset": "1795442400",
            "anthropic-ratelimit-unified-5h-utilization": "0.42", "anthropic-ratelimit-unified-5h-status": "allowed",
            "anthropic-ratelimit-unified-5h-reset": "1795438800",
            "anthropic-ratelimit-unified-7d_oi-utilization": "1.04",
            "anthropic-ratelimit-unified-7d_oi-reset": "2026-11-24T12:00:00Z",
            "anthropic-ratelimit-unified-fallback-percentage": "0.5",
        },
        [("5h", 100, 58, 3600), ("7d_oi", 100, 0, 86400)],
    ),
    "anthropic in openai's format": (
        {"x-ratelimit-requests": "4000", "x-ratelimit-remaining-requests": "3999", "x-ratelimit-reset-requests": "0s"},
        [("requests", 4000, 3999, 0)],
    ),
    "chatgpt plans": (
        {
            "x-codex-primary-used-percent": "42.5", "x-codex-primary-window-minutes": "300",
            "x-codex-primary-reset-at": "1795438800", "x-codex-secondary-used-percent": "13",
            "x-codex-secondary-window-minutes": "10080", "x-codex-secondary-reset-after-seconds": "7",
        },
        [("5h", 100, 57, 3600), ("7d", 100, 87, 7)],
    ),
    "mistral": (
        {
            "x-ratelimit-limit-req-minute": "360", "x-ratelimit-remaining-req-minute": "358",
            "x-ratelimit-limit-tokens-month": "200000000000", "x-ratelimit-tokens-query-cost": "92",
            "x-ratelimit-remaining-req-10-second": "57",
        },
        [
            ("requests_minute", 360, 358, None), ("tokens_month", 200000000000, None, None),
            ("requests_10_second", None, 57, None),
        ],
    ),
    "mistral's older names": (
        {
            "ratelimitbysize-limit": "500000", "ratelimitbysize-remaining": "348385", "ratelimitbysize-reset": "23",
            "ratelimitbysize-query-cost": "32018", "x-ratelimitbysize-remaining-month": "997374950",
        },
        [("tokens", 500000, 348385, 23), ("tokens_month", None, 997374950, None)],
    ),
    "together": (
        {"x-ratelimit-limit": "2", "x-ratelimit-remaining": "1", "x-ratelimit-reset": "2", "x-tokenlimit-limit": "9"},
        [("requests", 2, 1, 2), ("tokens", 9, None, None)],
    ),
    "openrouter counts milliseconds since 1970": (
        {"x-ratelimit-limit": "50", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795435260000"},
        [("requests", 50, 0, 60)],
    ),
    "cohere": (
        {
            "x-endpoint-monthly-call-limit": "1000", "x-trial-endpoint-call-limit": "20",
            "x-trial-endpoint-call-remaining": "19",
        },
        [("requests_month", 1000, None, None), ("requests", 20, 19, None)],
    ),
    "retry in seconds": ({"retry-after": "31"}, [("retry", None, None, 31)]),
    "retry as a date": ({"retry-after": "Mon, 23 Nov 2026 12:01:00 GMT"}, [("retry", None, None, 60)]),
    "retry in milliseconds": ({"retry-after": "2", "retry-after-ms": "1500"}, [("retry", None, None, 1.5)]),
    "no wait at all": ({"retry-after": "0", "retry-after-ms": "0"}, []),
    "nothing": ({"content-type": "application/json", "x-request-id": "req_1", "date": "Mon"}, []),
}  # fmt: skip


@pytest.mark.parametrize(("headers", "expected"), PROVIDERS.values(), ids=PROVIDERS)
def test_each_provider_is_read_as_it_means_it(headers: dict[str, str], expected: list[Row]) -> None:
    assert rows(headers) == expected


@pytest.mark.parametrize(
    "value",
    [
        "-1", "+1", "NaN", "inf", "1e9", "0x10", "", " ", "1,000", "1_000", "५", "١٢", "1" * 17, str(MAX_LIMIT + 1),
        "9" * 64, "1" * 65, "5\x1b[31m",
    ],
)  # fmt: skip
def test_a_number_that_is_none_is_left_out(value: str) -> None:
    assert rows({"x-ratelimit-limit-requests": value}) == []


@pytest.mark.parametrize(
    "reset",
    [
        "-5", "NaN", "soon", "5", "5x", "99999999999", "1" * 16, "99999h", "2026-11-23", "2026-11-23T12:00:00",
        "2026-13-45T99:99:99Z", "2999-01-01T00:00:00Z", "Xxx, 99 Yyy 2026 12:00:00 GMT", "५s", "1.2.3s", "0s" * 40,
        "0001-01-01T00:00:00+14:00",
    ],
)  # fmt: skip
def test_a_reset_that_is_no_time_near_is_unknown(reset: str) -> None:
    found = rows({"x-ratelimit-limit-requests": "9", "x-ratelimit-reset-requests": reset})

    assert found == [("requests", 9, None, 5.0 if reset == "5" else None)]


def test_the_first_of_two_headers_of_one_name_tells() -> None:
    twice = [(b"x-ratelimit-limit-requests", b"1"), (b"x-ratelimit-limit-requests", b"2")]

    assert [one.limit for one in read_headroom(twice, platform="p", at=AT)] == [1]


def test_a_head_of_a_thousand_limits_is_bounded() -> None:
    many = [(b"x-ratelimit-limit-what%d" % number, b"1") for number in range(1000)]

    assert len(read_headroom(many, platform="p", at=AT)) == MAX_DIMENSIONS


PREFIXES = st.sampled_from([
    "x-ratelimit-limit-", "x-ratelimit-remaining-", "x-ratelimit-reset-", "anthropic-ratelimit-", "x-codex-primary-",
    "anthropic-ratelimit-unified-5h-", "ratelimitbysize-", "retry-after", "",
])  # fmt: skip
SUFFIXES = st.sampled_from(
    ["requests", "tokens", "reset", "limit", "utilization", "used-percent", "reset-at", "-ms", ""]
)
NAMES = st.one_of(st.builds(lambda one, two: (one + two).encode(), PREFIXES, SUFFIXES), st.binary(max_size=90))
TEXTS = st.text("0123456789.:-+TZhmsdGMTu, ", max_size=30).map(str.encode)
VALUES = st.one_of(st.integers(-5, 10**20).map(lambda one: str(one).encode()), TEXTS, st.binary(max_size=70))


@given(st.lists(st.tuples(NAMES, VALUES), max_size=40))
@example([(b"x-ratelimit-limit-requests", b"9"), (b"x-ratelimit-reset-requests", b"9999-12-31T23:59:59-23:59")])
@example([(b"retry-after", b"Fri, 31 Dec 9999 23:59:59 GMT")])
def test_whatever_a_head_holds_is_read_or_left_out(headers: list[tuple[bytes, bytes]]) -> None:
    found = read_headroom(headers, platform="p", at=AT)

    assert len({one.dimension for one in found}) == len(found) <= MAX_DIMENSIONS + 1
    assert all(one.dimension.isascii() and len(one.dimension) <= 48 for one in found)
    assert all(one.resets_at is None or abs(one.resets_at - AT) <= LATEST for one in found)


def test_the_longest_window_is_within_reach() -> None:
    assert timedelta(days=31) < LATEST
