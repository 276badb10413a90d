"""The permissions dialog of the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest

from sandbox import Sandbox
from sandbox.suggestion import Suggestion

from .browsing import Browser
from .conftest import EchoBot


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(page_port=0) as running:
        yield running


def subject(state: dict[str, Any], name: str) -> dict[str, Any]:
    return next(subject for subject in state["subjects"] if subject["name"] == name)


def change(who: dict[str, Any], permission: str, *, allowed: bool) -> dict[str, Any]:
    return {"subject": who["id"], "permission": permission, "allowed": allowed}


@pytest.mark.parametrize(
    "permission", ["view_channel", "send_messages", "embed_links", "read_message_history"]
)
async def test_a_revoked_permission_of_the_bot_is_missing_until_it_is_granted_again(
    sandbox: Sandbox, browser: Browser, bot: EchoBot, permission: str
) -> None:
    channel = bot.get_channel(sandbox.channel.id)
    assert isinstance(channel, discord.TextChannel)
    paperboy = subject(await browser.permissions(), "Paperboy")
    assert permission in paperboy["allowed"]
    state = await browser.permissions(change(paperboy, permission, allowed=False))
    assert permission not in subject(state, "Paperboy")["allowed"]
    if permission == "read_message_history":
        assert [message async for message in channel.history()] == []
    else:
        with pytest.raises(discord.Forbidden):
            await channel.send(embed=discord.Embed(title="anyone?"))
    state = await browser.permissions(change(paperboy, permission, allowed=True))
    assert permission in subject(state, "Paperboy")["allowed"]
    assert sandbox.world.backend.get_channel(channel.id).overwrites == []
    await channel.send(embed=discord.Embed(title="here"))


async def test_a_permission_can_be_denied_to_everyone_and_allowed_for_the_bot(
    sandbox: Sandbox, browser: Browser
) -> None:
    state = await browser.permissions()
    everyone, paperboy = subject(state, "@everyone"), subject(state, "Paperboy")
    sandbox.set_permissions(send_messages=False)
    state = await browser.permissions(change(everyone, "send_messages", allowed=False))
    assert "send_messages" not in subject(state, "Paperboy")["allowed"]
    state = await browser.permissions(change(paperboy, "send_messages", allowed=True))
    assert "send_messages" in subject(state, "Paperboy")["allowed"]
    assert "send_messages" not in subject(state, "Ben (member)")["allowed"]


async def test_a_channel_that_is_denied_to_the_member_disappears_for_them(
    sandbox: Sandbox, browser: Browser
) -> None:
    ben = browser.another(person=sandbox.member.id)
    assert "papers" in [row["name"] for row in await ben.channels()]
    await browser.permissions(
        change(subject(await browser.permissions(), "Ben (member)"), "view_channel", allowed=False)
    )
    general = browser.another(person=sandbox.member.id, channel=str(sandbox.club.general.id))
    assert "papers" not in [row["name"] for row in await general.channels()]


async def test_roles_can_be_added_and_deleted_except_the_bots_own(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    state = await browser.permissions({"create_role": " readers "})
    role = next(role for role in state["roles"] if role["name"] == "readers")
    guild = bot.get_guild(sandbox.guild.id)
    assert guild is not None
    assert "readers" in [role.name for role in await guild.fetch_roles()]
    state = await browser.permissions({"delete_role": role["id"]})
    assert [role["is_kept"] for role in state["roles"]] == [True, True]
    for kept in state["roles"]:
        assert await browser.permissions({"delete_role": kept["id"]}) == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"create_role": ""},
        {"create_role": "x" * 101},
        {"delete_role": "7"},
        {"subject": "7", "permission": "send_messages", "allowed": True},
        {"subject": "x", "permission": "send_messages", "allowed": True},
    ],
)
async def test_an_invalid_change_is_rejected(browser: Browser, body: dict[str, Any]) -> None:
    assert await browser.permissions(body) == 400


async def test_a_thread_uses_its_channels_permissions_and_a_direct_message_has_none(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    channel = bot.get_channel(sandbox.channel.id)
    assert isinstance(channel, discord.TextChannel)
    thread = await (await channel.send("a start")).create_thread(name="a thread")
    assert (await browser.permissions(channel=str(thread.id)))["channel"] == "papers"
    direct = await browser.permissions(channel=str(sandbox.club.direct[0].id))
    assert direct["channel"] is None
    assert direct["subjects"] == []


async def test_a_thread_on_a_message_is_shown_there_without_a_system_message(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    channel = bot.get_channel(sandbox.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await (await channel.send("a start")).create_thread(name="on a message")
    assert [message.content for message in sandbox.messages(sandbox.channel)] == ["a start"]
    await browser.open(channel.id)
    assert "started a thread" not in await browser.look()
    assert "on a message" in await browser.look()


async def test_more_pictures_than_can_be_decoded_at_once_are_all_served(
    sandbox: Sandbox, browser: Browser, bot: EchoBot, session: aiohttp.ClientSession
) -> None:
    channel = bot.get_channel(sandbox.channel.id)
    assert isinstance(channel, discord.TextChannel)
    items = [item for day in sandbox.huggingface.days.values() for item in day][:20]
    for start in (0, 10):
        embeds = [
            discord.Embed(title="x").set_thumbnail(url=item["thumbnail"])
            for item in items[start : start + 10]
        ]
        await channel.send(embeds=embeds)
    await browser.open(channel.id)
    await browser.look()
    pictures = await browser.pictures()
    assert len(pictures) == len({item["thumbnail"] for item in items})
    assert all(status == 200 and body.startswith(b"\x89PNG") for status, body in pictures)


async def test_only_commands_that_the_person_can_use_are_suggested(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    for command in sandbox.world.backend.commands[None].values():
        if command["name"] == "echo":
            command["default_member_permissions"] = str(discord.Permissions(manage_channels=True).value)
    ben = browser.another(person=sandbox.member.id)
    assert (await browser.listing())["commands"] == ["echo", "form", "hasty", "silence"]
    assert (await ben.listing())["commands"] == ["form", "hasty", "silence"]


async def test_the_suggested_keyword_is_in_the_open_lists(sandbox: Sandbox, browser: Browser) -> None:
    newest = max(sandbox.huggingface.days)
    async with (
        aiohttp.ClientSession(sandbox.huggingface_url) as reader,
        reader.get("/api/daily_papers") as answer,
    ):
        items = await answer.json()
    keyword = (await browser.listing())["suggestion"]
    assert any(keyword in item["paper"].get("ai_keywords", []) for item in items)
    assert newest not in sandbox.huggingface.served


def test_a_subscribed_keyword_is_not_suggested() -> None:
    suggestion = Suggestion(without=["agents, diffusion model"])
    suggestion.note([])
    suggestion.note(
        [{"paper": None}, {"paper": {"id": "1", "ai_keywords": ["agents", "robotics", 7, "GPT-4"]}}]
    )
    assert suggestion.keyword == "robotics"
