"""The keys by which the cursor of a list moves; the list has `action_move`, `action_page` and `action_edge`."""

from textual.binding import Binding, BindingType

ROW_KEYS: list[BindingType] = [
    Binding("up", "move(-1)", "Row up", show=False, id="row-up"),
    Binding("down", "move(1)", "Row down", show=False, id="row-down"),
    Binding("pageup", "page(-1)", "Page up", show=False, id="page-up"),
    Binding("pagedown", "page(1)", "Page down", show=False, id="page-down"),
    Binding("home,g", "edge(0)", "First row", show=False, id="first-row"),
    Binding("end,G", "edge(1)", "Last row", show=False, id="last-row"),
]
