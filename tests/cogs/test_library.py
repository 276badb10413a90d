"""Saving papers, removing them, and /my saved."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.ids import PaperId
from bot.discord.ui.components import SafeView
from bot.discord.ui.library_buttons import SaveButton
from tests.world import World, text_of

FIRST, SECOND = PaperId("2608.00001"), PaperId("2608.00002")


@pytest.fixture
async def listed(world: World) -> World:
    """A world in which two papers are known."""
    world.list_paper(FIRST, title="Tea Leaves", summary="We read them.")
    world.list_paper(SECOND, title="Coffee Grounds", summary="We read them too.")
    await world.run()
    return world


async def save(world: World, paper_id: PaperId, *, by: Any = None) -> Any:
    """Presses *Save* below a post, on a bot that has forgotten the post."""
    message = await world.client.get_channel(world.channel.id).send("…", view=SafeView(SaveButton(paper_id)))  # type: ignore[union-attr]
    return await (by or world.member).click(message, label="Save")


async def saved(world: World, **options: Any) -> str:
    return text_of(await world.member.slash(world.channel, "my saved", **options))


async def test_a_saved_paper_is_in_the_library_of_that_person_alone(listed: World) -> None:
    result = await save(listed, FIRST)

    assert result.ephemeral
    assert "Saved\n" in text_of(result)
    assert "Your library has 1 paper." in text_of(result)
    assert "Tea Leaves" in await saved(listed)
    assert "Coffee Grounds" not in await saved(listed)
    others = text_of(await listed.admin.slash(listed.channel, "my saved"))
    assert "Your library is empty" in others
    assert "Save papers" in others, "it says how to save"
