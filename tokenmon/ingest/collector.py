"""Python's search for circles of objects, at rest while records are made by the thousand."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Without the search, which would look at all records of a batch again and again: a tenth of an import's time.

    `collect_circles` is to be called now and then.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def collect_circles() -> None:
    """Give back what is in circles, once all else of a batch is gone: then what is young is little."""
    gc.collect(0)
