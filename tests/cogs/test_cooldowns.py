"""What costs can be used so often by one person; the answer says when to go on."""

from __future__ import annotations

import pytest

from bot.core.ids import PaperId, UserId
from bot.core.limits import Costly
from bot.discord.ui.components import SafeView
from bot.discord.ui.library_buttons import SaveButton
from bot.errors import UserError
from tests.world import World, text_of


async def test_people_who_search_or_export_too_often_are_shown_when_to_try_again(world: World) -> None:
    world.list_paper("2608.00001", title="Tea")
    await world.run()
    person = UserId(world.member.id)
    for costly in (Costly.SEARCH, Costly.EXPORT):
        world.services.cooldowns.use(person, costly, times=costly.uses)
    again = int((world.clock() + Costly.SEARCH.window).timestamp()) + 1

    answer = text_of(await world.member.slash(world.channel, "papers search", keywords="tea"))

    assert answer.startswith("You have reached the limit of 20 searches per minute.")
    assert f"Try again <t:{again}:R>." in answer
    for command, options in (("my export", {"format": "ris"}), ("my data", {"action": "export"})):
        answer = text_of(await world.member.slash(world.channel, command, **options))
        assert "6 exports per 10 minutes" in answer
    assert "Tea" in text_of(await world.admin.slash(world.channel, "papers search", keywords="tea"))
    world.clock.advance(minutes=1)
    assert "Tea" in text_of(await world.member.slash(world.channel, "papers search", keywords="tea"))


async def test_only_papers_that_are_not_stored_count(world: World) -> None:
    world.list_paper("2608.00001", title="Tea")
    await world.run()
    unknown = Costly.UNKNOWN_PAPER
    world.services.cooldowns.use(UserId(world.member.id), unknown, times=unknown.uses)
    view = SafeView(SaveButton(PaperId("2608.00001")), SaveButton(PaperId("2608.00009"), label="Unknown"))
    message = await world.client.get_channel(world.channel.id).send("…", view=view)  # type: ignore[union-attr]

    assert "Saved" in text_of(await world.member.click(message, label="Save"))
    answer = text_of(await world.member.click(message, label="Unknown"))
    assert "40 unlisted papers per 10 minutes" in answer


async def test_the_window_slides_and_a_clock_that_is_set_back_locks_nobody_out(world: World) -> None:
    cooldowns, person, costly = world.services.cooldowns, UserId(1), Costly.SIMILAR
    for _ in range(costly.uses):
        cooldowns.use(person, costly)
        world.clock.advance(seconds=1)
    with pytest.raises(UserError):
        cooldowns.use(person, costly)
    world.clock.advance(days=-1)
    cooldowns.use(person, costly)
