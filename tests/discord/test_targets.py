"""What the bot may do in a channel, where the gateway told little of the server."""

from __future__ import annotations

from pathlib import Path

import discord

from tests.world import running_world, text_of


async def test_a_server_that_came_without_its_members_is_asked_for_the_bots_own_roles(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        target = world.guild.create_text_channel("quiet")
        guild = world.client.get_guild(world.guild.id)
        assert guild is not None
        # What discord.py makes up for a server whose members did not come: the bot without its roles.
        guild.me.joined_at = None
        guild.me._roles = discord.utils.SnowflakeList(())
        guild.default_role._permissions = 0
        result = await world.admin.slash(world.channel, "subscribe", keywords="robots", channel=target)
        assert "I lack" not in text_of(result)
        assert "robots" in text_of(result)
