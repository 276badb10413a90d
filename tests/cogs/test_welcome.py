"""The welcome that a server gets when the bot joins it."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from simcord.backend import serializers

from tests.cogs.rights import overwrite
from tests.world import World, text_of


async def join(world: World) -> None:
    """Discord tells that the bot joined the server."""
    backend = world.env.backend
    payload = dict(serializers.guild_create_payload(backend, backend.get_guild(world.guild.id)))
    del payload["unavailable"]  # as on a join, and only then
    backend.emit("GUILD_CREATE", payload)
    await world.env.settle()


def close(world: World, channel: Any, **allowed: bool) -> None:
    """Takes a permission in the channel from the bot."""
    world.env.backend.set_overwrite(channel.id, overwrite(world.client.user, **allowed))


async def test_a_new_server_is_welcomed_with_the_first_command_and_a_button(world: World) -> None:
    await join(world)

    (message,) = world.posts()
    answer = message.embeds[0].description or ""
    assert "</setup:" in answer
    assert "> `keywords:diffusion model`" in answer
    assert "**Manage Channels**" in answer
    (sent,) = [
        request.json
        for request in world.env.http_requests
        if request.path == f"/channels/{world.channel.id}/messages"
    ]
    assert sent is not None
    assert sent["allowed_mentions"]["parse"] == []
    opened = await world.admin.click(message, label="Set up")
    assert opened.ephemeral
    assert "**Where:**" in text_of(opened)


@pytest.mark.thorough
async def test_the_button_works_after_a_restart(world: World) -> None:
    await join(world)
    (message,) = world.posts()
    await world.restart()

    assert "**Where:**" in text_of(await world.admin.click(message, label="Set up"))


async def test_a_person_without_manage_channels_gets_a_clear_answer(world: World) -> None:
    await join(world)
    (message,) = world.posts()

    pressed = await world.member.click(message, label="Set up")

    assert pressed.ephemeral
    assert "You need **Manage Channels**" in text_of(pressed)


async def test_a_server_is_welcomed_once(world: World) -> None:
    await join(world)
    await join(world)  # after a kick
    await world.restart()
    await join(world)

    assert len(world.posts()) == 1


async def test_a_reconnect_is_no_reason_to_say_anything(world: World) -> None:
    await world.restart()

    assert world.posts() == []


async def test_the_system_channel_comes_first(world: World) -> None:
    system = world.guild.create_text_channel("general")
    world.env.backend.edit_guild(world.guild.id, {"system_channel_id": system.id})

    await join(world)

    assert len(world.posts(system)) == 1
    assert world.posts() == []


async def test_it_takes_the_first_channel_where_it_may_write_and_embed(world: World) -> None:
    rooms = [world.channel, *(world.guild.create_text_channel(name) for name in ("b", "c", "d", "e"))]
    close(world, rooms[0], view_channel=False)
    close(world, rooms[1], send_messages=False)
    close(world, rooms[2], embed_links=False)

    await join(world)

    assert [len(world.posts(room)) for room in rooms] == [0, 0, 0, 1, 0]


async def test_where_it_may_write_nowhere_it_says_nothing(world: World) -> None:
    close(world, world.channel, send_messages=False)

    await join(world)

    assert world.posts() == []
    assert world.env.errors == []


async def test_a_welcome_that_discord_refuses_breaks_nothing(world: World) -> None:
    world.env.inject_error("POST", "/channels/*/messages", status=500)

    await join(world)

    assert world.posts() == []
    assert world.env.errors == []
    assert discord.utils.get(world.client.guilds, id=world.guild.id)
