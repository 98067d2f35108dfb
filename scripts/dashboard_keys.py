"""Writes the table of keys in `docs/dashboard.md` from the dashboard's bindings: run after any of them changed."""

import re
from pathlib import Path

from textual.binding import Binding

from tokenmon.tui.app import Dashboard
from tokenmon.tui.bindings import places

PAGE = Path(__file__).parent.parent / "docs" / "dashboard.md"
BEGIN, END = "<!-- keys: made by scripts/dashboard_keys.py -->\n", "<!-- end of keys -->\n"
SIGNS = {
    "question_mark": "?", "slash": "/", "plus": "+", "equals_sign": "=", "minus": "-", "left_square_bracket": "[",
    "right_square_bracket": "]", "escape": "esc", "pageup": "page up", "pagedown": "page down",
}  # fmt: skip


def keys_text() -> str:
    """All bindings as Markdown, a table for each place."""
    tables = []
    for place in places(Dashboard):
        rows = [f"| {_keys(one)} | {one.description} | `{one.id}` |" for one in place.bindings]
        tables.append(
            "\n".join([f"### {place.title}", "", "| key | what it does | name |", "| --- | --- | --- |", *rows, ""])
        )
    return "\n".join(tables)


def _keys(binding: Binding) -> str:
    return " ".join(f"`{SIGNS.get(key, key)}`" for key in binding.key.split(","))


def page_with(keys: str, page: str) -> str:
    """A page with other keys between its two marks."""
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    return pattern.sub(lambda _: f"{BEGIN}\n{keys}\n{END}", page)


if __name__ == "__main__":
    PAGE.write_text(page_with(keys_text(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
