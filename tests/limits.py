"""A disk that is full, as a process sees it: the kernel refuses to let its files grow."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

THIS_PROCESS = 0
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
