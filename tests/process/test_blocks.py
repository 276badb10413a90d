"""Blocked channels between real processes: reported once, and posting resumes without a command."""

from __future__ import annotations

import pytest
from simcord.builders import ChannelHandle

from tests.process.conftest import on_usual_store
from tests.process.running import Stage

FIRST, SECOND, THIRD = "2611.00001", "2611.00002", "2611.00003"


def notices(stage: Stage) -> list[str]:
    """The notices in #general, where the server's other feed is."""
    shown = stage.discord.messages(stage.discord.club.general)
    texts = [embed.description or "" for message in shown for embed in message.embeds]
    return [text for text in texts if "⛔" in text]


@pytest.mark.thorough
async def test_a_bot_that_is_kicked_and_invited_again_continues(stage: Stage) -> None:
    """A kick that the bot does not hear of is one that the next session shows: see the test below."""
    stage.list_paper(FIRST, title="World models for small robots")
    bot = await stage.start()
    await stage.live("world model")
    await stage.until_posted(FIRST)
    stage.discord.kick_bot()
    await bot.says("left server")
    stage.list_paper(SECOND, title="Another world model")
    await stage.two_more_runs(bot)
    assert stage.posted() == [FIRST]

    stage.discord.invite_bot()
    await stage.until_posted(FIRST, SECOND)
    assert [request.status for request in stage.sends()].count(200) == 2

    stage.discord.kick_bot()
    await bot.says("left server", times=2)
    assert await bot.stop() == 0
    stage.list_paper(THIRD, title="A third world model")
    stage.discord.invite_bot()  # while nobody is there to hear it
    bot = await stage.start()
    await stage.until_posted(FIRST, SECOND, THIRD)
    assert await bot.stop() == 0
    assert "Traceback" not in bot.log


@pytest.mark.thorough
async def test_a_kick_during_an_outage_of_the_gateway_is_noticed_by_the_next_session(stage: Stage) -> None:
    bot = await stage.start()
    await stage.live("world model")
    stage.discord.gateway.forget_sessions()  # whose events nobody can ask for again
    stage.discord.kick_bot()
    stage.discord.gateway.drop()
    await bot.says("left server")
    assert await bot.stop() == 0


def in_forum(stage: Stage, forum: ChannelHandle) -> list[str]:
    return [paper_id for thread in forum.threads for paper_id in stage.posted(thread)]


@pytest.mark.thorough
@on_usual_store
async def test_channels_without_a_permission_are_blocked_reported_once_and_resume_automatically(
    stage: Stage,
) -> None:
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
    notice = " ".join(notices(stage)[0].split())
    for place, permission in (
        (papers, "Embed Links"),
        (forum, "Create Posts"),
        (thread, "Send Messages in Threads"),
    ):
        assert f"{place.mention} is blocked" in notice
        assert f"I'm missing **{permission}**" in notice
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


@pytest.mark.thorough
async def test_a_locked_thread_is_blocked_and_an_archived_one_is_reopened(stage: Stage) -> None:
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
