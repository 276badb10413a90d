"""Waiting for the outbox."""

from __future__ import annotations

import asyncio

from bot.services.delivery.outbox import Delivery
from tests.waiting import LIMIT_SECONDS


async def until_delivered(delivery: Delivery, running: asyncio.Task[None]) -> None:
    """Waits until nothing more can be sent now."""
    delivery.wake()
    idle = asyncio.create_task(delivery._idle.wait())  # pyright: ignore[reportPrivateUsage]
    try:
        await asyncio.wait({idle, running}, timeout=LIMIT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        assert not running.done(), "the delivery has ended"
        assert idle.done(), "the delivery does not come to rest"
    finally:
        idle.cancel()
