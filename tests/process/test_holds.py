"""Channels that refuse, and servers that are left: held, told once, and all made up for after."""

from __future__ import annotations

from typing import Any

from simcord.builders import ChannelHandle

from tests.process.running import Stage


def notices(stage: Stage) -> list[Any]:
    """The messages in #general that have a button: what the server was told."""
    return [message for message in stage.discord.messages(stage.discord.club.general) if message.components]


def in_forum(stage: Stage, forum: ChannelHandle) -> list[str]:
    return [paper_id for thread in forum.threads for paper_id in stage.posted(thread)]


async def test_what_loses_a_permission_is_held_told_once_and_goes_on_by_itself(stage: Stage) -> None:
    discord = stage.discord
    papers, general = discord.club.papers, discord.club.general
    forum = discord.create_forum("posts", tags=["World models"], require_tag=True)
    discord.world.backend.create_thread(general.id, "a thread", discord.admin.id)
    (thread,) = general.threads
    bot = await stage.start()
    for place in (papers, forum, thread):
        await stage.live("world model", place)
    discord.deny(papers, embed_links=True)
    discord.deny(forum, send_messages=True)
    discord.deny(general, send_messages_in_threads=True)
    stage.list_paper("2611.00001", title="World models for small robots")

    await stage.until(lambda: bool(notices(stage)), "a notice")
    await stage.two_more_runs(bot)
    told = " ".join(notices(stage)[0].embeds[0].description.split())
    for place, permission in (
        (papers, "Embed Links"),
        (forum, "Create Posts"),
        (thread, "Send Messages in Threads"),
    ):
        assert f"{place.mention}: I stopped posting there" in told
        assert f"I lack **{permission}**" in told
        assert len(stage.calls("POST", f"/channels/{place.id}/")) <= 1
    status = await stage.command("status")
    assert status.count("⛔") == 3

    for place in (papers, forum, general):
        discord.allow(place)
    await stage.until_posted("2611.00001")
    await stage.until_posted("2611.00001", channel=thread)
    await stage.until(lambda: in_forum(stage, forum) == ["2611.00001"], "the post in the forum")
    await stage.two_more_runs(bot)
    assert in_forum(stage, forum) == ["2611.00001"]
    (post,) = forum.threads
    assert post._channel.applied_tags == [discord.tags(forum)["World models"]]
    assert len(notices(stage)) == 1
    assert "⛔" not in await stage.command("status")
    assert "Traceback" not in bot.log


async def test_a_server_that_was_left_gets_all_it_missed_when_it_is_joined_again(stage: Stage) -> None:
    bot = await stage.start()
    await stage.live("world model")
    stage.discord.kick_bot()
    stage.list_paper("2611.00001", title="World models for small robots")
    await bot.says("was left")
    await stage.two_more_runs(bot)
    assert stage.posted() == []
    assert len(stage.sends()) <= 1  # the run may have been quicker than the news
    await bot.stop()

    stage.discord.invite_bot()
    bot = await stage.start()
    await stage.until_posted("2611.00001")
    assert "`world model`" in await stage.command("subscriptions")

    stage.discord.kick_bot()
    await bot.says("was left")
    stage.list_paper("2611.00002", title="Another world model")
    stage.discord.invite_bot()
    await stage.until_posted("2611.00001", "2611.00002")
    assert "Traceback" not in bot.log


async def test_a_locked_thread_is_held_and_an_archived_one_is_woken(stage: Stage) -> None:
    discord, general = stage.discord, stage.discord.club.general
    for name in ("locked", "asleep"):
        discord.world.backend.create_thread(general.id, name, discord.admin.id)
    locked, asleep = general.threads
    discord.deny(general, manage_threads=True)
    bot = await stage.start()
    for thread in (locked, asleep):
        await stage.live("world model", thread)
    discord.archive(asleep)
    discord.lock(locked)
    stage.list_paper("2611.00001", title="World models for small robots")
    await stage.until_posted("2611.00001", channel=asleep)
    await bot.says("locked")
    assert "locked" in await stage.command("status")
    assert stage.posted(locked) == []
    discord.unlock(locked)
    await stage.until_posted("2611.00001", channel=locked)
    assert "Traceback" not in bot.log


async def test_a_deleted_channel_is_not_called_and_its_server_hears_of_it(stage: Stage) -> None:
    bot = await stage.start()
    await stage.live("world model")
    stage.discord.delete_channel(stage.discord.club.papers)
    await stage.until(lambda: bool(notices(stage)), "a notice")
    stage.list_paper("2611.00001", title="World models for small robots")
    await stage.two_more_runs(bot)
    assert "The channel was deleted" in notices(stage)[0].embeds[0].description
    assert stage.sends() == []
    assert "The channel was deleted" in await stage.command("status", stage.discord.club.general)


async def test_where_no_channel_is_open_the_person_who_subscribed_is_told_and_can_check(stage: Stage) -> None:
    discord, admin = stage.discord, stage.discord.admin.user
    bot = await stage.start()
    await stage.live("world model")
    everyone = discord.guild.default_role
    discord.set_permissions(everyone, send_messages=False)
    discord.set_permissions(send_messages=False)
    stage.list_paper("2611.00001", title="World models for small robots")
    await stage.until(lambda: bool(discord.messages(admin.dm_channel)), "a direct message")
    (told,) = discord.messages(admin.dm_channel)
    assert "I lack **Send Messages**" in (told.embeds[0].description or "")
    assert "is still held" in (await discord.click(admin, told, label="Check again")).text

    discord.set_permissions(send_messages=True)
    await stage.until_posted("2611.00001")
    assert "Nothing is held" in (await discord.click(admin, told, label="Check again")).text
    assert len(discord.messages(admin.dm_channel)) == 1
    assert await bot.stop() == 0
    assert "Traceback" not in bot.log
