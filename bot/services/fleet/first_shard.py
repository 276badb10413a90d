"""The first shard: what one process of a fleet does for all, namely the one that owns shard 0."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

# How long another process may still do a job that moved here: each must be harmless if two do it.
CHECK_SECONDS: Final = 2.0
# A job that ended is begun again after this: a process of an older version may have left something to do.
AGAIN_SECONDS: Final = 600.0


async def while_first(
    job: Callable[[], Awaitable[None]],
    *,
    is_first: Callable[[], bool],
    check_seconds: float = CHECK_SECONDS,
    again_seconds: float = AGAIN_SECONDS,
) -> None:
    """Does the job while this process owns shard 0, and stops it when the shard moves; until cancelled."""
    begins_at = 0.0
    while True:
        if not is_first():
            begins_at = 0.0
        elif asyncio.get_running_loop().time() >= begins_at:
            has_ended = await _do(job, is_first=is_first, check_seconds=check_seconds)
            begins_at = asyncio.get_running_loop().time() + again_seconds if has_ended else 0.0
        await asyncio.sleep(check_seconds)


async def _do(
    job: Callable[[], Awaitable[None]], *, is_first: Callable[[], bool], check_seconds: float
) -> bool:
    """Does the job until it ends (True), or this process loses the shard."""
    task = asyncio.ensure_future(job())
    try:
        while is_first() and not task.done():
            await asyncio.wait({task}, timeout=check_seconds)
    finally:
        task.cancel()
        await asyncio.wait({task})
    if task.cancelled():
        return False
    task.result()  # raises what it raised
    return True
