"""A blocked store, and clicks that are not awaited: what a person sees while something is slow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from simcord.backend import serializers
from simcord.backend.models import Interaction
from simcord.enums import ComponentType, InteractionType
from simcord.interactions import base_payload

from tests.waiting import until
from tests.world import World

_CONNECTIONS = 15  # the most that SQLAlchemy's pool opens for readers


@asynccontextmanager
async def store_standing_still(world: World) -> AsyncGenerator[None]:
    """Blocks every reader and writer of the store until the end of the block."""
    async with AsyncExitStack() as stack:
        for _ in range(_CONNECTIONS):
            await stack.enter_async_context(world.database.read())
        await stack.enter_async_context(world.database.write())
        yield


def press(world: World, who: Any, message: Any, label: str) -> Interaction:
    """Presses a button in the server, without waiting for an answer."""
    (custom_id,) = (
        part["custom_id"]
        for row in message.components
        for part in row["components"]
        if part.get("label") == label
    )
    backend = world.env.backend
    record, payload = base_payload(
        backend,
        type=InteractionType.MESSAGE_COMPONENT,
        channel_id=message.channel_id,
        guild_id=world.guild.id,
        user_id=who.id,
        data={"custom_id": custom_id, "component_type": ComponentType.BUTTON},
    )
    stored = backend.get_message(message.channel_id, message.id)
    payload["message"] = dict(serializers.message_payload(backend, stored))
    record.source_message_id = stored.id
    backend.emit("INTERACTION_CREATE", payload)
    return record


async def until_answered(*records: Interaction) -> None:
    """Waits until Discord has received the first response to each interaction."""
    await until(lambda: all(record.responded for record in records))


async def acting(world: World, action: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Starts a person's action (a command, a form), and waits only until Discord has its first response."""
    before = len(world.env.backend.interactions)
    task = asyncio.create_task(action)
    await until(lambda: len(world.env.backend.interactions) > before)
    await until_answered(list(world.env.backend.interactions.values())[-1])
    return task
