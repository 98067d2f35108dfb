"""What is told of two pictures that differ, and what is no difference."""

from textual.app import App, ComposeResult
from textual.widgets import Static

from tests.tui.cells import differences, line_text, read_cells
from tokenmon.tui.picture import drawn_cells

LINES = "one  two\n[b]three[/b]\nvier 日本 fünf"


async def drawn(words: str, *, simplify: bool = True) -> str:
    class Words(App[None]):
        def compose(self) -> ComposeResult:
            yield Static(words)

    app = Words()
    async with app.run_test(size=(20, 4)):
        return drawn_cells(app) if simplify else app.export_screenshot().replace("&#160;", "\N{NO-BREAK SPACE}")
