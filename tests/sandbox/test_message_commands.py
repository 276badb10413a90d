"""Message commands on the page: in a channel, in direct messages, and where Discord offers none."""

from __future__ import annotations

from collections.abc import AsyncIterator

import discord
import pytest

from sandbox import Sandbox

from .browsing import Browser
from .conftest import EchoBot


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(page_port=0) as running:
        yield running


@pytest.fixture
async def reader(sandbox: Sandbox, browser: Browser, bot: EchoBot) -> Browser:
    """A member without any right, while the bot has a message command that quotes."""

    async def quote(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"they said {message.content}", ephemeral=True)

    bot.tree.add_command(discord.app_commands.ContextMenu(name="Quote this", callback=quote))
    await bot.tree.sync()
    return browser.another(person=sandbox.member.id)


async def test_a_message_command_is_used_in_a_channel_and_in_direct_messages(
    sandbox: Sandbox, reader: Browser, bot: EchoBot
) -> None:
    assert (await reader.listing())["message_commands"] == ["Quote this"]
    member = await bot.fetch_user(sandbox.member.id)
    for place in (await bot.fetch_channel(sandbox.channel.id), await member.create_dm()):
        assert isinstance(place, discord.abc.Messageable)
        message = await place.send("hello")
        await reader.open(message.channel.id)
        assert await reader.use("Quote this", message.id) == {"is_answered": True}
        assert "they said hello" in await reader.look()
        if isinstance(place, discord.DMChannel):
            assert await reader.another(person=sandbox.admin.id).use("Quote this", message.id) == 400


async def test_unknown_commands_and_messages_and_ephemeral_messages_are_refused(
    sandbox: Sandbox, reader: Browser, bot: EchoBot
) -> None:
    channel = bot.get_channel(sandbox.channel.id)
    assert isinstance(channel, discord.TextChannel)
    message = await channel.send("hello")
    await reader.open(sandbox.channel.id)
    await reader.use("Quote this", message.id)
    await reader.look()
    [answer] = {int(key) for key in reader.state["messages"]} - {message.id}
    for name, number in (("Quote that", message.id), ("Quote this", 1), ("Quote this", answer)):
        assert await reader.use(name, number) == 400


async def test_commands_that_others_cannot_use_are_shown_by_name(
    sandbox: Sandbox, reader: Browser, bot: EchoBot
) -> None:
    @discord.app_commands.command(description="For admins")
    @discord.app_commands.default_permissions(manage_guild=True)
    async def rule(_interaction: discord.Interaction) -> None:
        pass

    bot.tree.add_command(rule)
    synced = {command.name: command for command in await bot.tree.sync()}
    channel = bot.get_channel(sandbox.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.send(f"use {synced['rule'].mention}")
    await reader.open(sandbox.channel.id)
    shown = await reader.look()
    assert "/rule" in shown
    assert '"content": "unavailable"' not in shown
