"""Waits for what another task or process does.

Every wait ends when its condition holds. The limit is only reached by a hang, however busy the machine is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

LIMIT_SECONDS = 90.0


async def until(condition: Callable[[], object], what: str = "") -> None:
    """Waits until the condition holds.

    Raises:
        AssertionError: it never did.
    """
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            while not condition():  # noqa: ASYNC110 - the code under test offers no event to wait for
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"this never happened: {what or condition}") from None
