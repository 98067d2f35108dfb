"""Following logs live: which tools' folders were written to, as the operating system tells it."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

# Lines that come together are one change; far below the second within which they are to be seen.
DEBOUNCE_MS = 200
STEP_MS = 50
# How often is looked for folders that were not there before, and for what a locked database left undone.
LOOK_AGAIN_MS = 5000

# The folders of each tool that exist.
Folders = Mapping[str, Sequence[Path]]


def changed_tools(folders: Callable[[], Folders], stop: threading.Event | None = None) -> Iterator[frozenset[str]]:
    """The names of tools whose folders were written to, now and again none; ends when `stop` is set.

    All tools are named at first, and whenever folders came or went: whatever was written before their watch began.
    """
    while stop is None or not stop.is_set():
        current = folders()
        for changed in _watch([one for roots in current.values() for one in roots], stop):
            if changed is None:
                yield frozenset(current)
                continue
            yield frozenset(name for name, roots in current.items() if any(_holds(roots, one) for one in changed))
            if not changed and folders() != current:
                break


def _watch(roots: Sequence[Path], stop: threading.Event | None) -> Iterator[list[str] | None]:
    """None once the watch holds, then the paths of each change; none when nothing happens for a while."""
    # The documented backend itself: `watch` begins to watch only when it is asked for the first change, too late for
    # what is written while the import before it runs.
    from watchfiles._rust_notify import RustNotify

    if not roots:
        yield None
        (stop or threading.Event()).wait(LOOK_AGAIN_MS / 1000)
        return
    paths = [os.fspath(root) for root in roots]
    with RustNotify(paths, False, False, STEP_MS, True, True) as notify:
        yield None
        while True:
            changes = notify.watch(DEBOUNCE_MS, STEP_MS, LOOK_AGAIN_MS, stop)
            if changes == "signal":
                raise KeyboardInterrupt
            if changes == "stop":
                return
            yield [] if changes == "timeout" else [path for _, path in changes]


def _holds(roots: Sequence[Path], path: str) -> bool:
    return any(path == os.fspath(root) or path.startswith(os.fspath(root) + os.sep) for root in roots)
