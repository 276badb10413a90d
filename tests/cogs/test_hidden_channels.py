"""Who may see what: a person who cannot see a channel tries every command and choice.

The tests of one kind of channel share its world: none of them changes the hidden channel.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from discord import app_commands

from tests.cogs.hidden import KINDS, SECRET, Forger, Hidden, hidden_channel
from tests.cogs.rights import manager
from tests.cogs.test_rights import VALUES
from tests.examples import first
from tests.world import World, running_world

# What a person gives for the options that must be given; a new one fails until it is added here.
GIVEN: dict[str, Any] = {**VALUES, "file": ("keywords.txt", b"world model"), "date": "2026-08-18"}
CHANNELS = {"channel", "source"}


@pytest_asyncio.fixture(
    scope="module",
    params=first(1, KINDS),
)
async def hidden(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Hidden]:
    async with running_world(tmp_path_factory.mktemp("world")) as world:
        yield await hidden_channel(world, manager(world), request.param)


def commands(world: World) -> Iterator[app_commands.Command[Any, ..., Any]]:
    for command in world.client.tree.walk_commands():
        if isinstance(command, app_commands.Command):
            yield command


def given(command: app_commands.Command[Any, ..., Any], channel: Any) -> dict[str, Any]:
    required = [parameter.name for parameter in command.parameters if parameter.required]
    return {name: channel if name in CHANNELS else GIVEN[name] for name in required}


async def all_pages(hidden: Hidden, who: Any, result: Any) -> str:
    """What is shown on every page of an answer."""
    shown = await hidden.shown_by(result)
    while result.response is not None and _can_turn(result.response):
        await who.click(result.response, label="Next")
        shown += await hidden.shown_by(result)
    return shown


def _can_turn(message: Any) -> bool:
    parts = [part for row in message.components for part in row["components"]]
    return any(part.get("label") == "Next" and not part.get("disabled") for part in parts)


async def test_no_choice_that_is_offered_comes_from_a_hidden_channel(hidden: Hidden) -> None:
    world = hidden.world
    forger = Forger(who=hidden.person, where=world.channel, hidden=hidden.channel)
    tried = 0
    for command in commands(world):
        for option in (parameter for parameter in command.parameters if parameter.autocomplete):
            names = {parameter.name for parameter in command.parameters}
            filled = {"channel": hidden.channel} if "channel" in names else {}
            choices = await forger.autocomplete(command.qualified_name, option.name, **filled)
            assert hidden.betrayed_by(str(choices)) == [], command.qualified_name
            tried += 1
    assert tried >= 3
    offered = await world.admin.autocomplete(
        world.channel, "unsubscribe", "keywords", "", channel=hidden.channel
    )
    assert SECRET in str(offered)


async def test_no_command_does_anything_in_a_hidden_channel_that_a_client_names_all_the_same(
    hidden: Hidden,
) -> None:
    world = hidden.world
    before = await world.services.feeds.state(hidden.channel.id)
    forger = Forger(who=hidden.person, where=world.channel, hidden=hidden.channel)
    tried = 0
    for command in commands(world):
        for option in {parameter.name for parameter in command.parameters} & CHANNELS:
            options = given(command, world.channel) | {option: hidden.channel}
            result = await forger.slash(command.qualified_name, **options)
            shown = await hidden.shown_by(result)
            assert hidden.betrayed_by(shown) == [], (command.qualified_name, shown)
            tried += 1
    assert tried >= 17
    assert await world.services.feeds.state(hidden.channel.id) == before


async def test_no_command_shows_a_hidden_channel_and_administrators_are_shown_it(
    hidden: Hidden,
) -> None:
    world = hidden.world
    shows_admins: set[str] = set()
    for command in commands(world):
        name = command.qualified_name
        options = given(command, world.channel)
        if name == "config copy":
            options["channel"] = world.guild.create_text_channel("target")
        shown = await all_pages(
            hidden, hidden.person, await hidden.person.slash(world.channel, name, **options)
        )
        if name != "my data":  # which has what the person did, also where they no longer see anything
            assert hidden.betrayed_by(shown) == [], (name, shown)
        if name in {"status", "config export", "config history", "config show"}:
            shown = await all_pages(hidden, world.admin, await world.admin.slash(world.channel, name))
            shows_admins |= {name} if str(hidden.channel.id) in shown else set()
    assert shows_admins >= {"status", "config export", "config history"}
