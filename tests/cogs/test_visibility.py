"""Who may see what: a person who cannot see a channel, or no longer, presses every button."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import discord
import pytest
from simcord.actors import _component_interaction

from bot.discord.answers.setup import FORM_NAME
from bot.discord.ui.components import PersistentItem
from bot.discord.ui.persistent_items import PERSISTENT_ITEMS
from tests.cogs.hidden import SECRET, hidden_channel, hide, show
from tests.cogs.rights import manager
from tests.cogs.setups import filled
from tests.cogs.test_blocks import allow, blocked, the_feed
from tests.examples import first
from tests.world import World, text_of

# Everything that is pressed and outlives its answer; a new one fails until it is added here, with its tests below.
PRESSED = {
    "PageButton",
    "ConfirmButton",
    "FocusButton",
    "PostOlderButton",
    "InsteadButton",
    "PreviewButton",  # shows papers, of no channel
    "UndoButton",
    "UndoSettingButton",
    "AllSettingsButton",
    "CheckAgainButton",
    "SetUpButton",
    "PanelItem",
    # What a person reads, saves and follows concerns nobody else.
    "OpenButton",
    "PaperMenu",
    "SaveButton",
    "UnsaveButton",
    "UnsaveMenu",
    "CiteButton",
    "SimilarButton",
    "FollowLikeButton",
    "EditFollowButton",
    "StopButton",
    "ChangeButton",
    "ChangeTimesButton",
    "ResumeButton",
    "FollowInsteadButton",
    "UndoUnfollowButton",
}


def leaves(base: type[PersistentItem]) -> Iterator[type[PersistentItem]]:
    """The classes that are no base of others."""
    for item in base.__subclasses__():
        yield from leaves(item) if item.__subclasses__() else (item,)


def test_every_persistent_item_is_registered_and_known_here() -> None:
    assert {item.__name__ for item in PERSISTENT_ITEMS} == PRESSED
    assert {item.__name__ for item in leaves(PersistentItem)} == PRESSED


async def test_status_counts_nothing_of_a_hidden_channel(world: World) -> None:
    hidden = await hidden_channel(world, manager(world), "text")
    async with world.database.write() as conn:
        await conn.exec_driver_sql("UPDATE notices SET state = 'undeliverable'")

    answer = text_of(await hidden.person.slash(world.channel, "status"))

    assert "no channel that you can see was due" in answer
    assert f"<#{world.channel.id}>: no subscriptions" in answer
    assert "Channels that you can't see are left out" in answer
    for word in (
        "for 1 channel",
        "to post",
        "couldn't post in any channel",
        "Check again",
        "waiting",
        "failed",
    ):
        assert word not in answer
    seen = text_of(await world.admin.slash(world.channel, "status"))
    assert "left out" not in seen
    assert "couldn't post in any channel" in seen


async def test_a_private_thread_is_shown_to_its_members_and_to_people_who_manage_threads(
    world: World,
) -> None:
    hidden = await hidden_channel(world, manager(world), "private thread")
    moderators = world.guild.create_role(
        "Moderators", permissions=discord.Permissions(manage_channels=True, manage_threads=True)
    )
    moderator = world.guild.add_member(world.env.create_user("moe"), roles=[moderators])
    world.env.backend.add_thread_member(hidden.channel.id, hidden.person.id)

    for person in (hidden.person, moderator):
        shown = await hidden.shown_by(await person.slash(world.channel, "status"))
        assert str(hidden.channel.id) in shown
        answer = text_of(await person.slash(world.channel, "subscriptions", channel=hidden.channel))
        assert SECRET in answer


# Buttons


@pytest.mark.thorough
async def test_check_again_acts_in_channels_that_the_person_sees_and_manages(world: World) -> None:
    person, other = manager(world), world.guild.create_text_channel("other")
    await blocked(world)
    await blocked(world, other)
    shown = await person.slash(world.channel, "status")
    allow(world, world.channel)
    allow(world, other)
    hide(world, other, person)
    await world.env.settle()

    answer = text_of(await person.click(shown.response, label="Check again"))

    assert f"<#{world.channel.id}> is unblocked" in answer
    assert str(other.id) not in answer
    assert (await the_feed(world, world.channel)).block is None
    assert (await the_feed(world, other)).block is not None


async def test_pages_are_turned_only_by_who_still_may_see_them(world: World) -> None:
    person, other = manager(world), world.guild.create_text_channel("other")
    await world.admin.slash(other, "subscribe", keywords=", ".join(f"{SECRET}{n}" for n in range(20)))
    shown = await person.slash(world.channel, "subscriptions", channel=other)
    assert "Page 1 of 2" in text_of(shown)

    stranger = await as_stranger(world.admin, shown, "Next")
    hide(world, other, person)
    await world.env.settle()
    answer = text_of(await person.click(shown.response, label="Next"))
    assert "Page 1 of 2" in text_of(shown)

    assert "someone else. Use" in text_of(stranger)
    assert "Your permissions have changed" in answer
    show(world, other, person)
    await world.env.settle()
    await person.click(shown.response, label="Next")
    assert "Page 2 of 2" in text_of(shown)


@pytest.mark.thorough
async def test_a_person_who_is_no_longer_an_admin_cannot_turn_the_pages_of_admins(world: World) -> None:
    person = manager(world)
    for number in range(16):
        channel = world.guild.create_text_channel(f"c{number}")
        await world.admin.slash(channel, "subscribe", keywords="video")
    shown = await person.slash(world.channel, "status")
    assert "Page 1 of 2" in text_of(shown)
    world.env.backend.get_member(world.guild.id, person.id).role_ids.clear()

    answer = text_of(await person.click(shown.response, label="Next"))

    assert "Your permissions have changed" in answer
    assert "Page 1 of 2" in text_of(shown)


async def as_stranger(who: Any, shown: Any, label: str) -> Any:
    """Presses a button of a message that only somebody else can see, as an honest client cannot."""
    stored = who._env.backend.get_message(shown.response.channel_id, shown.response.id)
    (custom_id,) = (
        part["custom_id"]
        for row in shown.response.components
        for part in row["components"]
        if part.get("label") == label
    )
    return await _component_interaction(who, stored, {"custom_id": custom_id, "component_type": 2})


async def test_an_import_is_checked_again_when_it_is_pressed(world: World) -> None:
    person, other = manager(world), world.guild.create_text_channel("other")
    file = ("keywords.txt", b"world model")
    shown = await person.slash(world.channel, "config import", file=file, channel=other)
    hide(world, other, person)
    await world.env.settle()

    answer = text_of(await person.click(shown.response, label="Import"))

    assert "that you can see" in answer
    assert await world.subscriptions(other) == []


async def test_nothing_is_undone_for_one_who_cannot_see_the_channel_any_more(world: World) -> None:
    person, other = manager(world), world.guild.create_text_channel("other")
    await person.slash(other, "subscribe", keywords=SECRET)
    shown = await person.slash(world.channel, "unsubscribe", keywords=SECRET, channel=other)
    hide(world, other, person)
    await world.env.settle()

    answer = text_of(await person.click(shown.response, label="Undo"))

    assert "you can't see it" in answer
    assert await world.subscriptions(other) == []


@pytest.mark.thorough
async def test_older_matches_are_not_posted_for_one_who_cannot_see_the_channel_any_more(
    world: World,
) -> None:
    person, other = manager(world), world.guild.create_text_channel("other")
    world.list_paper("2608.00001", day=world.today - timedelta(days=3), title="Video")
    await world.read_archive()
    shown = await person.slash(world.channel, "subscribe", keywords="video", channel=other)
    hide(world, other, person)
    await world.env.settle()

    answer = text_of(await person.click(shown.response, label="Post the last 5 older matches now"))

    assert "you can't see it" in answer
    assert str(other.id) not in answer
    assert world.posted_ids(other) == []


async def test_a_setup_is_not_finished_in_a_channel_that_was_hidden_meanwhile(world: World) -> None:
    person, other = manager(world), world.guild.create_text_channel("other")
    help_ = await person.slash(world.channel, "help")
    shown = await person.click(help_.response, label="Set up")
    await person.select(shown.response, [other], custom_id=_id(shown, "channel"))
    form = await person.click(shown.response, label=FORM_NAME)
    await person.submit_modal(form, filled(form, keywords="video"))
    hide(world, other, person)
    await world.env.settle()

    await person.click(shown.response, label="Finish")

    assert "you can't see it" in text_of(shown)
    assert await world.subscriptions(other) == []


@pytest.mark.parametrize("label", first(1, ["Undo", "All settings"]))
async def test_a_change_is_not_undone_or_shown_to_one_who_cannot_see_the_channel_any_more(
    world: World, label: str
) -> None:
    person, other = manager(world), world.guild.create_text_channel("other")
    shown = await person.slash(world.channel, "config filter", exclude=SECRET, channel=other)
    stranger = await as_stranger(world.admin, shown, "Undo")
    assert "Only the person who made this change" in text_of(stranger)
    hide(world, other, person)
    await world.env.settle()

    answer = text_of(await person.click(shown.response, label=label))

    assert "you can't see it" in answer
    assert "Schedule" not in answer
    state = await world.services.feeds.state(other.id)
    assert state is not None
    assert state.feed.settings.exclude is not None


def _id(shown: Any, action: str) -> str:
    parts = [part for row in shown.response.components for part in row["components"]]
    return next(part["custom_id"] for part in parts if part["custom_id"].endswith(f":{action}"))


@pytest.mark.thorough
async def test_nothing_is_replaced_for_one_who_cannot_see_the_channel_any_more(world: World) -> None:
    person, other = manager(world), world.guild.create_text_channel("other")
    world.list_paper("2608.00001", title="Diffusion")
    await world.read_archive()
    shown = await person.slash(world.channel, "subscribe", keywords="diffussion", channel=other)
    hide(world, other, person)
    await world.env.settle()

    answer = text_of(await person.click(shown.response, label="Use diffusion instead"))

    assert "you can't see it" in answer
    assert await world.subscriptions(other) == ["diffussion"]
