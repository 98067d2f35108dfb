"""Everything that is printed: data to stdout as tables or JSON, talk to stderr.

Texts that come from outside (model names, error types) lose control characters here, whatever stored them.
"""

import errno
import io
import json
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TextIO

from tokenmon.core.text import clean
from tokenmon.errors import TokenmonError

STDERR = 2
DEFAULT_WIDTH = 80
# A table that is not read on a terminal keeps its columns whole.
PIPE_WIDTH = 250
# Cells between two columns, and how short a text may be cut: as long as it reads well, and when nothing else helps.
GAP = 3
COMFORTABLE, SHORTEST = 12, 4


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand right. `shrinks` marks the one that is cut first on a narrow terminal."""

    title: str
    align: Literal["left", "right"] = "left"
    shrinks: bool = False


def ready_streams() -> None:
    """Make the three streams usable, whatever the caller gave: no character is refused, and none is missing.

    What a stream's encoding lacks is written as an escape. A closed stdin has an end at once, a closed stdout refuses
    what is written to it, and nobody listens to a closed stderr.
    """
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _open_missing()
    # What is read is marked as unreadable; an escape could pass for the text itself.
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def _open_missing() -> None:
    # The low numbers are taken first, so that no file that is opened later becomes somebody's stdout.
    while (taken := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        pass
    os.close(taken)
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")
    if sys.stdout is None:
        # Opened for reading: who writes to it is told, as by a stdout that is closed.
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def number(title: str) -> Column:
    """A column of numbers."""
    return Column(title, "right")


def is_terminal() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout.isatty()


def has_screen() -> bool:
    """Whether a dashboard can be seen and used: keys come from stdin, and it is drawn on stderr."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def terminal_width() -> int:
    """Columns of the terminal, 80 where there is none."""
    import shutil

    return shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns


def print_json(value: Any) -> None:
    """Print a value as JSON: indented, keys in the order given."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=not _takes_all()) + "\n")


def print_json_line(value: Any) -> None:
    """Print a value as one line of JSON, at once."""
    print_line(json.dumps(value, ensure_ascii=not _takes_all()))


def _takes_all() -> bool:
    """Whether stdout's encoding has every character; elsewhere JSON says them by its own escapes."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return encoding.lower().replace("_", "-").removesuffix("-sig") in ("utf-8", "utf8")


def print_line(text: str = "") -> None:
    """Print one line of data."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], *, total: Sequence[str] | None = None
) -> None:
    """Print rows under their titles, cut to the terminal's width; `total` stands apart below."""
    from rich import box
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    shown = [[plain(cell) for cell in row] for row in (*rows, *([] if total is None else [total]))]
    natural = [
        max([cell_len(column.title), *(cell_len(row[at]) for row in shown)]) for at, column in enumerate(columns)
    ]
    console = _console()
    room = console.width - GAP * (len(columns) - 1)
    widths = fitted(natural, [column.shrinks for column in columns], room=room)
    # A number that is cut is a wrong number: where not even the shortest texts leave room, the lines are longer.
    console.width = max(console.width, sum(widths) + GAP * (len(columns) - 1))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1), header_style="bold")
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column.title, justify=column.align, no_wrap=True, overflow="ellipsis", width=width)
    for row in shown[: len(rows)]:
        table.add_row(*map(Text, row))
    if total is not None:
        table.add_section()
        table.add_row(*(Text(cell, style="bold") for cell in shown[-1]))
    # Written by ourselves: rich would end the program with its own code when the reader has gone.
    with console.capture() as drawn:
        console.print(table)
    sys.stdout.write(drawn.get())


def fitted(natural: Sequence[int], shrinks: Sequence[bool], *, room: int) -> list[int]:
    """The widths of columns that are to fit a room: the widest that may shrink gives way first, the others never do."""
    widths = list(natural)
    for least in (COMFORTABLE, SHORTEST):
        while sum(widths) > room:
            giving = [at for at, may in enumerate(shrinks) if may and widths[at] > least]
            if not giving:
                break
            widths[max(giving, key=lambda at: widths[at])] -= 1
    return widths


def _console() -> Any:
    from rich.console import Console

    width = None if is_terminal() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def plain(text: str) -> str:
    """A text without anything that could steer a terminal."""
    return "" if not text else (clean(text) or "")


def say(text: str) -> None:
    """Say something to the person: stderr."""
    sys.stderr.write("\n".join(plain(line) for line in text.split("\n")) + "\n")
    sys.stderr.flush()


def tell_error(message: str, hint: str | None) -> None:
    """One line of error and, if there is one, its hint; control characters and line ends are taken out."""
    lines = [f"tokenmon: error: {_line(message)}"]
    if hint:
        lines.append(f"hint: {_line(hint)}")
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()


def _line(text: str) -> str:
    # Not `clean`: a long path in a message must stay whole.
    return "".join(part for part in " ".join(text.split()) if part.isprintable())


def fields(pairs: Mapping[str, str]) -> None:
    """Print names and values, the values in one column."""
    width = max((len(name) for name in pairs), default=0)
    for name, value in pairs.items():
        print_line(f"{name:<{width}}  {_line(value)}".rstrip())


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr, seen only on a terminal and past one second: call it with (done, total)."""
    import time

    started = time.monotonic()
    is_seen = False

    def show(done: int, total: int) -> None:
        nonlocal is_seen
        if not sys.stderr.isatty() or time.monotonic() - started < 1:
            return
        is_seen = True
        filled = 24 * done // max(total, 1)
        sys.stderr.write(f"\r{title} [{'=' * filled}{' ' * (24 - filled)}] {done}/{total}")
        sys.stderr.flush()

    try:
        yield show
    finally:
        if is_seen:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def ask_secret(prompt: str) -> str:
    """Ask for a secret without echo, on the terminal itself."""
    import getpass

    return getpass.getpass(prompt)


def confirm(question: str) -> bool:
    """Ask yes or no on the terminal; no is the answer to anything else."""
    sys.stderr.write(f"{_line(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def write_whole(path: Path, write: Callable[[TextIO], int]) -> int | None:
    """Write a text file that appears only when it is whole, or to stdout for `-`; what `write` gives, None on stdout.

    A link stays and its file is replaced, with its mode kept; a pipe or a device is written to, never replaced.
    TokenmonError names the file and what the system said of it.
    """
    if str(path) == "-":
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        write(sys.stdout)
        return None
    if path.is_dir():
        raise TokenmonError(f"cannot write {path}: it is a folder", hint="name a file in it")
    try:
        mode = path.stat().st_mode if path.exists() else None
        if mode is None or stat.S_ISREG(mode):
            return _replace(Path(os.path.realpath(path)), mode, write)
        with open(path, "w", encoding="utf-8", newline="") as file:
            return write(file)
    except OSError as error:
        reason = (error.strerror or "no access").lower()
        raise TokenmonError(f"cannot write {path}: {reason}", hint="choose another file") from None


def _replace(path: Path, mode: int | None, write: Callable[[TextIO], int]) -> int:
    """Write a file of its own and put it in the place of what is there, with the same mode."""
    if mode is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(temporary, "x", encoding="utf-8", newline="") as file:
            if mode is not None:
                temporary.chmod(stat.S_IMODE(mode))
            count = write(file)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return count
