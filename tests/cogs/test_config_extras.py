"""/config threads, publish and notices, typed by a person; and who may change what follows a post."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.core.access import Access
from bot.discord.delivery.publisher import DiscordPublisher
from bot.store import servers
from tests.cogs.rights import channel_where, feed_of, manager, overwrite, subscribed
from tests.examples import first
from tests.world import World, text_of


def denied(monkeypatch: pytest.MonkeyPatch, **obstacles: str) -> None:
    """Has the bot see what is in its way."""

    async def access(*_: object) -> Access:
        return Access(**obstacles)  # pyright: ignore[reportArgumentType] - the test's own words

    monkeypatch.setattr(DiscordPublisher, "access", access)


# Threads


async def test_each_card_is_a_message_with_a_thread_under_it(world: World) -> None:
    for number in range(2):
        world.list_paper(f"2608.0000{number}", title=f"Video {number}")
    await subscribed(world)

    answer = text_of(await world.admin.slash(world.channel, "config threads", on=True))
    world.clock.advance(hours=1)
    await world.run()

    assert "a thread under it" in answer
    assert "from the next run: <t:1787130000:f>" in answer
    assert [len(message.embeds) for message in world.posts() if message.embeds] == [1, 1]
    await settled(world, lambda: len(world.channel.threads) == 2)
    assert sorted(thread.name for thread in world.channel.threads) == ["Video 0", "Video 1"]


async def settled(world: World, is_so: Callable[[], bool]) -> None:
    """Waits for a step that follows on a message."""
    async with asyncio.timeout(90):
        while not is_so():
            world.services.delivery.wake()
            await asyncio.sleep(0.01)


async def test_threads_end(world: World) -> None:
    await subscribed(world)
    await world.admin.slash(world.channel, "config threads", on=True)

    answer = text_of(await world.admin.slash(world.channel, "config threads", on=False))

    assert "No new threads are opened" in answer
    assert not (await feed_of(world, world.channel)).settings.opens_threads


async def test_digests_get_no_threads_and_the_answer_says_so(world: World) -> None:
    await world.admin.slash(world.channel, "config style", style="digest")

    answer = text_of(await world.admin.slash(world.channel, "config threads", on=True))

    assert "a digest has no cards" in answer
    assert "/config style style:cards" in answer
    assert "a digest has no cards" in text_of(await world.admin.slash(world.channel, "config show"))


@pytest.mark.parametrize(
    ("make", "why"),
    first(
        1,
        [
            ("create_forum_channel", "each paper is already a thread"),
            ("create_voice_channel", "can't have threads"),
        ],
    ),
)
async def test_the_answer_says_why_no_thread_can_be_opened(world: World, make: str, why: str) -> None:
    where = getattr(world.guild, make)("other")

    answer = text_of(await world.admin.slash(world.channel, "config threads", on=True, channel=where))

    assert why in answer
    assert "Nothing was changed" in answer


async def test_a_thread_gets_no_threads(world: World) -> None:
    world.env.backend.create_thread(world.channel.id, "talk", world.admin.id)

    answer = text_of(await world.admin.slash(world.channel.threads[-1], "config threads", on=True))

    assert "is itself a thread" in answer


async def test_without_the_right_to_open_threads_they_are_not_turned_on(world: World) -> None:
    where = channel_where(world, world.guild.me, create_public_threads=False)

    answer = text_of(await world.admin.slash(world.channel, "config threads", on=True, channel=where))

    assert f"I'm missing **Create Public Threads** in <#{where.id}>: give me" in answer
    assert "Nothing was changed" in answer
    assert await feed_of(world, where) is None


async def test_threads_that_can_no_longer_be_opened_are_reported(world: World) -> None:
    await subscribed(world)
    await world.admin.slash(world.channel, "config threads", on=True)
    world.env.backend.set_overwrite(world.channel.id, overwrite(world.guild.me, create_public_threads=False))

    for name in ("config show", "status"):
        answer = text_of(await world.admin.slash(world.channel, name))
        assert "⚠️ Threads are not opened: I'm missing **Create Public Threads**" in answer


# Publishing


async def test_messages_are_published_to_the_followers(world: World) -> None:
    news = world.guild.create_news_channel("news")
    world.list_paper("2608.00001", title="Video")
    await subscribed(world, news)

    answer = text_of(await world.admin.slash(news, "config publish", on=True))
    world.clock.advance(hours=1)
    await world.run()

    assert "limits how many" in answer
    assert "from the next run: <t:1787130000:f>" in answer
    (message,) = world.posts(news)
    path = f"/channels/{news.id}/messages/{message.id}/crosspost"
    await settled(world, lambda: path in [request.path for request in world.env.http_requests])


@pytest.mark.thorough
async def test_publishing_ends_for_pending_messages_too(world: World) -> None:
    news = world.guild.create_news_channel("news")
    await subscribed(world, news)
    await world.admin.slash(news, "config publish", on=True)

    answer = text_of(await world.admin.slash(news, "config publish", on=False))

    assert "no longer published" in answer
    assert not (await feed_of(world, news)).settings.publishes


async def test_a_text_channel_has_no_followers(world: World) -> None:
    answer = text_of(await world.admin.slash(world.channel, "config publish", on=True))

    assert "isn't an announcement channel" in answer
    assert "Nothing was changed" in answer


async def test_without_the_right_to_publish_it_is_not_turned_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = world.guild.create_news_channel("news")
    denied(monkeypatch, publishing_obstacle="I'm missing **Send Messages** there.")

    answer = text_of(await world.admin.slash(news, "config publish", on=True))

    assert "I'm missing **Send Messages** there. Nothing was changed" in answer
    assert await feed_of(world, news) is None


# Notices


async def test_a_server_chooses_where_it_hears_of_troubles(world: World) -> None:
    ops = world.guild.create_text_channel("ops")
    await subscribed(world)

    answer = text_of(await world.admin.slash(world.channel, "config notices", channel=ops))

    assert f"Notices: a channel that I can post in → <#{ops.id}>" in answer.replace("*", "")
    assert "answers to admin commands say so" in answer
    async with world.database.read() as conn:
        assert await servers.notices_channel(conn, world.guild.id) == ops.id
    assert f"in <#{ops.id}>" in text_of(await world.admin.slash(world.channel, "config show"))


@pytest.mark.thorough
async def test_a_server_that_is_new_chooses_too(world: World) -> None:
    await world.admin.slash(world.channel, "config notices", channel=world.channel)

    async with world.database.read() as conn:
        assert await servers.notices_channel(conn, world.guild.id) == world.channel.id


async def test_a_forum_takes_no_notices(world: World) -> None:
    forum = world.guild.create_forum_channel("forum")

    answer = text_of(await world.admin.slash(world.channel, "config notices", channel=forum))

    assert "takes posts, not messages" in answer


async def test_notices_go_where_the_bot_may_post(world: World) -> None:
    where = channel_where(world, world.guild.me, send_messages=False)

    answer = text_of(await world.admin.slash(world.channel, "config notices", channel=where))

    assert "I'm missing **Send Messages**" in answer
    async with world.database.read() as conn:
        assert await servers.notices_channel(conn, world.guild.id) is None


# Rights


@pytest.mark.parametrize(
    ("name", "options"),
    first(
        1,
        [
            ("config mention", {}),
            ("config threads", {"on": True}),
            ("config threads", {"on": False}),
            ("config publish", {"on": True}),
            ("config publish", {"on": False}),
        ],
    ),
)
async def test_a_member_may_change_nothing(world: World, name: str, options: dict[str, Any]) -> None:
    world.guild.set_command_permissions(await world.command("config"), {world.member: True})

    answer = text_of(await world.member.slash(world.channel, name, **options))

    assert f"You need **Manage Channels** in <#{world.channel.id}>" in answer


async def test_a_member_may_choose_no_channel_for_notices(world: World) -> None:
    world.guild.set_command_permissions(await world.command("config"), {world.member: True})

    answer = text_of(await world.member.slash(world.channel, "config notices", channel=world.channel))

    assert "You need **Manage Channels**" in answer


async def test_notices_need_the_right_in_the_channel_that_is_named(world: World) -> None:
    person = manager(world)
    where = channel_where(world, person, manage_channels=False)

    answer = text_of(await person.slash(world.channel, "config notices", channel=where))

    assert f"You need **Manage Channels** in <#{where.id}>" in answer


@pytest.mark.parametrize(
    ("name", "options"),
    first(1, [("config mention", {}), ("config threads", {"on": False}), ("config publish", {"on": False})]),
)
async def test_turning_off_changes_nothing_in_a_channel_without_a_feed(
    world: World, name: str, options: dict[str, Any]
) -> None:
    answer = text_of(await world.admin.slash(world.channel, name, **options))

    assert "`/subscribe`" in answer
    assert await feed_of(world, world.channel) is None
