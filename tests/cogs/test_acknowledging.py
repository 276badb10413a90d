"""Every interaction is acknowledged at once, however slow the work is; a button pressed twice acts once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from discord import app_commands

from bot.discord.answers.setup import FORM_NAME
from tests.cogs.rights import subscribed
from tests.cogs.setups import filled
from tests.cogs.test_blocks import FIRST, allow, blocked
from tests.cogs.test_rights import options
from tests.examples import some
from tests.standstill import acting, press, store_standing_still, until_answered
from tests.world import World, text_of

OPTIONS: dict[str, dict[str, Any]] = {
    "config import": {"file": ("keywords.txt", b"world model")},
    "papers date": {"date": "2026-08-18"},
}


async def test_every_command_is_answered_while_the_database_hangs(world: World) -> None:
    await subscribed(world)
    commands = [
        command for command in world.client.tree.walk_commands() if isinstance(command, app_commands.Command)
    ]
    assert len(commands) >= 25
    for command in some(commands):
        name = command.qualified_name
        given = OPTIONS.get(name)
        if name in {"config copy", "config notices"}:
            given = {parameter.name: world.channel for parameter in command.parameters if parameter.required}
        given = options(command) if given is None else given
        async with store_standing_still(world):
            typed = await acting(world, world.admin.slash(world.channel, name, **given))
        await typed


async def twice(world: World, message: Any, label: str) -> None:
    """Presses a button twice while the store is blocked: both are answered before anything is done."""
    async with store_standing_still(world):
        presses = [press(world, world.admin, message, label) for _ in range(2)]
        await until_answered(*presses)
    await world.env.settle()
    await world.delivered()


async def filled_in(world: World) -> Any:
    shown = await world.admin.slash(world.channel, "setup")
    form = await world.admin.click(shown.response, label=FORM_NAME)
    await world.admin.submit_modal(form, filled(form, keywords="video"))
    return shown


async def history(world: World) -> int:
    async with world.database.read() as conn:
        return len((await conn.exec_driver_sql("SELECT * FROM changes")).all())


async def test_finish_pressed_twice_finishes_once_and_shows_it(world: World) -> None:
    shown = await filled_in(world)

    await twice(world, shown.response, "Finish")

    assert await world.subscriptions() == ["video"]
    assert await history(world) == 1
    assert "is now subscribed to" in text_of(shown)


async def test_cancel_pressed_while_an_answer_is_slow_cancels_after_it(world: World) -> None:
    shown = await world.admin.slash(world.channel, "setup")
    form = await world.admin.click(shown.response, label=FORM_NAME)
    async with store_standing_still(world):
        typed = await acting(world, world.admin.submit_modal(form, filled(form, keywords="video")))
        await until_answered(press(world, world.admin, shown.response, "Cancel"))
    await typed
    await world.env.settle()

    assert "was cancelled, and nothing was changed" in text_of(shown)


@pytest.mark.thorough
async def test_a_form_sent_while_finish_is_slow_says_that_the_setup_is_finished(world: World) -> None:
    shown = await filled_in(world)
    form = await world.admin.click(shown.response, label=FORM_NAME)
    async with store_standing_still(world):
        await until_answered(press(world, world.admin, shown.response, "Finish"))
        typed = await acting(world, world.admin.submit_modal(form, filled(form, keywords="agents")))
    answer = text_of(await typed)

    assert "This setup is finished" in answer
    assert await world.subscriptions() == ["video"]


@pytest.mark.thorough
async def test_import_pressed_twice_imports_once(world: World) -> None:
    file = ("keywords.txt", b"world model")
    shown = await world.admin.slash(world.channel, "config import", file=file)

    await twice(world, shown.response, "Import")

    assert await world.subscriptions() == ["world model"]
    assert await history(world) == 1
    assert "Imported" in text_of(shown)


@pytest.mark.thorough
async def test_older_matches_asked_for_twice_are_posted_once(world: World) -> None:
    for number in range(3):
        world.list_paper(f"2608.0000{number}", day=world.today - timedelta(days=2), title="Video")
    await world.read_archive()
    shown = await world.admin.slash(world.channel, "subscribe", keywords="video")

    await twice(world, shown.response, "Post the last 5 older matches now")

    assert sorted(world.posted_ids()) == ["2608.00000", "2608.00001", "2608.00002"]


@pytest.mark.thorough
async def test_check_again_pressed_twice_sends_pending_papers_once(world: World) -> None:
    await blocked(world)
    shown = await world.admin.slash(world.channel, "status")
    allow(world, world.channel)

    await twice(world, shown.response, "Check again")

    assert world.posted_ids() == [FIRST]


@pytest.mark.thorough
async def test_set_up_pressed_twice_opens_a_panel_each_time(world: World) -> None:
    shown = await world.admin.slash(world.channel, "help")

    async with store_standing_still(world):
        presses = [press(world, world.admin, shown.response, "Set up") for _ in range(2)]
        await until_answered(*presses)
    await world.env.settle()

    assert [record.deferred for record in presses] == [False, False]
