"""Who may do what: people without the permission try every admin command, whatever the server has granted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from discord import app_commands

from tests.cogs.rights import channel_where, manager, overwrite, subscribed
from tests.examples import first
from tests.world import World, text_of

# What a person gives for the options that must be given; a new command with others fails until it is added here.
VALUES: dict[str, Any] = {
    "keywords": "video",
    "focus": "strict",
    "style": "digest",
    "on": True,
    "paper": "2608.00001",
    "period": "week",
    "format": "bibtex",
    "action": "export",
}
# Their `channel` is not the one that is changed; tests/cogs/test_config_extras.py and test_moving.py have them.
OTHERWISE = {"config notices", "config import", "config copy"}
READS = {"config history"}  # to see a channel is enough


def admin_commands(world: World) -> Iterator[app_commands.Command[Any, ..., Any]]:
    for command in world.client.tree.walk_commands():
        if isinstance(command, app_commands.Command):
            of_all = command.root_parent or command
            if of_all.default_permissions is not None and of_all.default_permissions.manage_channels:
                yield command


def options(command: app_commands.Command[Any, ..., Any]) -> dict[str, Any]:
    return {parameter.name: VALUES[parameter.name] for parameter in command.parameters if parameter.required}


async def stored(world: World) -> dict[str, list[Any]]:
    """All that a command of admins may change, as it is."""
    tables = ("feeds", "subscriptions", "posts", "servers", "changes")
    async with world.database.read() as conn:
        return {
            table: [tuple(row) for row in await conn.exec_driver_sql(f"SELECT * FROM {table}")]  # noqa: S608
            for table in tables
        }


async def test_there_are_admin_commands_and_all_of_them_are_known_here(world: World) -> None:
    names = {command.qualified_name for command in admin_commands(world)}
    assert {"subscribe", "unsubscribe", "deliver", "status", "setup", "config filter"} <= names
    assert names >= OTHERWISE
    assert len(names) >= 18


async def test_none_of_them_is_for_a_person_without_the_right_even_where_the_server_allows_it(
    world: World,
) -> None:
    await subscribed(world)
    before = await stored(world)
    for command in admin_commands(world):
        root = await world.command((command.root_parent or command).name)
        world.guild.set_command_permissions(root, {world.member: True})
        if command.qualified_name in OTHERWISE:
            continue
        result = await world.member.slash(world.channel, command.qualified_name, **options(command))
        assert "You need **Manage Channels**" in text_of(result), command.qualified_name
        assert result.ephemeral, command.qualified_name
    assert await stored(world) == before
    await world.delivered()
    assert world.posts() == []


@pytest.mark.parametrize(
    "missing", first(1, ["send_messages", "manage_channels"])
)  # Discord offers no hidden one
async def test_none_of_them_reaches_a_channel_where_the_person_could_not_post_themselves(
    world: World, missing: str
) -> None:
    person = manager(world)
    closed = channel_where(world, person, **{missing: False})
    await subscribed(world, closed)
    before = await stored(world)
    tried = 0
    for command in admin_commands(world):
        elsewhere = OTHERWISE | READS
        if command.qualified_name in elsewhere or all(
            parameter.name != "channel" for parameter in command.parameters
        ):
            continue
        given = options(command) | {"channel": closed}
        answer = text_of(await person.slash(world.channel, command.qualified_name, **given))
        assert "You need **" in answer, (command.qualified_name, answer)
        tried += 1
    assert tried >= 12
    assert await stored(world) == before


async def test_none_of_them_makes_the_bot_post_where_it_may_not(world: World) -> None:
    await subscribed(world)
    world.list_paper("2608.00001", title="Video")
    world.env.backend.set_overwrite(world.channel.id, overwrite(world.client.user, send_messages=False))
    before = await stored(world)
    for name in ("subscribe", "deliver", "config schedule", "config filter", "config style", "config resume"):
        given = {
            "subscribe": {"keywords": "agents"},
            "config schedule": {"cadence": "live"},
            "config filter": {"min_upvotes": 1},
            "config style": {"style": "digest"},
        }.get(name, {})
        answer = text_of(await world.admin.slash(world.channel, name, **given))
        assert "I'm missing **Send Messages**" in answer, name
        assert "Nothing was changed" in answer, name
    assert await stored(world) == before
