"""How fast things go."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.tui.sample import NOW
from tokenmon.core.flow import Minute
from tokenmon.session import Session
from tokenmon.tui.asking import Asking
from tokenmon.tui.pace_texts import tokens_per_minute
from tokenmon.tui.snapshot import read_snapshot

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("seconds", "tokens", "pace"),
    [
        (0, [600, 600, 600, 600, 600, 0], 600),
        # What began ten seconds ago shows: 5,167 tokens in five minutes and ten seconds.
        (10, [0, 0, 0, 0, 0, 5167], 1000),
        (30, [1000, 1000, 1000, 1000, 1000, 500], 1000),
        # What ended fades with the minutes.
        (30, [1100, 0, 0, 0, 0, 0], 200),
        (30, [0, 0, 0, 0, 0, 0], 0),
        # Only the last minutes count.
        (0, [9999, 60, 60, 60, 60, 60, 0], 60),
    ],
)
def test_tokens_of_a_minute_are_the_mean_up_to_now(
    session: Session, seconds: int, tokens: list[int], pace: int
) -> None:
    start = NOW.replace(second=0, microsecond=0)
    flow = tuple(
        Minute(start - back * MINUTE, 1, count)
        for back, count in zip(reversed(range(len(tokens))), tokens, strict=True)
    )
    found = read_snapshot(Asking(session.store, session.settings, NOW))

    assert tokens_per_minute(replace(found, minutes=flow, as_of=start + timedelta(seconds=seconds))) == pace
    assert tokens_per_minute(replace(found, minutes=())) == 0
