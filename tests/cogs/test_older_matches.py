"""The button below /subscribe that posts older matches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.core.feeds import Block
from bot.store import feeds
from tests.world import World, text_of

LABEL = "Post the last 5 older matches now"


async def subscribed(world: World, *, older: int) -> Any:
    """A subscription to videos with so many older matches, a day apart, and the archive read."""
    for number in range(older):
        world.list_paper(
            f"2608.0000{number}", day=world.today - timedelta(days=number + 1), title=f"Video number {number}"
        )
    await world.read_archive()
    return (await world.admin.slash(world.channel, "subscribe", keywords="video")).response


async def press(world: World, below: Any, who: Any = None) -> str:
    return text_of(await (who or world.admin).click(below, label=LABEL))


async def test_it_posts_the_last_five_and_links_to_them(world: World) -> None:
    below = await subscribed(world, older=7)

    answer = await press(world, below)

    assert sorted(world.posted_ids()) == [f"2608.0000{number}" for number in range(5)]
    assert "Posted 5 older papers" in answer
    assert f"https://discord.com/channels/{world.guild.id}/{world.channel.id}/{world.posts()[0].id}" in answer


@pytest.mark.thorough
async def test_it_works_after_a_restart(world: World) -> None:
    below = await subscribed(world, older=1)
    await world.restart()

    assert "Posted 1 older paper " in await press(world, below)
    assert world.posted_ids() == ["2608.00000"]


@pytest.mark.thorough
async def test_pressed_again_it_posts_nothing_more(world: World) -> None:
    below = await subscribed(world, older=7)
    await press(world, below)

    assert "nothing left to post" in await press(world, below)
    assert sorted(world.posted_ids()) == [f"2608.0000{number}" for number in range(5)]


async def test_it_is_not_there_where_nothing_older_matches(world: World) -> None:
    below = await subscribed(world, older=0)

    assert [item["label"] for row in below.components for item in row["components"]] == ["Undo"]


async def test_it_is_there_while_the_archive_is_still_being_read(world: World) -> None:
    below = (await world.admin.slash(world.channel, "subscribe", keywords="video")).response
    world.list_paper("2608.00001", day=world.today - timedelta(days=3), title="Video")
    await world.read_archive()

    assert "Posted 1 older paper " in await press(world, below)


@pytest.mark.thorough
async def test_it_is_not_there_where_nothing_was_new(world: World) -> None:
    await subscribed(world, older=2)

    again = await world.admin.slash(world.channel, "subscribe", keywords="video")

    assert again.response.components == []


async def test_one_who_may_no_longer_manage_the_channel_posts_nothing(world: World) -> None:
    allowed = Overwrite(
        target_id=world.member.id,
        type=OverwriteType.MEMBER,
        allow=discord.Permissions.manage_channels.flag,
        deny=0,
    )
    world.env.backend.set_overwrite(world.channel.id, allowed)
    world.list_paper("2608.00001", day=world.today - timedelta(days=3), title="Video")
    await world.read_archive()
    command = await world.command("subscribe")
    world.guild.set_command_permissions(command, {world.member: True})
    below = (await world.member.slash(world.channel, "subscribe", keywords="video")).response
    world.env.backend.delete_overwrite(world.channel.id, world.member.id)

    answer = await press(world, below, world.member)

    assert "You need **Manage Channels**" in answer
    assert world.posted_ids() == []


@pytest.mark.thorough
async def test_it_posts_into_the_channel_that_was_subscribed(world: World) -> None:
    other = world.guild.create_text_channel("other")
    world.list_paper("2608.00001", day=world.today - timedelta(days=3), title="Video")
    await world.read_archive()
    shown = await world.admin.slash(world.channel, "subscribe", keywords="video", channel=other)

    answer = await press(world, shown.response)

    assert f"<#{other.id}>" in answer
    assert world.posted_ids(other) == ["2608.00001"]
    assert world.posted_ids() == []


@pytest.mark.thorough
async def test_after_unsubscribing_it_says_so(world: World) -> None:
    below = await subscribed(world, older=1)
    await world.admin.slash(world.channel, "unsubscribe", keywords="video")

    assert "is no longer subscribed to that" in await press(world, below)
    assert world.posted_ids() == []


async def test_a_paused_channel_gets_no_older_papers_and_the_answer_says_why(world: World) -> None:
    below = await subscribed(world, older=1)
    await world.admin.slash(world.channel, "config pause")

    answer = await press(world, below)

    assert "is paused. Nothing was posted" in answer
    assert world.posted_ids() == []


@pytest.mark.thorough
async def test_a_blocked_channel_gets_no_older_papers_and_the_answer_says_why(world: World) -> None:
    below = await subscribed(world, older=1)
    block = Block(reason="I cannot see the channel.", since=world.clock())
    async with world.database.write() as conn:
        feed = await feeds.by_channel(conn, world.channel.id)
        assert feed is not None
        await feeds.block(conn, feed.id, reason=block.reason, now=block.since)

    answer = await press(world, below)

    assert "is blocked: I cannot see the channel" in answer
    assert "/config resume" in answer
    assert world.posted_ids() == []


@pytest.mark.thorough
async def test_the_answer_says_that_a_channel_is_gone(world: World) -> None:
    other = world.guild.create_text_channel("other")
    shown = await world.admin.slash(world.channel, "subscribe", keywords="video", channel=other)
    world.env.backend.delete_channel(other.id)

    assert "no longer exists" in await press(world, shown.response)
