"""/setup, from the first choice to the first post."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from simcord.actors import _component_interaction
from simcord.enums import ComponentType

from bot.core.feed_settings import schedule_words
from bot.core.focus import Focus
from bot.core.schedules import Cadence
from bot.discord.answers.setup import FORM_NAME
from bot.store import feeds
from tests.cogs.rights import channel_where, feed_of, manager, overwrite
from tests.cogs.setups import Person, filled
from tests.examples import first
from tests.fakes.discord_openapi import discord_openapi
from tests.world import World, text_of


async def feeds_of(world: World) -> list[Any]:
    """The server's feeds, if nothing is subscribed."""
    async with world.database.read() as conn:
        assert await feeds.in_use(conn) == []
        return await feeds.of_server(conn, world.guild.id)


async def test_from_the_first_question_to_the_first_post(world: World) -> None:
    other = world.guild.create_text_channel("other")
    world.list_paper("2608.00001", title="A video model")
    await world.read_archive()
    person = await Person.starting(world)
    assert person.shown.ephemeral
    assert f"**Where:** <#{world.channel.id}>" in person.text
    assert person.labels == {
        FORM_NAME: True,
        "Finish": False,
        "Cancel": True,
    }

    await person.choose(other)
    assert f"**Where:** <#{other.id}>" in person.text
    assert not person.labels["Finish"]
    await person.type_keywords("video\nRLHF")
    assert "2 subscriptions, matching 1 paper in the last 7 days" in person.text
    assert "`video`: 1 paper" in person.text
    assert "[A video model](https://huggingface.co/papers/2608.00001)" in person.text
    assert "`RLHF`: no papers" in person.text
    await person.cadence("weekly")
    await person.fill(time="17:30", weekdays="Thu", city="munich")
    assert "weekly, on Thu at 17:30 Europe/Berlin" in person.text
    assert "Next post: <t:1787239800:f> (<t:1787239800:R>)" in person.text  # Thursday 20 August, 15:30 UTC
    assert await feeds_of(world) == []
    await person.press("Finish")

    assert f"<#{other.id}> is now subscribed to" in person.text
    assert "<t:1787239800:R>" in person.text
    assert await world.subscriptions(other) == ["video", "RLHF"]
    feed = await feed_of(world, other)
    assert feed.settings.schedule.cadence is Cadence.WEEKLY
    world.clock.advance(days=1, hours=8)
    await world.run()
    assert world.posted_ids(other) == ["2608.00001"]


async def test_a_channel_is_set_up_in_three_actions_with_bundles_and_four_with_own_keywords(
    world: World,
) -> None:
    world.list_paper("2608.00001", title="A robot arm")
    world.list_paper("2608.00002", title="Quantization of robots")
    await world.read_archive()

    person = await Person.starting(world)
    assert person.offered["Robotics"].startswith("2 papers in the last 7 days · topic:robot*, VLA, ")
    assert person.offered["Code"].startswith("no papers in the last 7 days · ")
    await person.bundles("Robotics", "Efficiency")
    assert "8 subscriptions, matching 2 papers in the last 7 days" in person.text
    assert "`topic:robot*`: 2 papers" in person.text
    await person.press("Finish")
    assert len(await world.subscriptions()) == 8
    assert person.actions == ["/setup", "menu", "button"]

    other = world.guild.create_text_channel("other")
    person = await Person.starting(world, channel=other)
    await person.type_keywords("video")
    await person.press("Finish")
    assert await world.subscriptions(other) == ["video"]
    assert person.actions == ["/setup", "button", "form", "button"]


@pytest.mark.thorough
async def test_everything_is_chosen_in_five_actions(world: World) -> None:
    world.list_paper("2608.00001", title="A robot arm", upvotes=9)
    world.list_paper("2608.00002", title="A robot leg", upvotes=2)
    await world.read_archive()
    other = world.guild.create_text_channel("other")

    person = await Person.starting(world, channel=other, cadence="weekly", focus="strict")
    assert f"**Where:** <#{other.id}>" in person.text
    await person.bundles("Robotics")
    form = await person.press(FORM_NAME)
    keywords = f"{filled(form)['keywords']}\nmy topic"
    typed = {"keywords": keywords, "time": "5pm", "weekdays": "thu", "city": "munich", "min_upvotes": "5"}
    await person.send(form, **typed)
    assert (
        "**Filter:** at least 5 upvotes; 1 of 2 matching papers had that many when last read" in person.text
    )
    await person.press("Finish")

    assert person.actions == ["/setup", "menu", "button", "form", "button"]
    wanted = await world.subscriptions(other)
    assert "my topic" in wanted
    assert len(wanted) == 5
    settings = (await feed_of(world, other)).settings
    assert settings.min_upvotes == 5
    assert schedule_words(settings.schedule) == "weekly, Thu, at 17:00 Europe/Berlin"
    found = await world.services.subscriptions.of_channel(other.id)
    assert found is not None
    assert {item.focus for item in found.subscriptions} == {Focus.STRICT}


