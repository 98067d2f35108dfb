"""Names from outside, as they stand in a line."""

import pytest

from tests.tui.sample import call
from tokenmon.core.period import zone
from tokenmon.tui.dimensions import NO_VALUE, value_text
from tokenmon.tui.names import name_text
from tokenmon.tui.session_columns import names_text, short_id
from tokenmon.tui.texts import call_parts, status_part

FAMILY = "👩\u200d👩\u200d👧\ufe0f"
SEEN = "👩👩👧"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("gpt\u200b-4o\u2060", "gpt-4o"), (FAMILY, SEEN), ("\u115f\u3164fill", "fill"), ("\u202eabc", "abc"),
        ("\u061cabc", "abc"),
        ("a\x1b[31mb", "a[31mb"), ("模型", "模型"), ("\u200b", "-"), (None, "-"),
    ],
)  # fmt: skip
def test_signs_of_no_settled_width_are_left_out_of_a_name(text: str | None, shown: str) -> None:
    assert name_text(text) == shown


def test_every_list_shows_names_of_a_settled_width() -> None:
    parts = call_parts(call(1, request_model=FAMILY, platform=FAMILY), zone("UTC"))
    trouble = status_part(call(2, status=500, error_type=FAMILY, cost=None, cost_source="unpriced"))

    shown = [parts["model"].text, parts["platform"].text, value_text(FAMILY), short_id(FAMILY, cells=20)]

    assert [*shown, names_text([FAMILY]), trouble.text] == [*[SEEN] * 5, f"! {SEEN}"]


def test_a_value_of_nothing_visible_reads_as_none() -> None:
    assert value_text("\u200b") == value_text(None) == NO_VALUE
