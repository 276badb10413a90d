"""Changes of the world reach a client that has only the guilds intent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import discord
import pytest

from sandbox import Sandbox
from tests.waiting import LIMIT_SECONDS

from .conftest import EchoBot, connected


def me(bot: EchoBot, sandbox: Sandbox) -> discord.Member:
    guild = bot.get_guild(sandbox.guild.id)
    assert guild is not None
    return guild.me


async def heard(bot: EchoBot, event: str, change: Callable[[], Any]) -> Any:
    """The events that the client dispatches after the change."""
    waiting = asyncio.ensure_future(bot.wait_for(event, timeout=LIMIT_SECONDS))
    await asyncio.sleep(0)
    change()
    return await waiting


async def test_denials_send_events_accumulate_and_can_be_removed(sandbox: Sandbox, bot: EchoBot) -> None:
    channel = sandbox.channel
    await heard(bot, "guild_channel_update", lambda: sandbox.deny(channel, embed_links=True))
    _, seen = await heard(bot, "guild_channel_update", lambda: sandbox.deny(channel, send_messages=True))
    rights = seen.permissions_for(me(bot, sandbox))
    assert not rights.embed_links
    assert not rights.send_messages
    assert rights.view_channel
    _, seen = await heard(bot, "guild_channel_update", lambda: sandbox.allow(channel))
    assert seen.permissions_for(me(bot, sandbox)).send_messages


async def test_an_unknown_permission_is_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="fly"):
        sandbox.deny(sandbox.channel, fly=True)


async def test_adding_and_removing_the_bots_roles_sends_events(sandbox: Sandbox, bot: EchoBot) -> None:
    role = sandbox.guild.create_role("readers")
    _, member = await heard(bot, "member_update", lambda: sandbox.give_role(role))
    assert "readers" in {found.name for found in member.roles}
    _, member = await heard(bot, "member_update", lambda: sandbox.take_role(role))
    assert "readers" not in {found.name for found in member.roles}
    gone = await heard(bot, "guild_role_delete", lambda: sandbox.delete_role(role))
    assert gone.id == role.id


async def test_a_roles_permissions_can_be_revoked_and_granted(sandbox: Sandbox, bot: EchoBot) -> None:
    assert not me(bot, sandbox).guild_permissions.administrator
    for role in (None, sandbox.guild.default_role):
        await heard(
            bot, "guild_role_update", lambda role=role: sandbox.set_permissions(role, embed_links=False)
        )
    assert not me(bot, sandbox).guild_permissions.embed_links
    assert me(bot, sandbox).guild_permissions.send_messages
    await heard(bot, "guild_role_update", lambda: sandbox.set_permissions(embed_links=True))
    assert me(bot, sandbox).guild_permissions.embed_links


async def test_deleting_a_channel_deletes_its_threads(sandbox: Sandbox, bot: EchoBot) -> None:
    channel = bot.get_channel(sandbox.channel.id)
    assert isinstance(channel, discord.TextChannel)
    thread = await (await channel.send("a paper")).create_thread(name="talk")
    gone = await heard(bot, "guild_channel_delete", lambda: sandbox.delete_channel(channel))
    assert gone.id == channel.id
    for place in (channel, thread):
        with pytest.raises(discord.NotFound) as caught:
            await bot.get_partial_messageable(place.id).send("anyone?")
        assert caught.value.code == 10003
    assert await channel.guild.active_threads() == []


async def test_changes_of_a_thread_send_events(sandbox: Sandbox, bot: EchoBot) -> None:
    channel = bot.get_channel(sandbox.channel.id)
    assert isinstance(channel, discord.TextChannel)
    thread = await (await channel.send("a paper")).create_thread(name="talk")
    for change, (archived, locked) in {
        sandbox.lock: (False, True),
        sandbox.unlock: (False, False),
        sandbox.archive: (True, False),
        sandbox.unarchive: (False, False),
    }.items():
        update = await heard(bot, "raw_thread_update", lambda change=change: change(thread))
        state = update.data["thread_metadata"]
        assert (state["archived"], state["locked"]) == (archived, locked)
    gone = await heard(bot, "raw_thread_delete", lambda: sandbox.delete_channel(thread))
    assert gone.thread_id == thread.id


async def test_a_kicked_bot_has_no_server_until_it_is_invited_again(sandbox: Sandbox, bot: EchoBot) -> None:
    channel = bot.get_channel(sandbox.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.send("before")
    gone = await heard(bot, "guild_remove", sandbox.kick_bot)
    assert gone.id == sandbox.guild.id
    with pytest.raises(discord.Forbidden) as caught:
        await channel.send("anyone?")
    assert caught.value.code == 50001
    with pytest.raises(discord.NotFound):
        await bot.fetch_guild(sandbox.guild.id)
    assert [guild async for guild in bot.fetch_guilds()] == []
    sandbox.guild.create_text_channel("unheard")
    sandbox.create_forum("reviews", tags=["Vision"], require_tag=True)
    joined = await heard(bot, "guild_join", sandbox.invite_bot)
    assert {found.name for found in joined.text_channels} >= {"papers", "unheard"}
    reviews = discord.utils.get(joined.forums, name="reviews")
    assert reviews is not None
    assert reviews.flags.require_tag
    assert [tag.name for tag in reviews.available_tags] == ["Vision"]
    assert joined.me.guild_permissions.send_messages
    await channel.send("after")
    assert [message.content for message in sandbox.messages(sandbox.channel)] == ["before", "after"]


async def test_a_bot_can_be_invited_with_fewer_permissions(sandbox: Sandbox, bot: EchoBot) -> None:
    await heard(bot, "guild_remove", sandbox.kick_bot)
    rights = discord.Permissions(view_channel=True)
    joined = await heard(bot, "guild_join", lambda: sandbox.invite_bot(permissions=rights))
    assert not joined.me.guild_permissions.manage_threads


async def test_a_bot_that_connects_after_a_kick_sees_no_server(sandbox: Sandbox, bot: EchoBot) -> None:
    await heard(bot, "guild_remove", sandbox.kick_bot)
    await bot.close()
    async with connected(sandbox, EchoBot()) as again:
        assert not again.guilds


async def test_a_bot_can_leave(sandbox: Sandbox, bot: EchoBot) -> None:
    guild = bot.get_guild(sandbox.guild.id)
    assert guild is not None
    await guild.leave()
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bot {sandbox.token}"}) as session,
        session.get(f"{sandbox.api_url}/guilds/{guild.id}/threads/active") as answer,
    ):
        assert answer.status == 403