@pytest.mark.thorough
async def test_a_filter_that_was_chosen_is_shown_as_old_and_new(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="agents")
    await world.admin.slash(world.channel, "config filter", min_upvotes=3)
    person = await Person.starting(world)
    assert "at least 3 upvotes" in person.text

    await person.fill(keywords="agents", min_upvotes="8")
    await person.press("Finish")

    assert "Nothing changed" not in person.text
    assert "Minimum upvotes: 3 → **8**" in person.text


async def test_what_bundles_bring_is_shown_as_keywords_and_can_be_edited(world: World) -> None:
    person = await Person.starting(world)
    await person.type_keywords("my topic")
    await person.bundles("Code", "Robotics")
    assert person.chosen == ["Robotics", "Code"]
    form = await person.press(FORM_NAME)
    assert "my topic\ntopic:robot*\nVLA\n" in form.modal["components"][0]["component"]["value"]

    await person.bundles("Robotics")
    assert person.chosen == ["Robotics"]
    await person.type_keywords("my topic\nVLA\nrobot arm")
    assert person.chosen == []
    await person.bundles()
    await person.press("Finish")

    assert await world.subscriptions() == ["my topic", "VLA", "robot arm"]


async def test_bundles_have_no_count_while_the_last_days_are_not_read(world: World) -> None:
    person = await Person.starting(world)
    assert person.offered["Robotics"].startswith("the last 7 days could not be read · ")

    await person.bundles("Robotics")
    assert "None of these 7 days' lists have been read yet" in person.text

    world.list_paper("2608.00001", title="A robot arm")
    await world.services.polling.read_day(world.today)
    person = await Person.starting(world)
    assert person.offered["Robotics"].startswith("1 paper on the 1 of the last 7 days that could be read · ")


async def test_bundles_beside_keywords_that_cannot_be_read_are_refused_and_nothing_typed_is_lost(
    world: World,
) -> None:
    person = await Person.starting(world)
    await person.type_keywords('"open')

    await person.bundles("Robotics")

    assert "First correct or delete the keywords that you typed" in person.text
    assert person.chosen == []
    assert '"open' in str((await person.press(FORM_NAME)).modal)
    await person.type_keywords("")
    await person.bundles("Robotics")
    assert person.chosen == ["Robotics"]


@pytest.mark.thorough
async def test_more_bundles_than_a_channel_can_have_are_refused(world: World) -> None:
    person = await Person.starting(world)
    await person.type_keywords("\n".join(f"word{number}x" for number in range(49)))

    await person.bundles("Robotics")

    assert "These are 53 keywords, and a channel can have 50" in person.text
    assert person.chosen == []
    assert "`word48x`" in person.text
    await person.press("Finish")
    assert len(await world.subscriptions()) == 49


@pytest.mark.thorough
async def test_the_last_page_of_setup_has_the_button_for_older_matches(world: World) -> None:
    world.list_paper("2608.00001", day=world.today - timedelta(days=2), title="Video")
    await world.read_archive()
    person = await Person.starting(world)
    await person.type_keywords("video")
    await person.press("Finish")

    await person.press("Post the last 5 older matches now")

    assert world.posted_ids() == ["2608.00001"]


@pytest.mark.thorough
async def test_fifty_keywords_end_on_several_pages(world: World) -> None:
    person = await Person.starting(world)
    await person.type_keywords("\n".join(f"subject{number:02} and some words more" for number in range(50)))
    await person.press("Finish")

    assert "Page 1 of 4" in person.text
    await person.press("Next")
    assert "Page 2 of 4" in person.text
    assert len(await world.subscriptions()) == 50


