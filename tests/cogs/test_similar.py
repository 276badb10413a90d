"""*More like this* and *Follow papers like this*, from a post to what is followed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.examples import first
from tests.world import World, text_of

NO_KEYWORDS = {"ai_keywords": []}


async def kites(world: World) -> Any:
    """A post about kites, among other papers, after a restart."""
    for number, (title, summary) in enumerate(
        (
            ("Video of Kites", "We film kites with drones over a beach."),
            ("A Beach of Kites", "Kites and drones meet on a beach."),
            ("Proof Search", "Lean proves theorems over drones."),
        ),
        start=1,
    ):
        world.list_paper(f"2608.{number:05}", title=title, summary=summary, paper=NO_KEYWORDS)
    await world.admin.slash(world.channel, "subscribe", keywords="title:(video of kites)")
    world.clock.advance(days=1)
    await world.run()
    (post,) = world.posts()
    await world.restart()
    return post


@pytest.mark.thorough
async def test_more_like_this_shows_the_closest_papers_first_and_each_opens(world: World) -> None:
    similar = await world.member.click(await kites(world), label="More like this")

    text = text_of(similar)
    assert similar.ephemeral
    assert text.index("A Beach of Kites") < text.index("Proof Search")
    assert "19 Aug 2026 · both: Kites, beach" in text
    assert "Of 3 papers" in text
    opened = await world.member.select(similar.response, ["2608.00002"])
    assert "Kites and drones meet on a beach" in text_of(opened)


async def test_keywords_are_suggested_edited_and_followed_across_restarts(world: World) -> None:
    similar = await world.member.click(await kites(world), label="More like this")
    await world.restart()
    suggested = await world.member.click(similar.response, label="Follow papers like this")
    await world.restart()

    text = text_of(suggested)
    assert "Nothing is followed yet" in text
    assert "`drones OR kites`" in text
    assert "They find 3 papers of the last 12 weeks, and 2 of the 2 papers that are most like it" in text
    assert "/subscribe" in text
    assert "You don't follow any" in text_of(await world.member.slash(world.channel, "my feed"))
    form = await world.member.click(suggested.response, label="Edit and follow")
    assert form.modal["components"][0]["component"]["value"] == "drones OR kites"
    await world.restart()
    followed = await world.member.submit_modal(form, {"keywords": "kite OR title:beach"})
    assert "`kite OR title:beach`" in text_of(followed)
    assert "kite OR title:beach" in text_of(await world.member.slash(world.channel, "my feed"))


@pytest.mark.thorough
async def test_a_mistake_in_the_form_is_said_and_nothing_is_followed(world: World) -> None:
    similar = await world.member.click(await kites(world), label="More like this")
    suggested = await world.member.click(similar.response, label="Follow papers like this")
    form = await world.member.click(suggested.response, label="Edit and follow")

    assert "never closed" in text_of(await world.member.submit_modal(form, {"keywords": "(kite"}))
    assert "You don't follow any" in text_of(await world.member.slash(world.channel, "my feed"))


@pytest.mark.parametrize("other", first(1, ["Proof Search", None]))
async def test_a_paper_that_is_like_no_other_says_so(world: World, other: str | None) -> None:
    world.list_paper("2608.00001", title="Kites", summary="…", paper=NO_KEYWORDS)
    if other:
        world.list_paper("2608.00002", title=other, summary="…", paper=NO_KEYWORDS)
    await world.admin.slash(world.channel, "subscribe", keywords="kites")
    world.clock.advance(days=1)
    await world.run()

    similar = await world.member.click(world.posts()[0], label="More like this")

    assert "in common with [Kites]" in text_of(similar)
    assert "The archive" in text_of(similar)
    suggested = await world.member.click(similar.response, label="Follow papers like this")
    assert "`kites`" in text_of(suggested)
