"""Log files on disk: found, judged by what is known of them, and read block by block to the end of their last line.

Apart from the parsers, which see lines and no file. Memory stays the same whatever the size of a file.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from tokenmon.core.import_state import FileState
from tokenmon.ingest.importers.tools import Files, Tool

BLOCK_BYTES = 1 << 20
# The largest line that is looked at: pictures in a line make it megabytes long, but no answer makes it this long.
MAX_LINE_BYTES = 32 << 20
HEAD_BYTES = 1024
# No one writes settings as long.
MAX_SETTINGS = 1 << 20
MASK = (1 << 63) - 1
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of a tool, as it was when it was found."""

    path: Path
    parts: tuple[str, ...]
    files: Files
    inode: int
    size: int
    mtime_ns: int

    @property
    def key(self) -> str:
        """The path as it is kept: names that are no text are written with escapes."""
        return os.fspath(self.path).encode("utf-8", "backslashreplace").decode().replace("\x00", "")

    @property
    def root(self) -> Path:
        """The folder of logs that it was found in."""
        return self.path.parents[len(self.parts) - 1]

    def is_as(self, state: FileState) -> bool:
        """Whether nothing was written since that state."""
        return (self.inode, self.size, self.mtime_ns) == (state.inode, state.size, state.mtime_ns)


def find(tool: Tool, roots: Iterable[Path], tell: Callable[[Path, str], None]) -> list[FoundFile]:
    """A tool's files below folders, in the order of their paths; `tell` hears of what cannot be entered."""
    found: list[FoundFile] = []
    for root in roots:
        if root.is_file():
            found.extend(_fitting(tool, root, (root.name,)))
            continue
        _walk(tool, root, (), found, tell)
    return found


def settings_of(tool: Tool, root: Path) -> str:
    """What a tool's settings say for a folder of its logs; nothing for a folder that is none of those it makes."""
    if tool.settings is None or root.name not in tool.places.below:
        return ""
    try:
        with open(root.parent / tool.settings, encoding="utf-8", errors="replace") as file:
            return file.read(MAX_SETTINGS)
    except OSError:
        return ""


def _fitting(tool: Tool, path: Path, parts: tuple[str, ...]) -> Iterator[FoundFile]:
    name = "/".join(parts)
    files = next((one for one in tool.files if one.fits(name)), None)
    if files is None:
        return
    status = path.stat()
    mtime_ns = status.st_mtime_ns
    size = status.st_size
    if files.kind == "database":
        # What was written last lies in the log beside it.
        try:
            log = path.with_name(path.name + "-wal").stat()
        except OSError:
            pass
        else:
            mtime_ns, size = max(mtime_ns, log.st_mtime_ns), size + log.st_size
    # Names that are no text are written with escapes, as in `key`: what parsers make of them must be text.
    texts = tuple(one.encode("utf-8", "backslashreplace").decode() for one in parts)
    yield FoundFile(path, texts, files, status.st_ino & MASK, size, mtime_ns)


def _walk(
    tool: Tool, folder: Path, parts: tuple[str, ...], found: list[FoundFile], tell: Callable[[Path, str], None]
) -> None:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        tell(folder, (error.strerror or "cannot be read").lower())
        return
    for entry in listed:
        inner = (*parts, entry.name)
        try:
            # Links are not followed: they lead to files that are found anyway, or in circles.
            if entry.is_dir(follow_symlinks=False):
                _walk(tool, folder / entry.name, inner, found, tell)
            elif entry.is_file(follow_symlinks=False):
                found.extend(_fitting(tool, folder / entry.name, inner))
        except OSError as error:
            tell(folder / entry.name, (error.strerror or "cannot be read").lower())


def fingerprint(file: BinaryIO, offset: int) -> bytes:
    """A hash of the head and of the bytes before an offset."""
    file.seek(0)
    digest = hashlib.blake2b(file.read(min(HEAD_BYTES, offset)), digest_size=16)
    start = max(0, offset - HEAD_BYTES)
    file.seek(start)
    digest.update(file.read(offset - start))
    return digest.digest()


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a file, up to the offset `end`.

    `unfinished` is what stands behind the last line end, which may still be written on; `too long` one line whose
    bytes are not given.
    """

    data: bytes
    end: int
    kind: Literal["lines", "unfinished", "too long"] = "lines"


def blocks(file: BinaryIO, offset: int) -> Iterator[Block]:
    """The lines of a file from an offset on, block by block."""
    position = file.seek(offset)
    # What stands behind the last line end so far, in parts: a long line is joined once, and not at each block.
    rest: list[bytes] = []
    is_too_long = False
    while data := file.read(BLOCK_BYTES):
        if position == 0 and data.startswith(BOM):
            data = b" " * len(BOM) + data[len(BOM) :]
        position += len(data)
        cut = data.rfind(b"\n") + 1
        if cut == 0:
            if sum(map(len, rest)) + len(data) > MAX_LINE_BYTES:
                is_too_long, rest = True, []
            elif not is_too_long:
                rest.append(data)
            continue
        end = position - len(data) + cut
        whole = data[:cut]
        if is_too_long:
            first = whole.find(b"\n") + 1
            yield Block(b"", position - len(data) + first, "too long")
            whole, is_too_long = whole[first:], False
        elif rest:
            whole = b"".join((*rest, whole))
        rest = [data[cut:]] if cut < len(data) else []
        if whole:
            yield Block(whole, end)
    if rest:
        yield Block(b"".join(rest), position, "unfinished")


def marked_lines(data: bytes, markers: tuple[bytes, ...]) -> Iterator[tuple[int, int]]:
    """Where the lines that hold a marker begin and end, in order.

    Found by searching the bytes: looking at every line would take several times as long.
    """
    size = len(data)
    following = [data.find(marker) for marker in markers]
    while True:
        hits = [one for one in following if one >= 0]
        if not hits:
            return
        hit = min(hits)
        start = data.rfind(b"\n", 0, hit) + 1
        end = data.find(b"\n", hit)
        if end < 0:
            end = size
        yield start, end
        following = [
            one if one < 0 or one >= end else data.find(marker, end)
            for marker, one in zip(markers, following, strict=True)
        ]


def last_marked_line(data: bytes, marker: bytes) -> bytes:
    """The last line that holds a marker, empty without one."""
    hit = data.rfind(marker)
    if hit < 0:
        return b""
    end = data.find(b"\n", hit)
    return data[data.rfind(b"\n", 0, hit) + 1 : end if end >= 0 else len(data)]


OPENING, CLOSING = b"{}"


def survey(data: bytes) -> tuple[int, list[tuple[int, bytes]]]:
    """How many lines there are, and those (by number from 0) that are no object from brace to brace, blank ones aside.

    Line by line, since counting `}` before line ends searches for two bytes, at a third of the speed.
    """
    lines = start = 0
    doubtful: list[tuple[int, bytes]] = []
    while (end := data.find(b"\n", start)) >= 0:
        if data[start] != OPENING or data[end - 1] != CLOSING:
            stripped = data[start:end].strip()
            if stripped and not (stripped.startswith(b"{") and stripped.endswith(b"}")):
                doubtful.append((lines, stripped))
        lines += 1
        start = end + 1
    return lines, doubtful