@pytest.mark.thorough
@pytest.mark.parametrize("kind", first(1, ["news", "forum", "voice", "thread"]))
async def test_every_kind_of_channel_can_be_chosen(world: World, kind: str) -> None:
    if kind == "thread":
        world.env.backend.create_thread(world.channel.id, "t", world.admin.id, type=11)
        place = world.channel.threads[-1]
    else:
        place = getattr(world.guild, f"create_{kind}_channel")("place")
    person = await Person.starting(world)

    await person.choose(place)
    await person.type_keywords("video")
    await person.press("Finish")

    assert await world.subscriptions(place) == ["video"]


async def test_cancel_changes_nothing(world: World) -> None:
    person = await Person.starting(world)
    await person.type_keywords("video")

    await person.press("Cancel")

    assert "nothing was changed" in person.text
    assert person.panel.components == []
    assert await feeds_of(world) == []


@pytest.mark.thorough
async def test_wrong_keywords_are_shown_at_their_place_and_can_be_corrected(world: World) -> None:
    person = await Person.starting(world)
    await person.type_keywords("video")
    await person.type_keywords('video\n"open')

    assert '"open' in person.text
    assert "^" in person.text
    assert not person.labels["Finish"]
    form = await person.press(FORM_NAME)
    assert '"open' in str(form.modal)
    await person.who.submit_modal(form, filled(form, keywords='video\n"closed"'))
    assert "⚠️" not in person.text
    assert '`"closed"`' in person.text
    assert person.labels["Finish"]


async def test_more_keywords_than_a_channel_can_have_are_refused_at_once(world: World) -> None:
    person = await Person.starting(world)

    await person.type_keywords("\n".join(f"word{number}x" for number in range(51)))

    assert "51 keywords" in person.text
    assert not person.labels["Finish"]


@pytest.mark.thorough
async def test_a_full_channel_is_reported_at_the_end_and_nothing_is_changed(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords=", ".join(f"word{n}x" for n in range(50)))
    person = await Person.starting(world)
    assert "already has 50 subscriptions" in person.text
    await person.type_keywords("video")
    await person.cadence("live")

    await person.press("Finish")

    assert "A channel can have 50 subscriptions" in person.text
    assert "**Which:** 1 new subscription" in person.text
    assert len(await world.subscriptions()) == 50
    assert (await feed_of(world, world.channel)).settings.schedule.cadence is Cadence.DAILY


@pytest.mark.parametrize(
    ("typed", "expected"),
    first(
        1,
        [
            ({"time": "25:00"}, "**Time:** The time can't be read. Use `HH:MM`"),
            ({"weekdays": "Someday"}, "**Days:** The weekdays can't be read. Use names such as `Mon-Fri`"),
            ({"city": "Atlantis"}, "**City or time zone:** That time zone is not known"),
            ({"min_upvotes": "many"}, "**Minimum upvotes:** The minimum upvotes must be a number from 0 to"),
            ({"keywords": '"open'}, "**Keywords:** "),
        ],
    ),
)
async def test_a_field_that_cannot_be_read_is_reported_until_it_is_corrected_and_the_others_are_kept(
    world: World, typed: dict[str, str], expected: str
) -> None:
    right = {
        "keywords": "video",
        "time": "10:00",
        "weekdays": "Mon",
        "city": "Paris",
        "min_upvotes": "7",
    }
    person = await Person.starting(world)

    await person.fill(**right | typed)
    await person.cadence("weekly")

    assert expected in person.text
    assert person.text.count("⚠️") == 1
    assert not person.labels["Finish"]
    form = await person.press(FORM_NAME)
    kept = {"weekdays": "Mon", "city": "Europe/Paris"}
    assert filled(form) == right | kept | typed
    await person.who.submit_modal(form, filled(form, **{name: right[name] for name in typed}))
    assert "⚠️" not in person.text
    assert "weekly, on Mon at 10:00 Europe/Paris" in person.text
    await person.press("Finish")
    feed = await feed_of(world, world.channel)
    assert (feed.settings.min_upvotes, feed.settings.schedule.time.hour) == (7, 10)


@pytest.mark.thorough
async def test_all_wrong_fields_are_reported_at_once(world: World) -> None:
    person = await Person.starting(world)

    await person.fill(keywords="video", time="25:00", city="Atlantis", min_upvotes="-1")

    assert person.text.count("⚠️") == 3
    assert "`video`" in person.text


