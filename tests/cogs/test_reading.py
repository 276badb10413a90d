"""The menu and buttons under posts, and the papers that they open."""

from __future__ import annotations

from typing import Any

from tests.world import World, text_of


def controls(message: Any) -> list[str]:
    """What stands under a message: the labels of buttons, and of a menu its options."""
    found: list[str] = []
    for row in message.components:
        for part in getattr(row, "children", ()):
            found.extend(one.label for one in getattr(part, "options", ()))
            found.extend([part.label] if getattr(part, "label", None) else [])
    return found


async def posted(world: World, *titles: str, style: str = "cards") -> list[Any]:
    """The posts with papers of these titles, whose numbers begin at 1."""
    for number, title in enumerate(titles, start=1):
        world.list_paper(f"2608.{number:05}", title=title, upvotes=100 - number)
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "config style", style=style)
    world.clock.advance(days=1)
    await world.run()
    return world.posts()


async def test_a_paper_of_several_opens_for_the_person_who_chose_it_and_after_a_restart(world: World) -> None:
    (post,) = await posted(world, "Video Tea Leaves", "Video of Kites")
    assert controls(post) == ["Video Tea Leaves", "Video of Kites"]
    await world.restart()

    opened = await world.member.select(post, ["2608.00002"])

    assert "Video of Kites" in text_of(opened)
    assert "We show how a small robot learns" in text_of(opened)
    assert "▲ 98" in text_of(opened)
    assert opened.ephemeral


async def test_the_only_paper_of_a_post_has_buttons_beside_its_links(world: World) -> None:
    (post,) = await posted(world, "Video Tea Leaves")
    assert controls(post)[0] == "Open"
    assert controls(post)[-4:] == ["Paper", "PDF", "Code ★ 321", "Project"]
    await world.restart()

    opened = await world.member.click(post, label="Open")

    assert "Video Tea Leaves" in text_of(opened)
    assert opened.ephemeral
