"""Steps that a cancellation must not cut in two."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def to_the_end(step: Coroutine[Any, Any, None]) -> None:
    """Finish the step even if this task is cancelled meanwhile, and let the cancellation pass after it."""
    task = asyncio.ensure_future(step)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        task.exception()  # taken note of; the cancellation goes first
        raise cancelled
    task.result()