@pytest.mark.thorough
async def test_a_channel_with_a_schedule_keeps_it_unless_it_is_changed(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="agents")
    await world.admin.slash(world.channel, "config schedule", time="17:30")
    person = await Person.starting(world)
    await person.type_keywords("agents, video")

    await person.press("Finish")

    assert "`agents` (already subscribed)" in person.text
    assert (await feed_of(world, world.channel)).settings.schedule.time.hour == 17
    assert await world.subscriptions() == ["agents", "video"]


async def test_a_changed_schedule_applies_to_existing_subscriptions(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="agents")
    person = await Person.starting(world)
    await person.type_keywords("agents")
    await person.fill(time="17:30", weekdays="all", city="UTC")

    await person.press("Finish")

    feed = await feed_of(world, world.channel)
    assert feed.settings.schedule.time.hour == 17
    assert feed.next_run_at.hour == 17
    assert "<t:1787160600:f>" in person.text


async def test_a_schedule_that_was_not_touched_is_not_put_back(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="agents")
    person = await Person.starting(world)
    await person.type_keywords("video")
    await world.admin.slash(world.channel, "config schedule", time="17:30")

    await person.press("Finish")

    assert (await feed_of(world, world.channel)).settings.schedule.time.hour == 17


async def test_setup_says_that_a_channel_is_paused(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="agents")
    await world.admin.slash(world.channel, "config pause")
    person = await Person.starting(world)
    await person.type_keywords("video")

    assert "paused or blocked. `/config resume` resumes posting" in person.text
    assert "<t:" not in person.text
    await person.press("Finish")
    assert "**Paused**" in person.text


async def test_a_form_that_was_dismissed_is_opened_again(world: World) -> None:
    person = await Person.starting(world)
    await person.press(FORM_NAME)

    await person.type_keywords("video")
    await person.type_keywords("video, agents")

    assert "`agents`" in person.text


@pytest.mark.parametrize("lacking", first(1, ["view_channel", "send_messages", "embed_links"]))
async def test_a_channel_where_the_bot_may_not_post_is_refused_with_the_remedy(
    world: World, lacking: str
) -> None:
    closed = channel_where(world, world.client.user, **{lacking: False})
    person = await Person.starting(world)

    await person.choose(closed)

    assert "I'm missing" in person.text
    assert "Give me" in person.text
    assert "**Where:** choose" in person.text
    assert not person.labels["Finish"]
    await person.choose(world.channel)
    assert f"**Where:** <#{world.channel.id}>" in person.text


@pytest.mark.thorough
async def test_a_refused_channel_takes_the_one_chosen_before_away(world: World) -> None:
    closed = channel_where(world, world.client.user, send_messages=False)
    person = await Person.starting(world)

    await person.choose(closed)

    assert not person.labels["Finish"]


async def test_a_channel_that_the_person_may_not_manage_is_refused(world: World) -> None:
    mia = manager(world)
    theirs = channel_where(world, mia, manage_channels=False)
    person = await Person.starting(world, mia)

    await person.choose(theirs)

    assert "You need **Manage Channels**" in person.text
    assert "**Where:** choose" in person.text


async def test_rights_are_checked_again_at_the_end(world: World) -> None:
    mia = manager(world)
    person = await Person.starting(world, mia)
    await person.type_keywords("video")
    world.env.backend.set_overwrite(world.channel.id, overwrite(mia, manage_channels=False))

    await person.press("Finish")

    assert "You need **Manage Channels**" in person.text
    assert await feeds_of(world) == []
    world.env.backend.set_overwrite(world.channel.id, overwrite(mia))
    world.env.backend.set_overwrite(world.channel.id, overwrite(world.client.user, embed_links=False))
    await person.press("Finish")
    assert "I'm missing **Embed Links**" in person.text
    assert await feeds_of(world) == []
    world.env.backend.set_overwrite(world.channel.id, overwrite(world.client.user))
    await person.press("Finish")
    assert await world.subscriptions() == ["video"]


async def test_a_channel_deleted_meanwhile_is_reported(world: World) -> None:
    other = world.guild.create_text_channel("other")
    person = await Person.starting(world)
    await person.choose(other)
    await person.type_keywords("video")
    world.env.backend.delete_channel(other.id)

    await person.press("Finish")

    assert "no longer exists" in person.text
    assert await feeds_of(world) == []


