"""Reading in a process of its own, ahead of what is stored: the second core of a long import.

A plain child with pipes, and not `multiprocessing`, whose children run the caller's main program again. The portions
are those that reading here would give, in the same order, so that what is stored is the same.
"""

import gc
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

import msgspec

from tokenmon.core.import_state import FileState
from tokenmon.errors import TokenmonError
from tokenmon.ingest.import_order import Order, read_order
from tokenmon.ingest.import_portion import Portion
from tokenmon.ingest.importers.tools import TOOLS
from tokenmon.ingest.log_files import FoundFile

# What the other process runs.
CHILD = ("-m", __name__)
# Below this a process takes longer to start than it saves.
MIN_BYTES = 32 << 20
# Portions that wait to be stored: enough for the time that a batch takes, and a bounded memory.
WAITING = 64
BUFFER_BYTES = 1 << 20
# How long the child's writer waits for its turn of Python's lock: ten times less than usual.
SWITCH_SECONDS = 0.0005
LENGTH_BYTES = 4
END = b""


class _File(msgspec.Struct, array_like=True):
    """A found file on its way: paths that are no text travel as bytes."""

    path: bytes
    parts: tuple[str, ...]
    files: int
    inode: int
    size: int
    mtime_ns: int


class _Sent(msgspec.Struct, array_like=True):
    """An order on its way; `changed` are places in `found`."""

    tool: str
    found: list[_File]
    changed: list[int]
    states: list[FileState | None]
    since_ms: int | None


_order = msgspec.msgpack.Decoder(_Sent)
_portion = msgspec.msgpack.Decoder(Portion)


def is_worth_it(size: int) -> bool:
    """Whether a process of its own saves time for so many bytes."""
    # A program packed into one file is its own interpreter, and would run itself.
    has_interpreter = bool(sys.executable) and not hasattr(sys, "frozen")
    return size >= MIN_BYTES and _cores() > 1 and has_interpreter


def _cores() -> int:
    # What this process may use, which in a container is less than what there is.
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


@contextmanager
def reading_ahead(order: Order) -> Iterator[Iterator[Portion]]:
    """All portions, read by another process from now on; it ends with this context, whatever happens in it."""
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(  # noqa: S603  (this very module)
            [sys.executable, "-P", *CHILD],
            bufsize=BUFFER_BYTES,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)},
        ) as child,
    ):
        try:
            # One that ends before it has read its order is told where its portions are missing.
            with suppress(BrokenPipeError), _pipe(child.stdin) as into:
                into.write(_packed(order))
            yield _portions(child, complaints)
        finally:
            child.kill()


def _portions(child: "subprocess.Popen[bytes]", complaints: IO[bytes]) -> Iterator[Portion]:
    out = _pipe(child.stdout)
    while packed := _read(out):
        yield _portion.decode(packed)
    if packed is None:
        code = child.wait()
        raise TokenmonError(
            f"the process that reads the logs ended early: {_last_words(complaints) or f'code {code}'}",
            hint="run the import again: each call counts once",
        )


def _pipe(opened: IO[bytes] | None) -> IO[bytes]:
    if opened is None:
        raise ValueError("the child was started without pipes")
    return opened


def _read(out: IO[bytes]) -> bytes | None:
    """What was packed; None where nothing comes any more."""
    head = out.read(LENGTH_BYTES)
    length = int.from_bytes(head, "big")
    packed = out.read(length)
    return packed if len(head) == LENGTH_BYTES and len(packed) == length else None


def _last_words(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    lines = complaints.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:200] if lines else ""


def _packed(order: Order) -> bytes:
    places = {id(one): place for place, one in enumerate(order.found)}
    kinds = order.tool.files
    found = [
        _File(os.fsencode(one.path), one.parts, kinds.index(one.files), one.inode, one.size, one.mtime_ns)
        for one in order.found
    ]
    changed = [places[id(one)] for one in order.changed]
    return msgspec.msgpack.encode(_Sent(order.tool.name, found, changed, list(order.states), order.since_ms))


def _unpacked(packed: bytes) -> Order:
    sent = _order.decode(packed)
    tool = TOOLS[sent.tool]
    found = [
        FoundFile(Path(os.fsdecode(one.path)), one.parts, tool.files[one.files], one.inode, one.size, one.mtime_ns)
        for one in sent.found
    ]
    return Order(tool, found, [found[place] for place in sent.changed], sent.states, sent.since_ms)


def serve(given: BinaryIO, out: BinaryIO) -> None:
    """Read the order that was given, and write its portions as they are read, then an empty one."""
    waiting: queue.Queue[bytes] = queue.Queue(WAITING)
    writer = threading.Thread(target=_write_out, args=(waiting, out), daemon=True)
    writer.start()
    for portion in read_order(_unpacked(given.read())):
        waiting.put(msgspec.msgpack.encode(portion))
    waiting.put(END)
    writer.join()


def _write_out(waiting: "queue.Queue[bytes]", out: BinaryIO) -> None:
    """Write what waits: all of it at once, since a pipe holds little and each turn of Python's lock takes its time."""
    packed = b" "
    while packed:
        parts: list[bytes] = []
        while packed and (not parts or not waiting.empty()):
            packed = waiting.get()
            parts += (len(packed).to_bytes(LENGTH_BYTES, "big"), packed)
        try:
            out.write(b"".join(parts))
            out.flush()
        except OSError:
            # Nobody reads any more.
            os._exit(1)


def main() -> None:
    """The child: Ctrl-C is the parent's to hear, who then ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.disable()
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
