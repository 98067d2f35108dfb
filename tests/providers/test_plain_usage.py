"""The short way to read a usage object gives what the long way gives, or nothing."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tokenmon.providers.openai_usage import PLAIN_INPUT, PLAIN_OUTPUT, _any_usage, _plain_usage

COUNTS = st.one_of(st.integers(0, 10**6), st.sampled_from([-1, 10**13, None, 1.0, "7", True]))


def objects(names: set[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        dict.fromkeys(sorted(names), COUNTS), optional={"image_tokens": COUNTS, "text_tokens": COUNTS}
    )


@st.composite
def usages(draw: st.DrawFn) -> dict[str, Any]:
    into, out = draw(st.integers(0, 10**6)), draw(st.integers(0, 10**6))
    usage: dict[str, Any] = {
        "prompt_tokens": into,
        "completion_tokens": out,
        "total_tokens": draw(st.sampled_from([into + out, into + out + 5])),
        "prompt_tokens_details": draw(st.one_of(st.none(), objects(PLAIN_INPUT))),
        "completion_tokens_details": draw(st.one_of(st.none(), objects(PLAIN_OUTPUT))),
    }
    return usage | draw(st.fixed_dictionaries({}, optional={"cost": st.just(1), "prompt_tokens": COUNTS}))


@given(usages())
def test_the_short_way_is_taken_only_where_it_gives_the_same(usage: dict[str, Any]) -> None:
    found = _plain_usage(usage)

    assert found is None or found == _any_usage(usage)


def test_the_short_way_is_taken_for_what_openai_sends() -> None:
    details = {"cached_tokens": 3, "audio_tokens": 0}
    out = dict.fromkeys(PLAIN_OUTPUT, 1)
    usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25, "prompt_tokens_details": details}

    assert _plain_usage({**usage, "completion_tokens_details": out}) is not None
