"""The commands as they are registered with Discord."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fakes.discord_openapi import discord_openapi
from tests.world import running_world

GUILD, BOT_DM = 0, 1
MANAGE_CHANNELS = 1 << 4


@pytest.fixture
async def registered(tmp_path: Path) -> list[dict[str, Any]]:
    async with running_world(tmp_path) as world:
        return [command.to_dict(world.client.tree) for command in world.client.tree.get_commands()]


class Registering:
    """The request that registers them."""

    method = "PUT"
    path = "/applications/1/commands"
    params: dict[str, str] = {}  # noqa: RUF012 - never written

    def __init__(self, json: Any) -> None:
        self.json = json


async def test_the_commands_are_what_discords_own_description_takes(registered: list[dict[str, Any]]) -> None:
    assert discord_openapi().problems(Registering(registered)) == []


async def test_a_channel_option_offers_every_kind_of_channel(registered: list[dict[str, Any]]) -> None:
    subscribe = next(command for command in registered if command["name"] == "subscribe")
    channel = next(option for option in subscribe["options"] if option["name"] == "channel")
    assert "channel_types" not in channel


async def test_what_needs_a_server_is_offered_there_alone(registered: list[dict[str, Any]]) -> None:
    contexts = {command["name"]: command["contexts"] for command in registered}
    anywhere = {"preview", "papers", "paper", "help"}
    assert {name for name, places in contexts.items() if places == [GUILD, BOT_DM]} == anywhere
    assert all(places == [GUILD] for name, places in contexts.items() if name not in anywhere)


async def test_admin_commands_are_hidden_from_others(registered: list[dict[str, Any]]) -> None:
    for_admins = {
        command["name"] for command in registered if command["default_member_permissions"] == MANAGE_CHANNELS
    }
    assert for_admins == {"subscribe", "unsubscribe", "deliver", "config", "status"}
