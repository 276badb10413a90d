"""Blocked channels in a simulated Discord: reported once, checked on request, and unblocked by events."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import discord
import pytest
from simcord.backend import serializers
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.core.feeds import Feed
from bot.core.ids import ChannelId, ServerId
from bot.core.notices import ProblemReport
from bot.core.runs import SourceFailure
from bot.discord.delivery.notice_board import DiscordNoticeBoard
from bot.errors import Problem, ProblemKind
from bot.store import feeds
from tests.world import World, text_of

DOWN = SourceFailure(
    first_at=datetime(2026, 8, 19, 2, tzinfo=UTC),
    last_at=datetime(2026, 8, 19, 8, tzinfo=UTC),
    problem=Problem(ProblemKind.SERVER_ERROR, 503),
    day=date(2026, 8, 19),
)
FIRST = "2608.00001"
LABEL = "Check again"


def deny(world: World, channel: Any, **permissions: bool) -> None:
    """Takes permissions from the bot in a channel."""
    denied = discord.Permissions(**permissions).value
    mine = Overwrite(target_id=world.client.user.id, type=OverwriteType.MEMBER, allow=0, deny=denied)  # pyright: ignore[reportOptionalMemberAccess]
    world.env.backend.set_overwrite(channel.id, mine)


def allow(world: World, channel: Any) -> None:
    world.env.backend.delete_overwrite(channel.id, world.client.user.id)  # pyright: ignore[reportOptionalMemberAccess]


async def events_handled(world: World) -> None:
    """Waits until the events from Discord have been handled."""
    await world.env.settle()
    assert await world.services.guild_events.handle()
    await world.delivered()


async def notified(world: World) -> None:
    """Waits until pending notices have been sent."""
    world.clock.advance(seconds=5)
    await world.services.notices.send_pending()
    await world.env.settle()


async def the_feed(world: World, channel: Any = None) -> Feed:
    async with world.database.read() as conn:
        found = await feeds.by_channel(conn, ChannelId((channel or world.channel).id))
    assert found is not None
    return found


async def blocked(world: World, channel: Any = None, **permissions: bool) -> None:
    """A live channel in which the bot may not write is held."""
    channel = channel or world.channel
    if not world.hub.days:
        world.list_paper(FIRST, title="Video")
    await world.admin.slash(world.channel, "config schedule", cadence="live", channel=channel)
    await world.admin.slash(world.channel, "subscribe", keywords="video", channel=channel)
    deny(world, channel, **permissions or {"send_messages": True})
    await world.run()
    await events_handled(world)
    assert (await the_feed(world, channel)).block is not None


def notices(channel: Any) -> list[discord.Message]:
    return [
        message
        for message in channel.history()
        if message.components and "⛔" in (message.embeds[0].description or "")
    ]


async def test_a_missing_permission_is_reported_once_in_the_chosen_channel_and_posting_resumes_automatically(
    world: World,
) -> None:
    admins = world.guild.create_text_channel("admins")
    await world.admin.slash(world.channel, "config notices", channel=admins)
    await blocked(world)
    await notified(world)
    await notified(world)
    (message,) = notices(admins)
    answer = message.embeds[0].description or ""
    assert f"<#{world.channel.id}>" in answer
    assert "I'm missing **Send Messages**" in answer
    assert "Nothing is lost: subscriptions, settings and pending papers are kept" in answer
    assert "Posting resumes automatically" in answer

    allow(world, world.channel)
    await events_handled(world)
    await world.run()

    assert world.posted_ids() == [FIRST]
    assert (await the_feed(world)).block is None


@pytest.mark.thorough
async def test_without_a_chosen_channel_the_servers_other_feeds_hear_of_it(world: World) -> None:
    other = world.guild.create_text_channel("other")
    await world.admin.slash(world.channel, "subscribe", keywords="audio", channel=other)
    await blocked(world)
    await notified(world)
    assert len(notices(other)) == 1


@pytest.mark.thorough
async def test_the_system_channel_comes_before_the_first_text_channel(world: World) -> None:
    world.guild.create_text_channel("lobby")
    system = world.guild.create_text_channel("system")
    world.env.backend.edit_guild(world.guild.id, {"system_channel_id": system.id})
    await blocked(world)
    await notified(world)
    assert len(notices(system)) == 1


async def test_without_a_writable_channel_nobody_gets_a_direct_message_and_the_next_answer_says_it(
    world: World,
) -> None:
    await blocked(world)
    await notified(world)
    assert notices(world.admin.user.dm_channel) == []
    answer = text_of(await world.admin.slash(world.channel, "subscriptions"))
    assert "couldn't report" not in answer, "everyone may use it"

    answer = text_of(await world.admin.slash(world.channel, "config show"))

    assert "I couldn't report 1 problem in any channel of this server: `/status` shows" in answer
    assert "couldn't post in any channel" in text_of(await world.admin.slash(world.channel, "status"))
    ops = world.guild.create_text_channel("ops")
    await world.env.settle()
    assert "couldn't report" not in text_of(
        await world.admin.slash(world.channel, "config notices", channel=ops)
    )
    await notified(world)
    assert len(notices(ops)) == 1


async def test_the_button_names_the_remaining_obstacle_and_then_that_posting_resumes_even_after_a_restart(
    world: World,
) -> None:
    other = world.guild.create_text_channel("other")
    await blocked(world)
    await notified(world)
    (message,) = notices(other)
    answer = text_of(await world.admin.click(message, label=LABEL))
    assert "is still blocked" in answer
    assert "I'm missing **Send Messages**" in answer

    await world.restart()
    allow(world, world.channel)
    answer = text_of(await world.admin.click(message, label=LABEL))
    assert "is unblocked. 1 message sent just now. Next post" in answer
    assert world.posted_ids() == [FIRST]
    assert "Nothing is blocked" in text_of(await world.admin.click(message, label=LABEL))


async def test_status_has_the_button_while_there_is_something_to_check(world: World) -> None:
    await blocked(world)
    shown = await world.admin.slash(world.channel, "status")
    allow(world, world.channel)
    answer = text_of(await world.admin.click(shown.response, label=LABEL))
    assert "is unblocked" in answer
    assert world.posted_ids() == [FIRST]
    shown = await world.admin.slash(world.channel, "status")
    assert not shown.response.components


async def test_the_button_is_for_those_who_manage_channels(world: World) -> None:
    other = world.guild.create_text_channel("other")
    await blocked(world)
    await notified(world)
    allow(world, world.channel)
    answer = text_of(await world.member.click(notices(other)[0], label=LABEL))
    assert "You need **Manage Channels**" in answer
    assert (await the_feed(world)).block is not None


async def test_a_deleted_channel_is_blocked_at_once_and_reported(world: World) -> None:
    other = world.guild.create_text_channel("other")
    await world.admin.slash(world.channel, "subscribe", keywords="video", channel=other)
    world.env.backend.delete_channel(other.id)
    await events_handled(world)
    block = (await the_feed(world, other)).block
    assert block is not None
    assert block.is_gone
    await notified(world)
    (message,) = notices(world.channel)
    assert "was deleted. Its subscriptions are kept for 30 days" in (message.embeds[0].description or "")


@pytest.mark.thorough
async def test_a_kick_and_a_return_bring_everything_back(world: World) -> None:
    world.list_paper(FIRST, title="Video")
    await world.admin.slash(world.channel, "config schedule", cadence="live")
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    guild = world.client.get_guild(world.guild.id)
    assert guild is not None
    world.client.dispatch("guild_remove", guild)
    await events_handled(world)
    block = (await the_feed(world)).block
    assert block is not None
    assert block.is_gone
    await world.run()
    assert world.posted_ids() == []

    world.client.dispatch("guild_join", guild)
    await events_handled(world)
    await world.run()
    assert world.posted_ids() == [FIRST]


async def test_a_role_that_may_write_again_unblocks_the_channel(world: World) -> None:
    roles = world.env.backend.guilds[world.guild.id].roles
    (role,) = [role for role in roles.values() if role.managed]
    everyone = roles[world.guild.id]
    world.list_paper(FIRST, title="Video")
    await world.admin.slash(world.channel, "config schedule", cadence="live")
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    before = role.permissions
    for item in (role, everyone):
        item.permissions &= ~discord.Permissions.send_messages.flag
    world.env.backend.announce_role_updates(world.guild.id, [role, everyone])
    await world.run()
    block = (await the_feed(world)).block
    assert block is not None
    assert "**Send Messages**" in block.reason
    role.permissions = before
    world.env.backend.announce_role_updates(world.guild.id, [role])
    await events_handled(world)
    assert world.posted_ids() == [FIRST]


@pytest.mark.thorough
async def test_a_role_that_the_bot_is_given_unblocks_the_channel(world: World) -> None:
    await blocked(world)
    admins = next(
        role for role in world.env.backend.guilds[world.guild.id].roles.values() if role.name == "Admins"
    )
    own = world.env.backend.get_member(world.guild.id, world.client.user.id)  # pyright: ignore[reportOptionalMemberAccess]
    own.role_ids.append(admins.id)
    payload = dict(
        serializers.member_payload(world.env.backend, world.env.backend.guilds[world.guild.id], own)
    )
    # Discord tells a bot about its own member whatever its intents are; the simulation does not.
    world.client._connection.parse_guild_member_update({**payload, "guild_id": str(world.guild.id)})  # pyright: ignore[reportArgumentType]
    await events_handled(world)
    assert world.posted_ids() == [FIRST]


async def test_posts_in_another_servers_name_are_not_checked(world: World) -> None:
    elsewhere = world.env.create_guild("Elsewhere")
    admins = elsewhere.create_role("Admins", permissions=discord.Permissions(administrator=True))
    stranger = elsewhere.add_member(world.env.create_user("eve"), roles=[admins])
    lobby = elsewhere.create_text_channel("lobby")
    await blocked(world)
    other = world.guild.create_text_channel("other")
    await notified(world)
    channel = world.client.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    view = discord.ui.View.from_message(notices(other)[0], timeout=None)
    forged = await channel.send("…", view=view)
    answer = text_of(await stranger.click(forged, label=LABEL))
    assert "belongs to another server" in answer
    assert (await the_feed(world)).block is not None


async def test_a_notice_that_may_have_arrived_is_looked_for_before_it_is_sent_again(world: World) -> None:
    board = DiscordNoticeBoard(world.client)
    channel, report = (
        ChannelId(world.channel.id),
        ProblemReport(server_id=ServerId(world.guild.id), source=DOWN),
    )
    first = await board.post(channel, report, nonce="1" * 24)
    assert await board.post(channel, report, nonce="1" * 24, may_have_arrived=True) == first
    assert await board.post(channel, report, nonce="2" * 24, may_have_arrived=True) != first


@pytest.mark.thorough
async def test_one_who_manages_no_channel_may_not_check(world: World) -> None:
    other = world.guild.create_text_channel("other")
    await blocked(world)
    await notified(world)
    allow(world, world.channel)

    answer = text_of(await world.member.click(notices(other)[0], label=LABEL))

    assert "You need **Manage Channels**" in answer
    assert "Nothing was checked" in answer
    assert (await the_feed(world)).block is not None
