"""docs/dashboard.md: its keys are those of the code, and what it tells one to type is taken."""

import re
import runpy
from pathlib import Path

import pytest

from tokenmon.core.filter_language import parse_filter
from tokenmon.core.settings import FIELDS
from tokenmon.tui.app import Dashboard
from tokenmon.tui.bindings import places
from tokenmon.tui.keymap import checked_keymap

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "dashboard.md").read_text(encoding="utf-8")
TERMS = PAGE.partition("| term | finds |")[2].partition("\n\n")[0]


def test_the_tables_of_keys_are_what_the_script_makes_of_the_bindings() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "dashboard_keys.py"))

    assert script["page_with"](script["keys_text"](), PAGE) == PAGE


@pytest.mark.parametrize("term", re.findall(r"`([^`]+)`", re.sub(r"`[*?]`", "", TERMS)))
def test_every_term_of_the_filter_means_something(term: str) -> None:
    assert parse_filter(term)


def test_the_keys_that_it_sets_as_an_example_can_be_set() -> None:
    (pairs,) = re.findall(r"config set dash\.keys (\S+)", PAGE)

    assert checked_keymap(pairs.split(","), places(Dashboard))


def test_it_names_every_setting_of_the_dashboard() -> None:
    assert [name for name in FIELDS if name.startswith("dash.") and f"`{name}`" not in PAGE] == []
