"""The menu and buttons under posts, and the papers that they open."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.ids import PaperId
from bot.core.paper_choices import PaperChoice
from bot.discord.ui.opened_paper import papers_view
from tests.fakes.huggingface import raw_item
from tests.standstill import acting, store_standing_still
from tests.world import World, text_of

FIRST = "2608.00001"
CHOICES = (PaperChoice(PaperId(FIRST), "Tea Leaves"), PaperChoice(PaperId("2608.00002"), "Kites"))


def controls(message: Any) -> list[str]:
    """What stands under a message: the labels of buttons, and the options of a menu."""
    found: list[str] = []
    for row in message.components:
        for part in (row if isinstance(row, dict) else row.to_dict())["components"]:
            found.extend(option["label"] for option in part.get("options", ()))
            found.extend([part["label"]] if part.get("label") else [])
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


async def test_an_opened_paper_has_todays_numbers_and_what_is_linked_to_it(world: World) -> None:
    (post,) = await posted(world, "Video Tea Leaves")
    raw = raw_item(id=FIRST, upvotes=250)["paper"]
    world.hub.papers[FIRST] = raw | {"linkedModels": [{"id": "tea/leaves"}], "numTotalModels": 1}

    answer = text_of(await world.member.click(post, label="Open"))
    world.hub.papers.clear()
    again = text_of(await world.member.click(post, label="Open"))

    assert "▲ 250" in answer
    assert "**1 model**: [tea/leaves](https://huggingface.co/tea/leaves)" in answer
    assert again == answer, "asked once in ten minutes"


@pytest.mark.thorough
async def test_a_paper_that_hugging_face_has_no_longer_still_opens(world: World) -> None:
    (post,) = await posted(world, "Video Tea Leaves")
    assert FIRST not in world.hub.papers

    answer = text_of(await world.member.click(post, label="Open"))

    assert "Video Tea Leaves" in answer
    assert "▲ 99" in answer
    assert "model" not in answer


async def test_an_opened_paper_that_no_list_has_is_read_once_and_never_posted(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="grasping")
    world.hub.papers["2401.12345"] = raw_item(id="2401.12345", title="Unlisted Grasping", day=world.today)[
        "paper"
    ]
    for _ in range(2):
        answer = text_of(await world.member.slash(world.channel, "paper", paper="2401.12345"))
        assert "on the list of 19 Aug 2026" in answer, "as Hugging Face says"
    world.hub.papers.clear()
    world.clock.advance(days=1)
    await world.run()

    answer = text_of(await world.member.slash(world.channel, "paper", paper="2401.12345"))

    assert "Unlisted Grasping" in answer
    assert "on no Daily Papers list that I know" in answer
    assert world.posted_ids() == []
    searched = text_of(await world.member.slash(world.channel, "papers search", keywords="unlisted"))
    assert "Unlisted Grasping" not in searched


async def test_a_paper_opened_before_its_list_is_posted_and_found_when_that_comes(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="grasping")
    raw = raw_item(id=FIRST, title="Early Grasping", day=world.today)
    world.hub.papers[FIRST] = raw["paper"]
    await world.member.slash(world.channel, "paper", paper=FIRST)
    world.hub.days[world.today] = [raw]
    world.clock.advance(hours=2)
    await world.run()

    assert world.posted_ids() == [FIRST]
    searched = text_of(await world.member.slash(world.channel, "papers search", keywords="early"))
    assert "**Early** Grasping" in searched


@pytest.mark.thorough
async def test_papers_open_in_threads_forums_and_direct_messages(world: World) -> None:
    forum = world.guild.create_forum_channel("forum")
    await world.admin.slash(world.channel, "subscribe", keywords="video", channel=forum)
    await posted(world, "Video Tea Leaves", "Video of Kites")
    (post, other) = (thread.history()[0] for thread in forum.threads)
    person = await world.client.fetch_user(world.member.id)
    direct = await person.send("…", view=papers_view(CHOICES))  # type: ignore[arg-type]

    in_post = await world.member.click(post, label="Open")
    in_direct = await world.member.user.select(direct, ["2608.00002"])

    assert controls(post)[:2] == controls(other)[:2] == ["Open", "Save"]
    assert "We show how a small robot learns" in text_of(in_post)
    assert "Video of Kites" in text_of(in_direct)
    assert in_post.ephemeral


async def test_opening_is_answered_first_while_the_database_hangs(world: World) -> None:
    (post,) = await posted(world, "Video Tea Leaves", "Video of Kites")
    channel = world.client.get_channel(world.channel.id)
    single = await channel.send("…", view=papers_view(CHOICES[:1]))  # type: ignore[union-attr]
    actions = [
        lambda: world.member.select(post, [FIRST]),
        lambda: world.member.click(single, label="Open"),
        lambda: world.member.context_menu(world.channel, "Open papers", post),
        lambda: world.member.context_menu(world.channel, "Save papers", post),
    ]
    for action in actions:
        async with store_standing_still(world):
            acted = await acting(world, action())
        assert "Video" in text_of(await acted)
