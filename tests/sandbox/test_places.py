"""Forums, threads, announcements and direct messages, tested with a real client."""

from __future__ import annotations

import asyncio
from typing import Literal

import aiohttp
import discord
import pytest

from sandbox import Fault, Sandbox
from tests.examples import first

from .conftest import EchoBot


async def forum_of(bot: EchoBot, handle_id: int) -> discord.ForumChannel:
    channel = await bot.fetch_channel(handle_id)
    assert isinstance(channel, discord.ForumChannel)
    return channel


async def post_in(
    bot: EchoBot, handle_id: int, name: str = "a post", tags: tuple[int, ...] = ()
) -> discord.Thread:
    forum = await forum_of(bot, handle_id)
    created = await forum.create_thread(
        name=name, content="hello", applied_tags=[discord.Object(tag) for tag in tags]
    )
    return created.thread


def text_channel(bot: EchoBot, channel_id: int) -> discord.TextChannel:
    channel = bot.get_channel(channel_id)
    assert isinstance(channel, discord.TextChannel)
    return channel


@pytest.mark.parametrize("media", [False, True])
async def test_a_forum_that_requires_a_tag_rejects_posts_without_one(
    sandbox: Sandbox, bot: EchoBot, *, media: bool
) -> None:
    forum = sandbox.create_forum("reviews", tags=["Vision"], require_tag=True, media=media)
    with pytest.raises(discord.HTTPException) as caught:
        await post_in(bot, forum.id)
    assert (caught.value.status, caught.value.code) == (400, 40067)
    thread = await post_in(bot, forum.id, tags=(sandbox.tags(forum)["Vision"],))
    assert [tag.name for tag in thread.applied_tags] == ["Vision"]
    sandbox.require_tag(forum, required=False)
    await post_in(bot, forum.id)


async def test_a_forums_tags_and_flags_are_in_events_and_in_rest_responses(
    sandbox: Sandbox, bot: EchoBot
) -> None:
    forum = sandbox.create_forum("reviews", tags=["Vision"], moderated_tags=["Staff"], require_tag=True)
    asked = await forum_of(bot, forum.id)
    cached = bot.get_channel(forum.id)
    assert isinstance(cached, discord.ForumChannel)
    for seen in (asked, cached):
        assert seen.flags.require_tag
        assert {tag.name: tag.moderated for tag in seen.available_tags} == {"Vision": False, "Staff": True}
    sandbox.delete_tag(forum, "Vision")
    sandbox.require_tag(forum, required=False)
    asked = await forum_of(bot, forum.id)
    assert [tag.name for tag in asked.available_tags] == ["Staff"]
    assert not asked.flags.require_tag


async def test_a_media_channel_has_its_own_type(sandbox: Sandbox, bot: EchoBot) -> None:
    forum = sandbox.create_forum("pictures", media=True)
    assert (await forum_of(bot, forum.id)).is_media()


async def test_tags_that_are_unknown_or_too_many_are_refused(sandbox: Sandbox, bot: EchoBot) -> None:
    forum = sandbox.create_forum("reviews", tags=[f"t{number}" for number in range(6)])
    for tags in ((1,), tuple(sandbox.tags(forum).values())):
        with pytest.raises(discord.HTTPException) as caught:
            await post_in(bot, forum.id, tags=tags)
        assert caught.value.status == 400


async def test_a_moderated_tag_needs_manage_threads(sandbox: Sandbox, bot: EchoBot) -> None:
    forum = sandbox.create_forum("reviews", moderated_tags=["Staff"])
    tag = sandbox.tags(forum)["Staff"]
    await post_in(bot, forum.id, tags=(tag,))
    sandbox.deny(forum, manage_threads=True)
    with pytest.raises(discord.Forbidden) as caught:
        await post_in(bot, forum.id, tags=(tag,))
    assert caught.value.code == 50013


async def test_a_posts_first_message_has_the_posts_id(sandbox: Sandbox, bot: EchoBot) -> None:
    thread = await post_in(bot, sandbox.club.forum.id)
    assert (await thread.fetch_message(thread.id)).content == "hello"


async def test_a_forum_itself_rejects_messages(sandbox: Sandbox, bot: EchoBot) -> None:
    with pytest.raises(discord.HTTPException) as caught:
        await bot.get_partial_messageable(sandbox.club.forum.id).send("hello")
    assert (caught.value.status, caught.value.code) == (400, 50008)


