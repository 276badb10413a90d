from __future__ import annotations

import asyncio

import aiohttp
import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.core.list_days import open_list_day
from sandbox import Fault, Sandbox, SeedCommand

from .conftest import EchoBot, connected


def text_channel(bot: EchoBot, sandbox: Sandbox) -> discord.TextChannel:
    channel = bot.get_channel(sandbox.channel.id)
    assert isinstance(channel, discord.TextChannel)
    return channel


async def test_a_bot_connects_with_its_server_permissions_and_commands(
    sandbox: Sandbox, bot: EchoBot
) -> None:
    guild = bot.get_guild(sandbox.guild.id)
    assert guild is not None
    assert guild.name == "Paper Club"
    assert {channel.name for channel in guild.text_channels} == {"papers", "general", "announcements"}
    assert guild.me.guild_permissions.send_messages
    assert {command.name for command in await bot.tree.fetch_commands()} == {
        "echo",
        "silence",
        "hasty",
        "form",
    }
    await sandbox.wait_for_bot(sandbox.guild.id, commands=["echo"])


async def test_a_deferred_command_returns_all_its_ephemeral_messages(sandbox: Sandbox, bot: EchoBot) -> None:
    answer = await sandbox.run_command(
        sandbox.admin, sandbox.channel, "echo", text="hello", channel=sandbox.club.general
    )
    await sandbox.until(lambda: len(answer.messages) == 2)
    assert "hello" in answer.text
    assert "second, general" in answer.text
    assert all(message.ephemeral for message in answer.messages)
    assert sandbox.messages(sandbox.channel) == []


async def test_a_follow_up_does_not_answer_a_deferred_command_and_is_public_by_default(
    sandbox: Sandbox, bot: EchoBot
) -> None:
    result = await sandbox.admin.slash(sandbox.channel, "hasty")
    await sandbox.until(lambda: bool(result.followups))
    (public,) = sandbox.messages(sandbox.channel)
    assert public.content == "for all to read"
    assert result.deferred
    assert result.response is not None
    assert not result.response.content


async def test_a_button_that_defers_is_waited_for(sandbox: Sandbox, bot: EchoBot) -> None:
    answer = await sandbox.run_command(sandbox.member, sandbox.channel, "echo", text="hello")
    await sandbox.until(lambda: len(answer.messages) == 2)
    await sandbox.click(sandbox.member, answer.messages[1], label="Again")
    assert answer.messages[1].content == "edited"
    assert answer.messages[1].components == []


async def test_a_modal_is_shown_submitted_and_answered(sandbox: Sandbox, bot: EchoBot) -> None:
    shown = await sandbox.run_command(sandbox.admin, sandbox.channel, "form")
    assert shown.modal is not None
    answer = await sandbox.submit(sandbox.admin, shown, {"word": "tree"})
    assert answer.text == "you wrote tree"


async def test_a_command_works_in_direct_messages(sandbox: Sandbox, bot: EchoBot) -> None:
    user = sandbox.club.users[1]
    answer = await sandbox.run_command(user, user.dm_channel, "echo", text="quietly")
    assert "quietly" in answer.text


async def test_choices_are_offered_while_typing(sandbox: Sandbox, bot: EchoBot) -> None:
    choices = await sandbox.autocomplete(sandbox.admin, sandbox.channel, "echo", option="text", value="ab")
    assert [choice["value"] for choice in choices] == ["abab"]


