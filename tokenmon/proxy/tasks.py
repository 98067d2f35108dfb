"""The one way to start a background task: keeps a reference and logs a failure.

asyncio holds only weak references to tasks; one that nobody keeps can vanish half-way.
"""

import asyncio
import logging
import traceback
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
        logger.error("the background task %s failed: %s", task.get_name(), without_text(error))


def without_text(error: BaseException) -> str:
    """An error for the log: its type and where it was raised, not its text, which could quote what was sent."""
    frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    return f"{type(error).__name__}\n{frames}" if frames else type(error).__name__
