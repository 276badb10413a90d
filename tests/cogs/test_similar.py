"""*More like this*: which papers it shows, and what it says."""

from __future__ import annotations

from tests.world import World, text_of


async def test_more_like_this_shows_the_closest_papers_first_and_each_opens(world: World) -> None:
    world.list_paper("2608.00001", title="Video of Kites", summary="We film kites with drones over a beach.")
    world.list_paper("2608.00002", title="A Beach of Kites", summary="Kites and drones meet on a beach.")
    world.list_paper("2608.00003", title="Proof Search", summary="Lean proves theorems over drones.")
    await world.admin.slash(world.channel, "subscribe", keywords="title:(video of kites)")
    world.clock.advance(days=1)
    await world.run()
    (post,) = world.posts()
    await world.restart()

    similar = await world.member.click(post, label="More like this")

    text = text_of(similar)
    assert similar.ephemeral
    assert text.index("A Beach of Kites") < text.index("Proof Search")
    assert "both: Kites, beach" in text
    assert "Of 3 papers" in text
    opened = await world.member.select(similar.response, ["2608.00002"])
    assert "Kites and drones meet on a beach" in text_of(opened)
