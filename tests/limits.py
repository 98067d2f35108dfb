"""What a process is refused: files that grow on a full disk, and places where it may not write."""

import ctypes
import os
import resource
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

Result = TypeVar("Result")

THIS_PROCESS = 0
# Of <linux/prctl.h> and <linux/capability.h>.
PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE = 1
needs_permissions = pytest.mark.skipif(
    os.name != "posix" or (os.geteuid() == 0 and sys.platform != "linux"),
    reason="nothing is read-only for this system's root",
)
needs_file_limits = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="Linux alone limits another process")


@contextmanager
def files_that_cannot_grow(size: int, *, pid: int = THIS_PROCESS) -> Iterator[None]:
    """No file of the process grows beyond this size meanwhile."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def bound_by_permissions(start: Callable[[], Result]) -> Result:
    """What `start` returns; the permissions of files count for the processes that it starts, also as root.

    The right to pass over them is given up in a thread of its own, since a thread's children inherit what it has left.
    """

    def give_up_and_start() -> Result:
        if os.geteuid() == 0 and ctypes.CDLL(None, use_errno=True).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "root cannot give up its right to pass over permissions")
        return start()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(give_up_and_start).result()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder in which nothing can be written meanwhile, and nothing beneath it."""
    places = [folder, *folder.rglob("*")]
    modes = [place.stat().st_mode for place in places]
    for place, mode in zip(reversed(places), reversed(modes), strict=True):
        place.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for place, mode in zip(places, modes, strict=True):
            place.chmod(mode)
