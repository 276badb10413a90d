"""Message commands: what a person can use on a message, as in Discord's *Apps* menu.

SimCord's page has no such menu, and its actors can use message commands in servers only.
"""

# pyright: reportPrivateUsage=false
# ruff: noqa: SLF001
# Not public in SimCord. simcord is pinned exactly, and tests/sandbox tests the page.

from __future__ import annotations

from contextlib import suppress
from typing import Any

from simcord import actors
from simcord.actors import MemberActor
from simcord.backend import serializers
from simcord.backend.errors import BackendError, SetupError
from simcord.builders import ChannelHandle, UserHandle
from simcord.enums import AppCommandType, InteractionType

from sandbox.world import World


def message_commands(world: World, *, person_id: int, channel_id: int) -> list[str]:
    """The names of the commands that this person can use on messages of this channel."""
    visible = world.backend.visible_commands(
        user_id=person_id, channel_id=channel_id, type=AppCommandType.MESSAGE
    )
    return [command["name"] for command in visible]


async def use_on_message(
    world: World, person: MemberActor | UserHandle, channel: ChannelHandle, *, name: str, message_id: int
) -> bool:
    """Use the command on the message; whether the bot answered within Discord's three seconds.

    Raises:
        LookupError: there is no such command or message for this person here.
    """
    backend = world.backend
    try:
        command = actors._resolve_visible_command(person, channel.id, name, AppCommandType.MESSAGE)
        message = backend.get_message(channel.id, message_id)
    except (BackendError, SetupError) as error:
        raise LookupError(name) from error
    if message.is_ephemeral:  # Discord offers no commands there
        raise LookupError(name)
    data: dict[str, Any] = {
        "id": command["id"],
        "name": command["name"],
        "type": AppCommandType.MESSAGE,
        "target_id": str(message_id),
        "resolved": {"messages": {str(message_id): dict(serializers.message_payload(backend, message))}},
    }
    with suppress(TimeoutError):
        await actors._dispatch_actor_interaction(person, InteractionType.APPLICATION_COMMAND, channel, data)
        return True
    return False