@pytest.mark.thorough
async def test_without_the_right_there_is_no_setup(world: World) -> None:
    command = await world.command("setup")
    world.guild.set_command_permissions(command, {world.member: True})

    answer = text_of(await world.member.slash(world.channel, "setup"))

    assert "You need **Manage Channels**" in answer


async def test_another_person_cannot_press(world: World) -> None:
    person = await Person.starting(world)
    stored = world.env.backend.get_message(world.channel.id, person.panel.id)
    data = {"custom_id": person._id("cancel"), "component_type": ComponentType.BUTTON}

    pressed = await _component_interaction(manager(world), stored, data)

    assert "someone else. Use" in text_of(pressed)
    assert person.labels["Cancel"]


async def test_a_panel_continues_after_a_restart_with_all_answers(world: World) -> None:
    other = world.guild.create_text_channel("other")
    person = await Person.starting(world, channel=other, focus="balanced")
    await person.fill(keywords="video", time="10:00", city="Atlantis")
    form = await person.press(FORM_NAME)
    await world.restart()

    await person.who.submit_modal(form, filled(form, city="Paris", min_upvotes="7"))
    assert "daily, Mon-Fri, at 10:00 Europe/Paris" in person.text
    assert "focus balanced" in person.text
    await world.restart()
    await person.cadence("live")
    await world.restart()
    again = await person.press(FORM_NAME)
    assert filled(again)["min_upvotes"] == "7"
    await person.press("Finish")

    assert f"<#{other.id}> is now subscribed to" in person.text
    assert await world.subscriptions(other) == ["video"]
    settings = (await feed_of(world, other)).settings
    assert (settings.schedule.cadence, settings.min_upvotes) == (Cadence.LIVE, 7)


@pytest.mark.thorough
async def test_a_hint_can_be_followed_after_a_restart(world: World) -> None:
    person = await hinted(world, "diffussion models")
    await world.restart()

    await person.press("Use diffusion models instead")

    assert "• `diffusion models`: 2 papers" in person.text


@pytest.mark.thorough
async def test_a_panel_after_a_restart_is_still_only_its_own_persons(world: World) -> None:
    person = await Person.starting(world)
    stored = world.env.backend.get_message(world.channel.id, person.panel.id)
    data = {"custom_id": person._id("cancel"), "component_type": ComponentType.BUTTON}
    await world.restart()

    pressed = await _component_interaction(manager(world), stored, data)

    assert "someone else. Use" in text_of(pressed)
    assert person.labels["Cancel"]


async def test_a_panel_that_was_closed_before_a_restart_or_long_ago_says_so(world: World) -> None:
    person = await Person.starting(world)
    stored = replace(world.env.backend.get_message(world.channel.id, person.panel.id))
    cancel = {"custom_id": person._id("cancel"), "component_type": ComponentType.BUTTON}
    left_alone = await Person.starting(world)
    form = await left_alone.press(FORM_NAME)
    await person.press("Cancel")
    await world.restart()
    world.clock.advance(hours=2)

    for shown in (
        await _component_interaction(world.admin, stored, cancel),
        await left_alone.choose(world.channel),
        await left_alone.who.submit_modal(form, filled(form, keywords="video")),
    ):
        assert "This setup is closed, and I have been restarted or moved since" in text_of(shown)
        assert "Use `/setup` to start a new one" in text_of(shown)
    assert await feeds_of(world) == []


async def test_drafts_are_deleted_when_their_panel_closes_and_otherwise_after_an_hour(world: World) -> None:
    async def kept() -> int:
        async with world.database.read() as conn:
            return len((await conn.exec_driver_sql("SELECT * FROM drafts")).all())

    await (await Person.starting(world)).press("Cancel")
    finished = await Person.starting(world)
    await finished.type_keywords("video")
    assert await kept() == 1
    await finished.press("Finish")
    assert await kept() == 0
    await Person.starting(world)
    await world.restart()
    await world.services.blocked_channels.retention.delete_expired()
    assert await kept() == 1
    world.clock.advance(hours=2)
    await world.services.blocked_channels.retention.delete_expired()
    assert await kept() == 0


