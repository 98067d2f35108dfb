"""The cells of a picture: what is compared, whatever way the SVG writes it down."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

from rich.cells import get_character_cell_size

CELL_WIDTH, CELL_HEIGHT = 12.2, 24.4
SVG = "{http://www.w3.org/2000/svg}"
RULE = re.compile(r"\.(t-r\d+) \{ (.*?) \}")
BLANK = "\N{NO-BREAK SPACE}"
# How many lines of a difference are told.
TOLD = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its sign, how that is written, and what lies behind it."""

    sign: str = " "
    style: str = ""
    behind: str = ""


Cells = dict[int, dict[int, Cell]]


def read_cells(svg: str) -> Cells:
    """The cells of a picture by line and column; a blank has a style only where that shows."""
    found: Cells = {}
    styles = dict(RULE.findall(svg))
    terminal = ElementTree.fromstring(svg).findall(f"{SVG}g")[-1]
    for rect in terminal.iter(f"{SVG}rect"):
        line, start = round(float(rect.attrib["y"]) // CELL_HEIGHT), round(float(rect.attrib["x"]) / CELL_WIDTH)
        for column in range(start, start + round(float(rect.attrib["width"]) / CELL_WIDTH)):
            found.setdefault(line, {})[column] = Cell(behind=rect.attrib["fill"])
    for text in terminal.iter(f"{SVG}text"):
        line, column = round((float(text.attrib["y"]) - 20) / CELL_HEIGHT), round(float(text.attrib["x"]) / CELL_WIDTH)
        for sign in text.text or "":
            behind = found.setdefault(line, {}).get(column, Cell()).behind
            style = styles[text.attrib["class"]]
            if sign != BLANK:
                found[line][column] = Cell(sign, style, behind)
            elif "underline" in style or "line-through" in style:
                found[line][column] = Cell(" ", style, behind)
            column += get_character_cell_size(sign)
    return found


def line_text(cells: Cells, line: int) -> str:
    """The text of a line as a reader sees it."""
    row = cells.get(line, {})
    return "".join(row.get(column, Cell()).sign for column in range(max(row, default=-1) + 1)).rstrip()


def differences(old: Cells, new: Cells) -> list[str]:
    """What differs, in words: the number of lines, and the first of them as they were and as they are."""
    changed = [line for line in sorted(old.keys() | new.keys()) if old.get(line) != new.get(line)]
    if not changed:
        return []
    words = [f"{len(changed)} lines differ" if len(changed) > 1 else "1 line differs"]
    for line in sorted(changed, key=lambda line: line_text(old, line) == line_text(new, line))[:TOLD]:
        was, now = line_text(old, line), line_text(new, line)
        if was != now:
            words += [f"line {line + 1} was: {was}", f"line {line + 1} now: {now}"]
            continue
        column = min(at for at in old.get(line, {}) | new.get(line, {}) if _at(old, line, at) != _at(new, line, at))
        words.append(f"line {line + 1} looks different from cell {column + 1} on: {now}")
        words += [f"  was {_at(old, line, column)}", f"  now {_at(new, line, column)}"]
    return words


def _at(cells: Cells, line: int, column: int) -> Cell:
    return cells.get(line, {}).get(column, Cell())
