"""Texts in cells of a CSV file: what a spreadsheet would run as a formula is quoted, and the quote taken off again.

Apart from exports because who reads an export must undo exactly what was done (OWASP, "CSV injection").
"""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
QUOTE = "'"


def quoted(text: str) -> str:
    """The text as it may stand in a cell."""
    return QUOTE + text if is_formula(text) else text


def unquoted(cell: str) -> str:
    """The text that `quoted` put into a cell."""
    return cell[1:] if cell.startswith(QUOTE) and is_formula(cell) else cell


def is_formula(text: str) -> bool:
    """Whether a text begins like a formula; a quoted one does too, so that its own quote is told from ours."""
    return text.lstrip(QUOTE).startswith(FORMULA_STARTS)
