"""The client: what it asks of Discord, when it syncs its commands, and where it is pointed."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.client import INVITE_PERMISSIONS, Client, point_at
from tests import discord_address
from tests.world import World


def syncs(world: World) -> int:
    """How often the commands were written."""
    return sum(
        request.method in {"PUT", "POST", "PATCH"} and request.path.endswith("/commands")
        for request in world.env.http_requests
    )


async def test_commands_are_synced_once_and_not_again_by_a_restart(world: World) -> None:
    world.env.backend.commands.clear()
    await world.client.sync_commands()
    assert syncs(world) == 1

    await world.restart()

    assert syncs(world) == 1


async def test_commands_that_differ_are_synced_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cogs.help.HelpCog.help.description", "Say it otherwise")

    await world.restart()

    assert syncs(world) == 1


async def test_every_command_is_as_it_should_be_registered(world: World) -> None:
    world.env.backend.commands.clear()
    await world.client.sync_commands()
    (sent,) = [request.json for request in world.env.http_requests if request.method == "PUT"]
    permissions = {command["name"]: command["default_member_permissions"] for command in sent}
    where = {command["name"]: (command["integration_types"], command["contexts"]) for command in sent}
    by_servers, by_anyone = [0], [0, 1]
    in_servers, in_own_messages_too, anywhere = [0], [0, 1], [0, 1, 2]

    manage_channels = discord.Permissions(manage_channels=True).value
    admins = dict.fromkeys(
        ("setup", "subscribe", "unsubscribe", "deliver", "config", "status"), manage_channels
    )
    personal = ("papers", "paper", "my", "help", "Open papers", "Save papers")
    assert permissions == {**admins, **dict.fromkeys(("subscriptions", "explain", "preview", *personal))}
    assert where == {
        **dict.fromkeys((*admins, "subscriptions"), (by_servers, in_servers)),
        "preview": (by_servers, in_own_messages_too),
        "explain": (by_anyone, in_own_messages_too),
        **dict.fromkeys(personal, (by_anyone, anywhere)),
    }
    kinds = {command["name"]: command["type"] for command in sent if command["type"] != 1}
    assert kinds == {"Open papers": 3, "Save papers": 3}


async def test_the_invite_link_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot.client")

    await world.restart()

    assert f"client_id={world.client.application_id}" in caplog.text
    assert f"permissions={INVITE_PERMISSIONS.value}" in caplog.text
    assert "scope=bot+applications.commands" in caplog.text


async def test_it_needs_no_privileged_intent_and_keeps_no_members() -> None:
    client = Client()

    assert client.intents == discord.Intents(guilds=True)
    assert client._connection.member_cache_flags == discord.MemberCacheFlags.none()
    assert not client._connection._chunk_guilds
    assert client.allowed_mentions is not None
    assert client.allowed_mentions.to_dict() == discord.AllowedMentions.none().to_dict()


async def test_messages_are_ignored(world: World) -> None:
    await world.member.send(world.channel, f"<@{world.guild.me.id}> help")

    assert len(world.channel.history()) == 1


@pytest.fixture
def restored_address() -> Iterator[None]:
    with discord_address.restored():
        yield


@pytest.mark.usefixtures("restored_address")
def test_it_is_pointed_at_another_api_and_keeps_discords_gateway() -> None:
    before = DiscordWebSocket.DEFAULT_GATEWAY

    point_at(api_url="http://127.0.0.1:9/api/v10", gateway_url=None)

    assert Route("GET", "/users/@me").url == "http://127.0.0.1:9/api/v10/users/@me"
    assert before == DiscordWebSocket.DEFAULT_GATEWAY


@pytest.mark.usefixtures("restored_address")
def test_a_gateway_of_the_operators_wins_over_the_one_to_resume_at() -> None:
    point_at(api_url="https://discord.com/api/v10", gateway_url="ws://127.0.0.1:9")
    socket = DiscordWebSocket.__new__(DiscordWebSocket)

    socket.gateway = yarl.URL("wss://gateway.example.org")

    assert socket.gateway == yarl.URL("ws://127.0.0.1:9")
    assert yarl.URL("ws://127.0.0.1:9") == DiscordWebSocket.DEFAULT_GATEWAY
