"""The one way to start a background task: keeps a reference and logs a failure.

asyncio holds only weak references to tasks; one that nobody keeps can vanish half-way.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

logger = logging.getLogger("tokenmon.tasks")
T = TypeVar("T")
_running: set[asyncio.Task[Any]] = set()


def spawn(work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
    """Start a task that is kept until it ends; its failure is logged with its name."""
    task = asyncio.get_running_loop().create_task(work, name=name)
    _running.add(task)
    task.add_done_callback(_finished)
    return task


def _finished(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("the background task %s failed: %s", task.get_name(), type(error).__name__, exc_info=error)
