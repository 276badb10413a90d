"""Work that a cancellation must not interrupt."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


def is_cancelled() -> bool:
    """Whether this task was asked to end: an error that comes then may be what a library made of that.

    Alembic's batches are such a library: they clean up on the connection that the cancellation has cut off.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Finish the work even if this task is cancelled, and re-raise the cancellation afterwards."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        task.exception()  # retrieved, so that it is not logged; the cancellation takes precedence
        raise cancelled
    task.result()