async def test_a_message_opens_an_archived_thread(sandbox: Sandbox, bot: EchoBot) -> None:
    thread = await post_in(bot, sandbox.club.forum.id)
    sandbox.archive(thread)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(
            bot.wait_for(
                "raw_thread_update",
                check=lambda update: not update.data["thread_metadata"]["archived"],
                timeout=90,
            )
        )
        tasks.create_task(thread.send("again"))


async def test_a_locked_thread_is_closed_to_those_without_manage_threads(
    sandbox: Sandbox, bot: EchoBot
) -> None:
    thread = await post_in(bot, sandbox.club.forum.id)
    sandbox.lock(thread)
    await thread.send("a moderator may")
    sandbox.deny(sandbox.club.forum, manage_threads=True)
    with pytest.raises(discord.Forbidden) as caught:
        await thread.send("nobody else may")
    assert caught.value.code == 160005
    sandbox.archive(thread)
    with pytest.raises(discord.Forbidden) as caught:
        await thread.send("nor when it is closed")
    assert caught.value.code == 50083
    sandbox.unlock(thread)
    await thread.send("all may")


async def test_a_message_has_one_thread(sandbox: Sandbox, bot: EchoBot) -> None:
    message = await text_channel(bot, sandbox.channel.id).send("a paper")
    thread = await message.create_thread(name="talk")
    assert thread.id == message.id
    with pytest.raises(discord.HTTPException) as caught:
        await message.create_thread(name="talk")
    assert (caught.value.status, caught.value.code) == (400, 160004)
    assert [found.name for found in sandbox.channel.threads] == ["talk"]


async def test_a_server_has_a_maximum_number_of_open_threads(sandbox: Sandbox, bot: EchoBot) -> None:
    sandbox.limit_active_threads(1)
    first = await post_in(bot, sandbox.club.forum.id)
    message = await text_channel(bot, sandbox.channel.id).send("a paper")
    for opening in (
        message.create_thread(name="talk"),
        text_channel(bot, sandbox.channel.id).create_thread(
            name="talk", type=discord.ChannelType.public_thread
        ),
        post_in(bot, sandbox.club.forum.id),
    ):
        with pytest.raises(discord.HTTPException) as caught:
            await opening
        assert (caught.value.status, caught.value.code) == (400, 160006)
    sandbox.archive(first)
    await message.create_thread(name="talk")
    with pytest.raises(discord.HTTPException) as caught:
        await first.send("again")
    assert caught.value.code == 160006


