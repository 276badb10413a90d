"""The requests of the page's frame: channels, people, unread marks, days."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from sandbox import Sandbox

from .browsing import Browser
from .conftest import EchoBot


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(page_port=0) as running:
        yield running


async def row(browser: Browser, name: str) -> dict[str, Any]:
    return next(row for row in await browser.channels() if row["name"] == name)


async def test_each_person_has_their_own_direct_messages(sandbox: Sandbox, browser: Browser) -> None:
    ben = browser.another(person=sandbox.member.id)
    for who, direct in zip((browser, ben), sandbox.club.direct, strict=True):
        assert [row["id"] for row in await who.channels() if row["kind"] == "dm"] == [str(direct.id)]


async def test_a_channel_that_a_person_cannot_see_is_neither_listed_nor_shown(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    general = bot.get_channel(sandbox.club.general.id)
    assert isinstance(general, discord.TextChannel)
    await general.send("for Ada")
    hidden = discord.Permissions(view_channel=True).value
    overwrite = Overwrite(sandbox.member.id, OverwriteType.MEMBER, deny=hidden)
    sandbox.world.backend.set_overwrite(general.id, overwrite)
    ben = browser.another(person=sandbox.member.id)
    assert "general" not in [row["name"] for row in await ben.channels()]
    await ben.open(general.id)
    assert "for Ada" not in await ben.look()
    assert "general" in [row["name"] for row in await browser.channels()]
    await browser.open(general.id)
    assert "for Ada" in await browser.look()


async def test_direct_messages_of_others_are_not_shown(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    ben = browser.another(person=sandbox.member.id)
    await ben.open(sandbox.club.direct[1].id)
    await ben.run("echo", text="secret")
    await browser.open(sandbox.club.direct[1].id)
    assert "secret" not in await browser.look()
    assert browser.state["status"] == "access_denied"


async def test_an_ephemeral_answer_is_not_unread_for_anybody(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    ben = browser.another(person=sandbox.member.id)
    await browser.open(sandbox.club.general.id)
    await browser.run("echo", text="for Ada alone")
    assert "for Ada alone" in await browser.look()
    assert (await row(browser, "general"))["newest"] == (await row(ben, "general"))["newest"] == "0"
    await ben.open(sandbox.club.general.id)
    assert "for Ada alone" not in await ben.look()


async def test_a_message_is_unread_for_the_other_person(sandbox: Sandbox, browser: Browser) -> None:
    answer = await sandbox.admin.send(sandbox.club.general, "hello")
    ben = browser.another(person=sandbox.member.id)
    assert (await row(ben, "general"))["newest"] == str(answer.id)
    assert (await row(browser, "general"))["newest"] == "0"


async def test_a_forum_lists_its_posts_with_tags_and_the_last_message(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    forum = sandbox.create_forum("reviews", tags=["Vision", "Agents"])
    channel = await bot.fetch_channel(forum.id)
    assert isinstance(channel, discord.ForumChannel)
    tag = discord.Object(sandbox.tags(forum)["Vision"])
    await channel.create_thread(name="the first", content="start")
    opened = await channel.create_thread(name="the second", content="start", applied_tags=[tag])
    last = await opened.thread.send("see **this** [paper](https://arxiv.org/abs/1)")
    rows = await browser.channels()
    posts = [row for row in rows if row.get("forum") == str(forum.id)]
    assert [post["name"] for post in posts] == ["the second", "the first"]
    assert (posts[0]["tags"], posts[1]["tags"]) == (["Vision"], [])
    assert (posts[0]["text"], posts[0]["author"]) == ("see this paper", "Paperboy")
    [listed] = [row for row in rows if row["id"] == str(forum.id)]
    assert listed["newest"] == posts[0]["newest"] == str(last.id)


async def test_the_bot_is_offline_until_it_connects(sandbox: Sandbox, browser: Browser) -> None:
    assert (await browser.listing())["bot"] == {"name": "Paperboy", "is_online": False}


async def test_a_connected_bot_is_listed_as_online(browser: Browser, bot: EchoBot) -> None:
    listing = await browser.listing()
    assert listing["bot"]["is_online"]
    assert listing["people"][0] == {"name": "Paperboy", "is_bot": True, "is_online": True}


async def test_the_page_shows_the_next_day_and_moves_to_it(sandbox: Sandbox, browser: Browser) -> None:
    before = (await browser.listing())["calendar"]
    assert before == {**sandbox.calendar.state(), "now": before["now"]}
    answer = await browser.next_day()
    assert answer["is_moved"]
    assert answer["calendar"]["list_day"] == before["next"]
    assert (await browser.listing())["calendar"]["list_day"] == before["next"]


async def test_after_the_last_day_the_page_says_why_there_is_no_next_one(browser: Browser) -> None:
    while (await browser.listing())["calendar"]["next"]:
        assert (await browser.next_day())["is_moved"]
    answer = await browser.next_day()
    assert not answer["is_moved"]
    assert answer["calendar"]["why_not"]


async def test_the_day_cannot_be_moved_without_the_key(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    before = sandbox.calendar.state()["list_day"]
    for key in ("", f"wrong.{sandbox.admin.id}.{sandbox.channel.id}"):
        async with session.post("/next-day", headers={"X-Simcord-Capability": key}) as answer:
            assert answer.status == 401
    assert sandbox.calendar.state()["list_day"] == before


async def test_an_answer_shows_the_full_name_of_a_subcommand(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    @discord.app_commands.command(description="A leaf")
    async def leaf(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("rustle")

    tree = discord.app_commands.Group(name="tree", description="A tree")
    tree.add_command(leaf)
    bot.tree.add_command(tree)
    await bot.tree.sync()
    await browser.open(sandbox.channel.id)
    await browser.run("tree leaf")
    await browser.look()
    [message] = browser.state["messages"].values()
    assert message["interaction_header"]["name"] == "tree leaf"
