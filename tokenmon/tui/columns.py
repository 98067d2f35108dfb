"""The columns of the last calls: which there are and how wide, from the room alone, so that they never jump."""

from tokenmon.tui.numbers import DOLLARS, Numbers
from tokenmon.tui.table_columns import GAP, Column

# Below this the platform and the token counts give way to model, cost and status.
ALL_COLUMNS = 70
ROOMY = 100
# The model and the status share what is left; a model's name rarely needs more than this.
MODEL_CELLS = 56
STATUS_CELLS = (12, 44)


def call_columns(room: int, numbers: Numbers = DOLLARS) -> tuple[Column, ...]:
    """The columns for a table of `room` cells, gaps included."""
    time, cost = Column("time", "Time", 8), Column("cost", "Cost", numbers.money_cells, True)
    if room < ALL_COLUMNS:
        spare = room - time.width - cost.width - 3 * GAP
        cells = max(8, spare * 3 // 5)
        return (time, Column("model", "Model", cells), cost, Column("status", "Status", max(1, spare - cells)))
    platform = Column("platform", "Platform", 16 if room >= ROOMY else 11)
    given, made = (Column(key, title, numbers.token_cells, True) for key, title in (("in", "In"), ("out", "Out")))
    spare = room - sum(one.width for one in (time, platform, given, made, cost)) - 6 * GAP
    status_cells = min(STATUS_CELLS[1], max(STATUS_CELLS[0], spare * 2 // 5))
    called = Column("model", "Model", min(MODEL_CELLS, spare - status_cells))
    return (time, platform, called, given, made, cost, Column("status", "Status", status_cells))
