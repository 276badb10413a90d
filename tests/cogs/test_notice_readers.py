"""Notices name a channel only where every reader can see it, and to people who manage it."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import PermissionOverwrite
from simcord.enums import ChannelType

from bot.core.ids import ChannelId
from bot.discord.permissions.audience import may_be_named
from bot.discord.permissions.viewer import find_channel
from tests.cogs.test_blocks import blocked, events_handled, notified
from tests.world import World

CLOSED = PermissionOverwrite(view_channel=False)
OPEN = PermissionOverwrite(view_channel=True)


def said_in(channel: Any) -> str:
    """What the notice in the channel says."""
    (message,) = [message for message in channel.history() if message.embeds and message.components]
    return f"{message.embeds[0].title}\n{message.embeds[0].description}"


async def chosen(world: World, channel: Any) -> None:
    await world.admin.slash(world.channel, "config notices", channel=channel)


def channel_for(world: World, *people: Any, name: str = "secret") -> Any:
    """A channel that only these roles and people see, and the bot."""
    overwrites: dict[Any, PermissionOverwrite] = {world.guild.default_role: CLOSED}
    return world.guild.create_text_channel(
        name, overwrites=overwrites | dict.fromkeys((*people, world.guild.me), OPEN)
    )


async def test_a_hidden_channel_is_not_named_where_others_read(world: World) -> None:
    secret = channel_for(world)
    await chosen(world, world.channel)
    await blocked(world, secret)
    await notified(world)

    answer = said_in(world.channel)

    assert str(secret.id) not in answer
    assert "Send Messages" not in answer
    assert "I can't post papers in a channel that not everyone reading this can see" in answer
    assert "shows admins who can see it which one" in answer


@pytest.mark.thorough
async def test_of_several_channels_those_that_all_see_are_named(world: World) -> None:
    secret, other = channel_for(world), world.guild.create_text_channel("other")
    await chosen(world, world.channel)
    await blocked(world, secret)
    await blocked(world, other)
    await notified(world)

    answer = said_in(world.channel)

    assert answer.startswith("I can't post papers\n")  # the number of channels would reveal the hidden one
    assert f"<#{other.id}>" in answer
    assert "I'm missing **Send Messages**" in answer
    assert str(secret.id) not in answer


@pytest.mark.thorough
async def test_it_is_named_where_only_its_readers_read(world: World) -> None:
    staff = world.guild.create_role("Staff")
    secret = channel_for(world, staff)
    admins = channel_for(world, staff, name="admins")
    await chosen(world, admins)
    await blocked(world, secret)
    await notified(world)

    assert f"<#{secret.id}>" in said_in(admins)


async def test_a_deleted_channel_is_reported_without_its_name(world: World) -> None:
    other = world.guild.create_text_channel("other")
    await chosen(world, world.channel)
    await world.admin.slash(world.channel, "subscribe", keywords="video", channel=other)
    world.env.backend.delete_channel(other.id)
    await events_handled(world)
    await notified(world)

    answer = said_in(world.channel)

    assert "was deleted. Its subscriptions are kept for 30 days" in answer
    assert str(other.id) not in answer


async def test_a_channel_is_named_only_where_every_reader_may_see_it(world: World) -> None:
    guild, me, ben = world.guild, world.guild.me, world.member
    a, b = guild.create_role("A"), guild.create_role("B")

    def channel_without(someone: Any) -> Any:
        return guild.create_text_channel("without", overwrites={someone: CLOSED})

    public, closed = guild.create_text_channel("public"), channel_for(world)
    for_a, for_a_and_b, for_ben = (channel_for(world, *who) for who in ((a,), (a, b), (ben,)))
    not_for_b, not_for_ben, not_for_me = (channel_without(channel) for channel in (b, ben, me))
    world.env.backend.create_thread(public.id, "open", world.admin.id, type=ChannelType.PUBLIC_THREAD)
    world.env.backend.create_thread(
        public.id, "private", world.client.user.id, type=ChannelType.PRIVATE_THREAD
    )  # pyright: ignore[reportOptionalMemberAccess]
    thread, private = public.threads
    await world.env.settle()
    found = world.client.get_guild(guild.id)
    assert found is not None

    async def allowed(named: Any, place: Any) -> bool:
        room = await find_channel(found, ChannelId(named.id))
        in_room = await find_channel(found, ChannelId(place.id))
        assert in_room is not None
        return may_be_named(room, where=in_room)

    for named, place in (
        (public, closed),
        (public, for_ben),
        (for_a, for_a),
        (for_a_and_b, for_a),
        (for_ben, for_ben),
        (not_for_b, not_for_b),
        (not_for_me, public),  # what the bot lacks is the news
        (thread, public),
        (public, thread),
        (thread, for_a),
        (private, private),
    ):
        assert await allowed(named, place), (named.id, place.id)
    for named, place in (
        (closed, public),
        (for_a, public),
        (for_a, for_a_and_b),
        (for_a, for_ben),
        (for_ben, for_a),
        (not_for_b, public),
        (not_for_b, for_a),  # somebody may have both roles
        (not_for_ben, public),
        (private, public),
        (closed, thread),
    ):
        assert not await allowed(named, place), (named.id, place.id)
    assert not may_be_named(None, where=discord.utils.get(found.channels, id=public.id))  # pyright: ignore[reportArgumentType]
