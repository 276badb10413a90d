"""Open papers and Save papers: the message commands on any message with links to papers."""

from __future__ import annotations

from typing import Any

import discord
import pytest
import simcord.interactions

from tests.cogs.test_reading import controls, posted
from tests.fakes.huggingface import raw_item
from tests.world import World, text_of

LISTED, UNLISTED, NOWHERE = "2608.00001", "2401.12345", "2402.00001"


@pytest.fixture
async def known(world: World) -> World:
    """A world with a listed paper, and one that only Hugging Face has."""
    world.list_paper(LISTED, title="Tea Leaves")
    world.hub.papers[UNLISTED] = raw_item(id=UNLISTED, title="Old Kites")["paper"]
    await world.run()
    return world


async def sent(world: World, text: str) -> discord.Message:
    return await world.member.send(world.channel, text)


async def test_a_message_with_one_link_opens_its_paper(known: World) -> None:
    message = await sent(
        known, f"Look: https://arxiv.org/abs/{UNLISTED}v3 (https://arxiv.org/pdf/{UNLISTED})"
    )

    opened = await known.member.context_menu(known.channel, "Open papers", message)

    assert opened.ephemeral
    assert "Old Kites" in text_of(opened)
    assert controls(opened.response)[0] == "Save"


async def test_a_message_with_several_links_lets_one_choose(known: World) -> None:
    text = f"[one](https://hf.co/papers/{LISTED}), <https://arxiv.org/pdf/{UNLISTED}v2.pdf>, arxiv.org/abs/{NOWHERE}"
    message = await sent(known, text)

    shown = await known.member.context_menu(known.channel, "Open papers", message)
    opened = await known.member.select(shown.response, [UNLISTED])

    assert controls(shown.response) == ["Tea Leaves", "Old Kites"]
    assert "2 papers in this message" in text_of(shown)
    assert f"Hugging Face doesn't have [{NOWHERE}](https://arxiv.org/abs/{NOWHERE})." in text_of(shown)
    assert "Old Kites" in text_of(opened)
    assert opened.ephemeral


async def test_posts_and_forwarded_messages_have_links_too(known: World) -> None:
    (post,) = await posted(known, "Video Tea Leaves", "Video of Kites", style="digest")
    forwarded = await known.member.forward(post, known.channel)

    for message in (post, forwarded):
        shown = await known.member.context_menu(known.channel, "Open papers", message)
        assert controls(shown.response) == ["Video Tea Leaves", "Video of Kites"]


async def test_a_message_without_links_says_what_would_be_found(known: World) -> None:
    message = await sent(known, f"{UNLISTED} and https://www.alphaxiv.org/abs/{UNLISTED}")

    for name in ("Open papers", "Save papers"):
        answer = text_of(await known.member.context_menu(known.channel, name, message))
        assert "I found no links to papers in this message." in answer
        assert "https://arxiv.org/abs/2401.12345" in answer


async def test_all_linked_papers_are_saved_but_those_that_nobody_has(known: World) -> None:
    message = await sent(
        known, " ".join(f"https://arxiv.org/abs/{paper_id}" for paper_id in (UNLISTED, NOWHERE, LISTED))
    )

    answer = text_of(await known.member.context_menu(known.channel, "Save papers", message))

    assert "Saved 2 papers" in answer
    assert f"Hugging Face doesn't have [{NOWHERE}]" in answer
    library = text_of(await known.member.slash(known.channel, "my saved"))
    assert "Tea Leaves" in library
    assert "Old Kites" in library

    message = await sent(known, f"https://arxiv.org/abs/{NOWHERE}")
    answer = text_of(await known.member.context_menu(known.channel, "Save papers", message))
    assert answer.startswith("Nothing was saved.")


@pytest.mark.thorough
async def test_twenty_five_papers_of_a_message_are_taken(known: World) -> None:
    for number in range(2, 28):
        known.list_paper(f"2608.{number:05}", title=f"Leaf {number}")
    await known.services.polling.read_day(known.today)
    links = " ".join(f"https://arxiv.org/abs/2608.{number:05}" for number in range(1, 28))

    shown = await known.member.context_menu(known.channel, "Open papers", await sent(known, links))

    assert len(controls(shown.response)) == 25
    assert "The message has 2 more papers: only the first 25 are included." in text_of(shown)


async def test_a_person_who_installed_the_app_uses_it_where_the_bot_is_not(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_server = simcord.interactions.base_payload

    def by_person(*args: Any, **rest: Any) -> Any:
        record, payload = in_server(*args, **rest)
        payload |= {"authorizing_integration_owners": {"1": str(rest["user_id"])}}
        if "guild_id" in payload:
            payload["guild"] = {"id": payload["guild_id"], "locale": "en-US", "features": []}
        else:  # a group of people
            payload |= {"context": 2, "channel": {"id": payload["channel_id"], "type": 3}}
        return record, payload

    admin, channel = known.admin, known.channel
    (post,) = await posted(known, "Video Tea Leaves", "Video of Kites")
    monkeypatch.setattr(simcord.interactions, "base_payload", by_person)
    known.client._connection._remove_guild(known.client.get_guild(known.guild.id))

    assert "Tea Leaves" in text_of(await admin.slash(channel, "papers today"))
    assert "Tea Leaves" in text_of(await admin.slash(channel, "paper", paper=LISTED))
    assert "library is empty" in text_of(await admin.slash(channel, "my saved"))
    assert "It matched `video`." in text_of(await admin.slash(channel, "explain", paper=LISTED))
    helped = await admin.slash(channel, "help")
    assert "Set up" not in controls(helped.response)
    assert "Next" in controls(helped.response)
    assert "Page 2 of" in text_of(await admin.click(helped.response, label="Next"))
    shown = await admin.context_menu(channel, "Open papers", post)
    assert "Video of Kites" in text_of(await admin.select(shown.response, ["2608.00002"]))
    assert "Saved" in text_of(await admin.context_menu(channel, "Save papers", post))
    assert known.client.get_guild(known.guild.id) is None
    assert "Tea Leaves" in text_of(await admin.user.slash("paper", paper=LISTED))
    assert "Video of Kites" in text_of(await admin.user.slash("my saved"))
