"""The other files of a tool: where a session that another began from is found, by its file's path or its first line."""

import re
from collections.abc import Iterator, Sequence

from tokenmon.ingest.log_files import FoundFile, blocks, marked_lines

HEAD_BYTES = 4096
ID = re.compile(rb'"id"\s*:\s*"([^"\\]{1,200})"')


class Relatives:
    """Looks a tool's files up by a session's id; the files' first lines are read only when no name holds it."""

    def __init__(self, found: Sequence[FoundFile]) -> None:
        self._found = found
        self._by_id: dict[bytes, FoundFile] | None = None

    def lines_of(self, session: str, markers: tuple[bytes, ...]) -> Iterator[bytes]:
        """The lines with a marker of a session's file; none when there is no such file."""
        file = self._file_of(session)
        if file is None:
            return
        try:
            with open(file.path, "rb") as opened:
                for block in blocks(opened, 0):
                    for start, end in marked_lines(block.data, markers):
                        yield block.data[start:end]
        except OSError:
            # It is told where it is read for itself.
            return

    def _file_of(self, session: str) -> FoundFile | None:
        if not session:
            return None
        # A child may lie in its parent's folder: its name counts, and a path only where one is asked for.
        is_path = "/" in session
        named = next(
            (one for one in self._found if session in ("/".join(one.parts) if is_path else one.parts[-1])), None
        )
        if named is not None:
            return named
        if self._by_id is None:
            self._by_id = {}
            for one in self._found:
                first = ID.search(_head(one))
                if first is not None:
                    self._by_id.setdefault(first[1], one)
        return self._by_id.get(session.encode())


def _head(file: FoundFile) -> bytes:
    try:
        with open(file.path, "rb") as opened:
            return opened.read(HEAD_BYTES).partition(b"\n")[0]
    except OSError:
        return b""