async def test_a_form_of_a_panel_that_was_cancelled_says_so(world: World) -> None:
    person = await Person.starting(world)
    form = await person.press(FORM_NAME)
    await person.press("Cancel")

    answer = text_of(await person.who.submit_modal(form, filled(form, keywords="video")))
    assert answer.startswith("This setup was cancelled, and nothing was changed")


async def test_an_unused_panel_expires(world: World) -> None:
    person = await Person.starting(world)

    await world.env.advance_time(15 * 60)

    assert "This setup has expired, and nothing was changed" in person.text
    assert person.panel.components == []


@pytest.mark.thorough
async def test_a_second_press_of_finish_says_that_it_is_done(world: World) -> None:
    person = await Person.starting(world)
    await person.type_keywords("video")
    stored = world.env.backend.get_message(world.channel.id, person.panel.id)
    shown = replace(stored)  # as shown on another device
    finish = {"custom_id": person._id("finish"), "component_type": ComponentType.BUTTON}
    await person.press("Finish")

    answer = text_of(await _component_interaction(world.admin, shown, finish))

    assert answer.startswith("This setup is finished")
    assert await world.subscriptions() == ["video"]


@pytest.mark.thorough
async def test_one_panel_that_ends_does_not_end_another(world: World) -> None:
    first = await Person.starting(world)
    second = await Person.starting(world)
    await first.press("Cancel")

    await second.type_keywords("video")
    await second.press("Finish")

    assert await world.subscriptions() == ["video"]


@pytest.mark.thorough
async def test_help_has_the_button_for_who_may_use_it(world: World) -> None:
    shown = await world.admin.slash(world.channel, "help")

    opened = await world.admin.click(shown.response, label="Set up")

    assert opened.ephemeral
    assert f"**Where:** <#{world.channel.id}>" in text_of(opened)


@pytest.mark.thorough
async def test_titles_neither_ping_nor_link(world: World) -> None:
    world.list_paper("2608.00001", title="@everyone [video](https://evil.example) <@1>")
    await world.read_archive()
    person = await Person.starting(world)

    await person.type_keywords("video")

    assert "](https://evil.example" not in person.text
    assert "@everyone" not in person.text


async def test_a_category_is_refused_in_words(world: World) -> None:
    person = await Person.starting(world)

    await person.choose(world.guild.create_category("category"))

    assert "doesn't accept messages" in person.text
    assert "**Where:** choose" in person.text


async def test_every_page_and_form_is_as_discord_takes_it(world: World) -> None:
    rules = discord_openapi()
    person = await Person.starting(world)
    await person.type_keywords("video\n" + "x" * 199)
    await person.cadence("weekly")
    await person.fill(time="10:00", weekdays="Mon", city="Paris")
    await person.press("Cancel")

    sent = [
        request
        for request in world.env.http_requests
        if request.path.startswith(("/interactions/", "/webhooks/"))
    ]
    assert len(sent) > 10
    problems = [
        problem
        for request in sent
        for problem in rules.problems(
            SimpleNamespace(method=request.method, path=request.path, params={}, json=request.json)
        )
    ]
    assert problems == []


async def hinted(world: World, keywords: str) -> Person:
    """A panel with these keywords, after papers on diffusion were listed."""
    for number, title in enumerate(["Diffusion models", "More diffusion models"]):
        world.list_paper(f"2608.0000{number}", title=title)
    await world.read_archive()
    person = await Person.starting(world)
    await person.type_keywords(keywords)
    return person


async def test_keywords_are_said_in_words_and_a_hint_replaces_one_of_them_before_anything_is_set_up(
    world: World,
) -> None:
    person = await hinted(world, "agents -survey benchmark\ndiffussion models")

    assert "Read as: papers with “agent” and “benchmark”, without “survey”" in person.text
    assert "No paper in the archive has `diffussion`. Did you mean `diffusion models`?" in person.text
    await person.press("Use diffusion models instead")
    assert "• `diffusion models`: 2 papers" in person.text
    assert "• `agents -survey benchmark`" in person.text
    assert "💡" not in person.text
    assert not [label for label in person.labels if label.startswith("Use")]
    assert await world.subscriptions() == []
    await person.press("Finish")
    assert sorted(await world.subscriptions()) == ["agents -survey benchmark", "diffusion models"]


@pytest.mark.thorough
async def test_plain_keywords_get_no_hint(world: World) -> None:
    person = await hinted(world, "diffusion models")

    assert "Read as" not in person.text
    assert "💡" not in person.text