async def test_announcements_can_be_given_an_hourly_limit(sandbox: Sandbox, bot: EchoBot) -> None:
    sandbox.limit_crossposts(1)
    channel = text_channel(bot, sandbox.club.announcements.id)
    first = await channel.send("first")
    await first.publish()
    assert (await channel.fetch_message(first.id)).flags.crossposted
    second = await channel.send("second")
    url = f"{sandbox.api_url}/channels/{channel.id}/messages/{second.id}/crosspost"
    headers = {"Authorization": f"Bot {sandbox.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.post(url) as answer:
            assert answer.status == 429
            assert "Via" in answer.headers
            assert 3500 < (await answer.json())["retry_after"] <= 3600
        sandbox.limit_crossposts(None)
        async with session.post(url) as answer:
            assert answer.status == 200


async def test_history_is_empty_for_a_bot_without_the_permission_to_read_it(
    sandbox: Sandbox, bot: EchoBot
) -> None:
    channel = text_channel(bot, sandbox.channel.id)
    await channel.send("hello")
    sandbox.deny(channel, read_message_history=True)
    assert [message async for message in channel.history()] == []
    sandbox.allow(channel)
    assert [message.content async for message in channel.history()] == ["hello"]


async def test_a_bot_cannot_send_messages_in_a_hidden_channel(sandbox: Sandbox, bot: EchoBot) -> None:
    channel = text_channel(bot, sandbox.channel.id)
    sandbox.deny(channel, view_channel=True)
    with pytest.raises(discord.Forbidden) as caught:
        await channel.send("hello")
    assert caught.value.code == 50001


async def test_embeds_and_files_are_refused_where_they_are_not_allowed(
    sandbox: Sandbox, bot: EchoBot
) -> None:
    channel = text_channel(bot, sandbox.channel.id)
    sandbox.deny(channel, embed_links=True)
    sandbox.deny(channel, attach_files=True)
    for parts in ({"embed": discord.Embed(title="a")}, {"file": discord.File(__file__)}):
        with pytest.raises(discord.Forbidden) as caught:
            await channel.send("hello", **parts)
        assert caught.value.code == 50013
    await channel.send("hello")
    sandbox.deny(sandbox.club.forum, embed_links=True)
    forum = await forum_of(bot, sandbox.club.forum.id)
    with pytest.raises(discord.Forbidden):
        await forum.create_thread(name="a", embed=discord.Embed(title="a"))


async def test_open_and_archived_posts_are_listed_with_their_owner(sandbox: Sandbox, bot: EchoBot) -> None:
    guild = bot.get_guild(sandbox.guild.id)
    assert guild is not None
    posts = [await post_in(bot, sandbox.club.forum.id, name=f"post {number}") for number in range(5)]
    for post in (posts[1], posts[0], posts[2], posts[3]):
        sandbox.archive(post)
    forum = await forum_of(bot, sandbox.club.forum.id)
    active = await guild.active_threads()
    assert [(thread.name, thread.owner_id) for thread in active] == [("post 4", guild.me.id)]
    archived = [thread async for thread in forum.archived_threads(limit=None)]
    assert [thread.name for thread in archived] == ["post 3", "post 2", "post 0", "post 1"]
    assert {thread.owner_id for thread in archived} == {guild.me.id}
    page = await bot.http.get_public_archived_threads(forum.id, limit=2)
    assert page["has_more"]
    last = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
    rest = await bot.http.get_public_archived_threads(forum.id, before=last, limit=2)
    assert [thread["name"] for thread in rest["threads"]] == ["post 0", "post 1"]
    assert not rest["has_more"]


async def test_posts_that_are_hidden_are_not_listed(sandbox: Sandbox, bot: EchoBot) -> None:
    guild = bot.get_guild(sandbox.guild.id)
    assert guild is not None
    await post_in(bot, sandbox.club.forum.id)
    sandbox.deny(sandbox.club.forum, view_channel=True)
    assert await guild.active_threads() == []


async def test_a_person_gets_direct_messages_until_they_disable_them(sandbox: Sandbox, bot: EchoBot) -> None:
    user = await bot.fetch_user(sandbox.member.id)
    await user.send("hello")
    sandbox.close_dms(sandbox.member)
    with pytest.raises(discord.Forbidden) as caught:
        await user.send("hello?")
    assert caught.value.code == 50007
    sandbox.open_dms(sandbox.member)
    await user.send("welcome back")
    sent = sandbox.messages(sandbox.club.users[1].dm_channel)
    assert [message.content for message in sent] == ["hello", "welcome back"]


@pytest.mark.parametrize("when", first(2, ["before", "after"]))
@pytest.mark.parametrize("what", ["post", "thread", "crosspost", "dm"])
async def test_a_fault_applies_to_every_kind_of_channel(
    sandbox: Sandbox, bot: EchoBot, what: str, when: Literal["before", "after"]
) -> None:
    backend = sandbox.world.backend
    message = await text_channel(bot, sandbox.club.announcements.id).send("news")
    user = await bot.fetch_user(sandbox.member.id)
    backend.dm_channels.clear()
    path, act, is_done = {
        "post": (
            f"/channels/{sandbox.club.forum.id}/threads",
            lambda: post_in(bot, sandbox.club.forum.id),
            lambda: bool(sandbox.club.forum.threads),
        ),
        "thread": (
            "/channels/*/messages/*/threads",
            lambda: message.create_thread(name="talk"),
            lambda: message.id in backend.channels,
        ),
        "crosspost": (
            "/channels/*/messages/*/crosspost",
            message.publish,
            lambda: bool(
                backend.get_message(message.channel.id, message.id).flags & backend.CROSSPOSTED_FLAG
            ),
        ),
        "dm": ("/users/@me/channels", user.create_dm, lambda: user.id in backend.dm_channels),
    }[what]
    sandbox.faults.add(Fault(method="POST", path=path, when=when, status=503))
    with pytest.raises(discord.DiscordServerError):
        await act()
    assert is_done() == (when == "after")
