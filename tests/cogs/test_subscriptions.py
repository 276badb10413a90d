"""/subscribe, /unsubscribe and /subscriptions, typed by a person."""

from __future__ import annotations

from datetime import timedelta

import discord
import pytest

from bot.store import feeds, subscriptions
from tests.world import World, text_of


async def subscribed(world: World, channel_id: int) -> list[str]:
    async with world.database.read() as conn:
        feed = await feeds.by_channel(conn, channel_id)
        return [item.text for item in await subscriptions.of_feed(conn, feed.id)] if feed else []


async def test_an_admin_subscribes_a_channel_and_hears_what_comes_next(world: World) -> None:
    world.list_paper("2608.00001", title="A Diffusion Model for Tea")
    world.list_paper("2608.00002", day=world.today - timedelta(days=2), title="Diffusion models that hold")
    await world.run()

    result = await world.admin.slash(world.channel, "subscribe", keywords="diffusion model")

    said = text_of(result)
    assert result.ephemeral
    assert f"<#{world.channel.id}> now gets papers that match" in said
    assert "`diffusion model`: 1 paper in the last 7 days, 1 of them on today's list" in said
    assert "Next post: <t:1787130000:f> (<t:1787130000:R>)" in said  # 09:00 UTC that day
    assert await subscribed(world, world.channel.id) == ["diffusion model"]


async def test_commas_make_subscriptions_of_their_own(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords='RLHF, "world model" (video OR 4D, 3D)')

    assert await subscribed(world, world.channel.id) == ["RLHF", '"world model" (video OR 4D, 3D)']


async def test_one_bad_part_rejects_the_whole(world: World) -> None:
    result = await world.admin.slash(world.channel, "subscribe", keywords='RLHF, "open')

    assert result.ephemeral
    assert '"open' in text_of(result)
    assert "^" in text_of(result)
    assert await subscribed(world, world.channel.id) == []


async def test_a_keyword_that_is_there_already_is_said_to_be(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="reward models")

    result = await world.admin.slash(world.channel, "subscribe", keywords="Reward Model")

    assert "Nothing changed" in text_of(result)
    assert await subscribed(world, world.channel.id) == ["reward models"]


async def test_fifty_subscriptions_fit_and_one_more_changes_nothing(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords=", ".join(f"word{n}x" for n in range(50)))
    assert len(await subscribed(world, world.channel.id)) == 50

    result = await world.admin.slash(world.channel, "subscribe", keywords="another")

    assert "50 subscriptions" in text_of(result)
    assert "/unsubscribe" in text_of(result)
    assert len(await subscribed(world, world.channel.id)) == 50


@pytest.mark.parametrize(
    ("denied", "named"),
    [
        ("send_messages", "Send Messages"),
        ("embed_links", "Embed Links"),
        ("view_channel", "View Channel"),
    ],
)
async def test_a_right_that_the_bot_lacks_is_named(world: World, denied: str, named: str) -> None:
    bot = world.guild.me
    closed = world.guild.create_text_channel(
        "closed", overwrites={bot: discord.PermissionOverwrite(**{denied: False})}
    )

    result = await world.admin.slash(world.channel, "subscribe", keywords="video", channel=closed)

    assert f"I lack **{named}**" in text_of(result) or "**View Channel**" in text_of(result)
    assert await subscribed(world, closed.id) == []


async def test_a_person_cannot_subscribe_a_channel_they_cannot_write_in(world: World) -> None:
    managers = world.guild.create_role("Managers", permissions=discord.Permissions(manage_channels=True))
    manager = world.guild.add_member(world.env.create_user("mia"), roles=[managers])
    quiet = world.guild.create_text_channel(
        "quiet", overwrites={manager: discord.PermissionOverwrite(send_messages=False)}
    )

    result = await manager.slash(world.channel, "subscribe", keywords="video", channel=quiet)

    assert "You need **Send Messages**" in text_of(result)
    assert await subscribed(world, quiet.id) == []


async def test_a_forum_is_refused_plainly(world: World) -> None:
    forum = world.guild.create_forum_channel("ideas")

    result = await world.admin.slash(world.channel, "subscribe", keywords="video", channel=forum)

    assert "forum" in text_of(result)
    assert await subscribed(world, forum.id) == []


async def test_the_button_posts_the_last_five_older_matches(world: World) -> None:
    for number in range(7):
        world.list_paper(
            f"2608.0000{number}",
            day=world.today - timedelta(days=number + 1),
            title=f"Video number {number}",
        )
    await world.services.polling.poll()
    for days in range(1, 8):
        await world.services.polling.read_day(world.today - timedelta(days=days))
    result = await world.admin.slash(world.channel, "subscribe", keywords="video")

    pressed = await world.admin.click(result.response, label="Post the last 5 older matches now")
    await world.delivered()

    assert sorted(world.posted_ids()) == [f"2608.0000{number}" for number in range(5)]
    assert "Posted 5 older papers" in text_of(pressed)


async def test_the_button_works_after_a_restart_and_posts_nothing_twice(world: World) -> None:
    world.list_paper("2608.00001", day=world.today - timedelta(days=1), title="Video")
    await world.services.polling.read_day(world.today - timedelta(days=1))
    result = await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.click(result.response, label="Post the last 5 older matches now")

    again = await world.admin.click(result.response, label="Post the last 5 older matches now")

    assert "No older paper is left" in text_of(again)
    assert world.posted_ids() == ["2608.00001"]


async def test_unsubscribe_finds_the_same_query_written_otherwise(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="fine-tuning agents, video")

    result = await world.admin.slash(world.channel, "unsubscribe", keywords="Fine Tuning Agent")

    assert "`fine-tuning agents`" in text_of(result)
    assert "1 subscription left" in text_of(result)
    assert await subscribed(world, world.channel.id) == ["video"]


async def test_unsubscribe_offers_what_there_is_and_all_of_them(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video, agents")

    offered = await world.admin.autocomplete(world.channel, "unsubscribe", "keywords", "v")
    assert [choice["name"] for choice in offered] == ["video"]

    await world.admin.slash(world.channel, "unsubscribe", keywords="all of them")
    assert await subscribed(world, world.channel.id) == []


async def test_unsubscribing_what_is_not_there_changes_nothing(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video, agents")

    result = await world.admin.slash(world.channel, "unsubscribe", keywords="video, agents")

    assert "Nothing was changed" in text_of(result) or "nothing was changed" in text_of(result)
    assert await subscribed(world, world.channel.id) == ["video", "agents"]


async def test_anyone_may_list_a_channels_subscriptions(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video, agents")

    result = await world.member.slash(world.channel, "subscriptions")

    assert "`video`" in text_of(result)
    assert "2 of 50" in text_of(result)


async def test_fifty_long_subscriptions_are_listed_over_pages(world: World) -> None:
    keywords = ", ".join(f"subject{n}x " + "very " * 30 + "long" for n in range(12))
    await world.admin.slash(world.channel, "subscribe", keywords=keywords)
    await world.admin.slash(world.channel, "subscribe", keywords=keywords.replace("subject", "matter"))

    result = await world.admin.slash(world.channel, "subscriptions")
    assert "Page 1 of 2" in text_of(result)

    turned = await world.admin.click(result.response, label="Next")
    assert "Page 2 of 2" in text_of(turned)
