"""Answers over several pages."""

from __future__ import annotations

from typing import Any

import pytest

from bot.discord.answers.pages import MAX_LINES, MAX_PAGE_LENGTH, pages
from bot.discord.ui.pages import OPEN_SECONDS, Pager
from bot.errors import UserError
from tests.world import World, text_of


def test_few_lines_are_one_page_without_a_number() -> None:
    (page,) = pages(["one", "two"], title="Title", intro="Intro", footer="Footer")

    assert page.description == "Intro\n\none\ntwo\n\nFooter"
    assert page.footer.text is None


def test_no_lines_are_said_to_be_none() -> None:
    (page,) = pages([], title="Title", intro="Intro", empty="There is nothing.")

    assert page.description == "Intro\n\nThere is nothing."


def test_every_line_is_on_one_page_and_in_order() -> None:
    lines = [f"line {number} " + "x" * 400 for number in range(40)]

    found = pages(lines, title="Title", intro="Intro", footer="Footer")

    texts = [page.description or "" for page in found]
    assert texts[0].startswith("Intro\n\n")
    assert texts[-1].endswith("\n\nFooter")
    shown = "\n".join(texts).removeprefix("Intro\n\n").removesuffix("\n\nFooter")
    assert shown.split("\n") == lines
    assert [page.footer.text for page in found] == [
        f"Page {number} of {len(found)}" for number in range(1, len(found) + 1)
    ]


def test_a_page_holds_no_more_than_can_be_read() -> None:
    for page in pages(["😀" * 300] * 50 + ["y"] * 50, title="Title"):
        lines = (page.description or "").split("\n")
        assert len(lines) <= MAX_LINES
        assert sum(len(line.encode("utf-16-le")) // 2 for line in lines) <= MAX_PAGE_LENGTH


def test_a_long_footer_is_a_page_of_its_own() -> None:
    footer = "f" * 1_500

    found = pages(["x" * 400] * 7, title="Title", footer=footer)

    assert [page.description for page in found] == ["\n".join(["x" * 400] * 7), footer]


def buttons(message: Any) -> dict[str, bool]:
    """The buttons below a message, and whether each can be pressed."""
    return {
        part["label"]: not part.get("disabled", False)
        for row in message.components
        for part in row["components"]
    }


async def test_pages_are_turned_forth_and_back_with_the_ends_closed(world: World) -> None:
    shown = await world.member.slash(world.channel, "help")
    assert "Page 1 of 3" in text_of(shown)
    assert buttons(shown.response) == {"Previous": False, "Next": True}

    await world.member.click(shown.response, label="Next")
    assert "Page 2 of 3" in text_of(shown)
    assert buttons(shown.response) == {"Previous": True, "Next": True}

    await world.member.click(shown.response, label="Next")
    assert "Page 3 of 3" in text_of(shown)
    assert buttons(shown.response) == {"Previous": True, "Next": False}

    await world.member.click(shown.response, label="Previous")
    assert "Page 2 of 3" in text_of(shown)


async def test_everyone_who_sees_a_public_answer_may_turn_its_pages(world: World) -> None:
    for number in range(20):
        world.list_paper(f"2608.{number:05}", title=f"Paper number {number}")
    shown = await world.member.slash(world.channel, "papers today")

    await world.admin.click(shown.response, label="Next")

    assert "Page 2 of 2" in text_of(shown)


async def test_buttons_from_before_a_restart_say_so(world: World) -> None:
    shown = await world.member.slash(world.channel, "help")
    await world.restart()

    pressed = await world.member.click(shown.response, label="Next")

    assert pressed.ephemeral
    assert "I have been restarted or moved since then" in text_of(pressed)
    assert "Use the command again" in text_of(pressed)
    assert "Page 1 of 3" in text_of(shown)


async def test_buttons_are_put_away_before_discord_forgets_the_answer(world: World) -> None:
    shown = await world.member.slash(world.channel, "help")
    (key,) = world.client.sessions.of_kind(Pager)

    await world.env.advance_time(OPEN_SECONDS + 1)

    assert buttons(shown.response) == {}
    assert not world.client.sessions.of_kind(Pager)
    with pytest.raises(UserError, match="These pages have expired"):
        world.client.sessions.get(key, Pager)


async def test_one_answer_that_ends_does_not_end_the_others(world: World) -> None:
    await world.member.slash(world.channel, "help")
    await world.env.advance_time(OPEN_SECONDS / 2)
    later = await world.member.slash(world.channel, "help")
    await world.env.advance_time(OPEN_SECONDS / 2 + 1)

    await world.member.click(later.response, label="Next")

    assert "Page 2 of 3" in text_of(later)


async def test_putting_pages_away_leaves_the_other_buttons(world: World) -> None:
    keywords = ", ".join(f"subject{number}x" for number in range(30))
    shown = await world.admin.slash(world.channel, "subscribe", keywords=keywords)
    older = "Post the last 5 older matches now"
    assert set(buttons(shown.response)) == {"Previous", "Next", older, "Undo"}

    await world.env.advance_time(OPEN_SECONDS + 1)

    assert buttons(shown.response) == {older: True, "Undo": True}
    pressed = await world.admin.click(shown.response, label=older)
    assert "nothing left to post" in text_of(pressed)