async def test_a_command_without_an_answer_times_out_after_three_seconds(
    sandbox: Sandbox, bot: EchoBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.world.FIRST_ANSWER_SECONDS", 0.1)
    with pytest.raises(TimeoutError, match="silence"):
        await sandbox.run_command(sandbox.admin, sandbox.channel, "silence")


async def test_a_second_message_with_the_same_nonce_returns_the_first_one(
    sandbox: Sandbox, bot: EchoBot
) -> None:
    channel = text_channel(bot, sandbox)
    first = await channel.send("once", nonce="n-1")
    second = await channel.send("once", nonce="n-1")
    other = await channel.send("twice", nonce="n-2")
    assert first.id == second.id != other.id
    assert [message.content for message in sandbox.messages(sandbox.channel)] == ["once", "twice"]
    sent = [request for request in sandbox.requests if request.path.endswith("/messages")]
    assert [request.json["nonce"] for request in sent] == ["n-1", "n-1", "n-2"]
    assert all(request.status == 200 for request in sent)


async def test_a_file_arrives_with_its_message(sandbox: Sandbox, bot: EchoBot) -> None:
    sent = await text_channel(bot, sandbox).send("a file", file=discord.File(__file__, filename="a.py"))
    assert sent.attachments[0].filename == "a.py"


async def test_a_missing_permission_returns_discords_error(sandbox: Sandbox, bot: EchoBot) -> None:
    channel = sandbox.world.backend.get_channel(sandbox.channel.id)
    sandbox.world.backend.delete_channel(channel.id)
    with pytest.raises(discord.NotFound) as caught:
        await bot.get_partial_messageable(channel.id).send("anyone?")
    assert caught.value.code == 10003


async def test_a_message_is_stored_once_if_its_answer_is_lost(sandbox: Sandbox, bot: EchoBot) -> None:
    sandbox.faults.add(Fault(method="POST", path="/channels/*/messages", when="after", status=503))
    channel = text_channel(bot, sandbox)
    with pytest.raises(discord.DiscordServerError):
        await channel.send("once", nonce="n-1")
    assert len(sandbox.messages(sandbox.channel)) == 1
    await channel.send("once", nonce="n-1")
    assert len(sandbox.messages(sandbox.channel)) == 1


async def test_a_connection_that_breaks_before_the_message_stores_nothing(
    sandbox: Sandbox, bot: EchoBot
) -> None:
    sandbox.faults.add(Fault(path="/channels/*/messages", reset=True))
    with pytest.raises(aiohttp.ClientError):
        await text_channel(bot, sandbox).send("lost")
    assert sandbox.messages(sandbox.channel) == []


async def test_the_client_obeys_an_injected_rate_limit(sandbox: Sandbox, bot: EchoBot) -> None:
    sandbox.faults.add(Fault.rate_limit(path="/channels/*/messages", retry_after_seconds=0.01))
    await text_channel(bot, sandbox).send("patience")
    sent = [request.status for request in sandbox.requests if request.path.endswith("/messages")]
    assert sent == [429, 200]


async def test_a_forgotten_session_is_replaced_by_a_new_one(sandbox: Sandbox, bot: EchoBot) -> None:
    sandbox.gateway.forget_sessions()
    sandbox.gateway.ask_to_reconnect()
    await sandbox.until(lambda: sandbox.gateway.is_connected(sandbox.guild.id))
    assert not bot.resumed.is_set()


async def test_each_shard_has_its_own_servers(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Route, "BASE", sandbox.api_url)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(sandbox.gateway_url))

    async with connected(sandbox, EchoBot(shard_count=2)) as bot:
        assert {session.shard_id for session in sandbox.gateway.sessions.values()} == {0, 1}
        guild = bot.get_guild(sandbox.guild.id)
        assert guild is not None
        assert guild.shard_id == (guild.id >> 22) % 2


async def test_a_wrong_token_is_refused_by_both_sides(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Route, "BASE", sandbox.api_url)
    bot = EchoBot()
    with pytest.raises(discord.LoginFailure):
        await bot.start("wrong")
    await bot.close()


@pytest.mark.parametrize("path", ["/nowhere", "/channels/abc/messages"])
async def test_rejected_requests_return_json(sandbox: Sandbox, path: str) -> None:
    headers = {"Authorization": f"Bot {sandbox.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(sandbox.api_url + path) as answer,
    ):
        assert answer.status in {400, 501}
        assert "message" in await answer.json()


async def test_seed_commands_are_typed_once_the_bot_is_connected_and_has_read_the_lists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sandbox.app._STORING_SECONDS", 0.01)
    monkeypatch.setattr("sandbox.app._MAX_READING_SECONDS", 90.0)
    async with Sandbox(page_port=None, seed=[SeedCommand("echo", {"text": "seeded"})]) as sandbox:
        monkeypatch.setattr(Route, "BASE", sandbox.api_url)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(sandbox.gateway_url))
        newest = open_list_day(sandbox.calendar.now())  # seeding doesn't wait for later ones
        async with asyncio.TaskGroup() as tasks:
            seeding = tasks.create_task(sandbox.seed())
            async with (
                connected(sandbox, EchoBot()),
                aiohttp.ClientSession(sandbox.huggingface_url) as reader,
            ):
                for day in filter(newest.__ge__, sandbox.huggingface.days):
                    assert not sandbox.world.backend.interactions
                    await (await reader.get("/api/daily_papers", params={"date": str(day)})).read()
                [answer] = await seeding
        assert "seeded" in answer.text
