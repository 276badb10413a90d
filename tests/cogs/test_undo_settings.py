"""The buttons below answers of /config: *Undo* and *All settings*."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cogs.rights import feed_of, manager, overwrite, subscribed
from tests.cogs.test_history import history, lines
from tests.examples import first
from tests.world import World, text_of


async def typed(world: World, command: str, **options: Any) -> Any:
    return (await world.admin.slash(world.channel, f"config {command}", **options)).response


async def pressed(world: World, message: Any, label: str, *, who: Any = None) -> str:
    return text_of(await (who or world.admin).click(message, label=label)).replace("*", "")


@pytest.mark.parametrize(
    ("command", "options", "undone"),
    first(
        1,
        [
            ("schedule", {"time": "5pm"}, "at 17:00 UTC → daily, Mon-Fri, at 09:00 UTC"),
            ("filter", {"min_upvotes": 5, "exclude": "survey"}, "5 → 0\nExcluded: survey → nothing"),
            ("style", {"style": "digest"}, "Style: digest → cards"),
            ("threads", {"on": True}, "Threads: on → off"),
            ("pause", {}, "Posting: paused → on"),
        ],
    ),
)
async def test_a_change_is_undone_once_and_recorded(
    world: World, command: str, options: dict[str, Any], undone: str
) -> None:
    await subscribed(world)
    before = (await feed_of(world, world.channel)).settings
    answer = await typed(world, command, **options)
    await world.restart()

    reply = await pressed(world, answer, "Undo")

    assert reply.startswith("Undone\n")
    assert undone in reply
    assert f"Applies to <#{world.channel.id}> from the next run: <t:1787130000:f>" in reply
    assert (await feed_of(world, world.channel)).settings == before
    assert len(lines(await history(world))) == 3


async def test_a_value_that_changed_since_is_not_undone_but_its_neighbors_are(world: World) -> None:
    await subscribed(world)
    first = await typed(world, "filter", min_upvotes=5)
    beside = await typed(world, "filter", only_with_code=True)
    await typed(world, "filter", min_upvotes=7)

    assert "has been changed since" in await pressed(world, first, "Undo")
    assert "Only with code: yes → no" in await pressed(world, beside, "Undo")
    assert (await feed_of(world, world.channel)).settings.min_upvotes == 7


async def test_notices_and_defaults_are_undone_too(world: World) -> None:
    notices = await typed(world, "notices", channel=world.channel)
    defaults = await typed(world, "defaults", time="noon")

    assert f"Notices: <#{world.channel.id}> → a channel that I can post in" in await pressed(
        world, notices, "Undo"
    )
    answer = await pressed(world, defaults, "Undo")
    assert "Defaults: daily, Mon-Fri, at 12:00 UTC → daily, Mon-Fri, at 09:00 UTC" in answer


async def test_a_role_comes_back_only_where_the_person_may_ping_it(world: World) -> None:
    role = world.guild.create_role("Readers", mentionable=True)
    person = manager(world)
    await subscribed(world)
    await typed(world, "mention", role=role)
    world.guild.set_command_permissions(await world.command("config"), {person: True})
    removed = (await person.slash(world.channel, "config mention")).response
    world.env.backend.edit_role(world.guild.id, role.id, {"mentionable": False})
    world.env.backend.set_overwrite(world.channel.id, overwrite(world.guild.me, mention_everyone=True))
    await world.env.settle()

    answer = await pressed(world, removed, "Undo", who=person)

    assert f"You can't ping <@&{role.id}>" in answer
    assert (await feed_of(world, world.channel)).settings.mention_role_id is None


async def test_all_settings_are_one_press_away(world: World) -> None:
    await subscribed(world)
    answer = await typed(world, "style", style="digest")

    reply = await pressed(world, answer, "All settings")

    assert reply.startswith("Settings\n")
    assert "Schedule: daily, Mon-Fri, at 09:00 UTC" in reply
    assert "All settings" not in reply
