"""`focus` of a subscription: /subscribe, /config focus, and where it is shown and carried."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from tests.cogs.setups import Person
from tests.cogs.test_transfer import a_file, brought, exported, pressed
from tests.services.runs.test_focus import CLOSE, MENTION, TITLE
from tests.world import World, text_of


async def focus_of(world: World, channel: object = None) -> dict[str, str]:
    found = await world.services.subscriptions.of_channel((channel or world.channel).id)
    return {item.query.text: item.focus.value for item in found.subscriptions} if found else {}


async def test_a_focus_is_chosen_with_the_subscription_and_shown_wherever_it_is_not_exact(
    world: World,
) -> None:
    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="agents", focus="balanced"))
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    assert "• `agents` (focus balanced): " in answer
    assert await focus_of(world) == {"agents": "balanced", "video": "exact"}
    for command in ("subscriptions", "config show"):
        shown = text_of(await world.admin.slash(world.channel, command))
        assert "• `agents` (focus balanced)" in shown
        assert "• `video`" in shown
        assert "exact" not in shown
    assert "subscribed to *agents* (focus balanced)" in text_of(
        await world.admin.slash(world.channel, "config history")
    )


async def test_a_focus_is_changed_and_the_answer_says_from_what_to_what_and_when(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="agents, video")

    answer = await world.admin.slash(world.channel, "config focus", keywords="Agent", focus="strict")
    reply = text_of(answer)
    again = text_of(await world.admin.slash(world.channel, "config focus", keywords="agents", focus="strict"))
    everything = text_of(
        await world.admin.slash(world.channel, "config focus", keywords="all of them", focus="broad")
    )

    assert "• `agents`: exact → strict" in reply
    assert "Applies from the next run" in reply
    assert "Next post: <t:" in reply
    assert "Focus: nothing changed" in again
    assert "• `agents`: already strict" in again
    assert "• `agents`: strict → broad" in everything
    assert "• `video`: exact → broad" in everything
    history = text_of(await world.admin.slash(world.channel, "config history"))
    assert "focus of *agents*: exact → strict" in history
    assert "focus of *agents*: strict → broad; focus of *video*: exact → broad" in history
    settings = text_of(await world.admin.click(answer.response, label="All settings"))
    assert "• `agents` (focus broad)" in settings


async def test_the_focus_of_what_is_not_subscribed_cannot_be_changed(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="agents")

    answer = text_of(await world.admin.slash(world.channel, "config focus", keywords="video", focus="broad"))

    assert "is not subscribed to that. Nothing was changed" in answer
    assert await focus_of(world) == {"agents": "exact"}


async def test_subscribing_again_keeps_the_focus_unless_another_is_given(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="agents", focus="strict")

    kept = text_of(await world.admin.slash(world.channel, "subscribe", keywords="agents"))
    changed = text_of(await world.admin.slash(world.channel, "subscribe", keywords="agents", focus="broad"))
    await world.admin.slash(world.channel, "unsubscribe", keywords="agents")
    again = text_of(await world.admin.slash(world.channel, "subscribe", keywords="agents"))
    await world.admin.slash(world.channel, "unsubscribe", keywords="agents")
    other = text_of(await world.admin.slash(world.channel, "subscribe", keywords="agents", focus="exact"))

    assert "Nothing changed" in kept
    assert "• `agents` (focus strict): " in kept
    assert "• `agents` (focus strict → broad): " in changed
    assert "• `agents` (focus broad) (continued)" in again
    assert "• `agents` (continued)" in other
    assert await focus_of(world) == {"agents": "exact"}


async def test_setup_has_a_choice_of_focus_that_may_be_left_alone(world: World) -> None:
    person = await Person.starting(world)
    await person.choose(world.channel)
    await person.type_keywords("agents")
    await person.focus("balanced")

    assert "1 subscription (focus balanced)" in person.text
    await person.press("Finish")
    assert await focus_of(world) == {"agents": "balanced"}


@pytest.mark.thorough
async def test_a_focus_is_exported_imported_and_copied(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="agents", focus="balanced")
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    other = world.guild.create_text_channel("other")
    await world.admin.slash(other, "subscribe", keywords="agents")

    (feed,) = [feed for feed in json.loads(await exported(world))["feeds"] if feed["channel_name"] != "other"]
    copied = text_of(await world.admin.slash(other, "config copy", source=world.channel))
    wanted = [{"keywords": "agents", "focus": "strict"}, {"keywords": "robots", "focus": "broad"}, "video"]
    result = await brought(world, a_file(world, subscriptions=wanted), name="a.json")
    answer = text_of(result)
    await pressed(world, result)

    assert feed["subscriptions"] == [{"keywords": "agents", "focus": "balanced"}, "video"]
    assert "Focus of *agents*: exact → balanced" in copied
    assert await focus_of(world, other) == {"agents": "balanced", "video": "exact"}
    assert "1 new subscription: *robots* (focus broad)" in answer
    assert "Focus of *agents*: balanced → strict" in answer
    assert await focus_of(world) == {"agents": "strict", "video": "exact", "robots": "broad"}
    assert "focus of *agents*: balanced → strict" in text_of(
        await world.admin.slash(world.channel, "config history")
    )


def list_topic(world: World, day: date | None = None) -> None:
    """A close paper, one that mentions it, and one that is about it."""
    for number, paper in enumerate((CLOSE, MENTION, TITLE), start=1):
        paper_id = f"26{'07' if day else '08'}.0000{number}"
        world.list_paper(paper_id, title=paper.title, summary=paper.abstract, day=day)


async def test_what_a_focus_adds_is_posted_with_what_it_is_close_to_and_explained(world: World) -> None:
    list_topic(world)
    await world.admin.slash(world.channel, "subscribe", keywords="reward hacking", focus="balanced")
    await world.admin.slash(world.channel, "deliver")

    assert sorted(world.posted_ids()) == ["2608.00001", "2608.00003"]
    (message,) = world.posts()
    footers = {embed.url[-1]: embed.footer.text for embed in message.embeds if embed.url}
    assert "close to “reward hacking”: reward" in (footers["1"] or "")
    assert footers["3"] == "▲ 12 · 💬 2 · matches “reward hacking”"
    cut = text_of(await world.admin.slash(world.channel, "explain", paper="2608.00002"))
    added = text_of(await world.admin.slash(world.channel, "explain", paper="2608.00001"))
    assert "Not posted: not close enough" in cut
    assert "matches `reward hacking`, but isn't close enough" in cut
    assert re.search(r"close to \*reward hacking\*: 1\.\d; balanced asks for 2\.0", cut)
    assert "It was posted" in added
    assert "It was close to `reward hacking`." in added
    assert re.search(r"close to \*reward hacking\*: \d+\.\d; balanced asks for [\d.]+ of a paper that", added)


async def test_a_preview_says_what_each_focus_takes_and_marks_what_it_cuts_and_adds(world: World) -> None:
    list_topic(world)
    await world.run()

    exact = text_of(await world.admin.slash(world.channel, "preview", keywords="reward hacking"))
    shown = text_of(
        await world.admin.slash(world.channel, "preview", keywords="reward hacking", focus="balanced")
    )
    unknown = text_of(await world.admin.slash(world.channel, "preview", keywords="zzyzxqy", focus="broad"))

    assert "Focus: **exact 2** · strict 1 · balanced 2 · broad 3" in exact
    assert "Specification Gaming" not in exact
    assert "Focus: exact 2 · strict 1 · **balanced 2** · broad 3" in shown
    assert re.search(r"✂️ .*Dexterous Robot", shown)
    assert re.search(r"🔎 .*Specification Gaming.*\n-# .*close to “reward hacking”", shown)
    assert "Closeness is unknown for these words, so broad works like exact here." in unknown


@pytest.mark.thorough
async def test_the_button_of_a_hint_previews_with_the_same_focus(world: World) -> None:
    list_topic(world)
    await world.run()

    shown = await world.admin.slash(world.channel, "preview", keywords="reward hackinng", focus="balanced")
    pressed = await world.admin.click(shown.response, label="Preview reward hacking")

    assert "**balanced 2**" in text_of(pressed)


async def test_a_focus_is_offered_where_most_papers_only_mention_the_keywords(world: World) -> None:
    for number in range(1, 6):
        world.list_paper(
            f"2608.0000{number}",
            title=f"{MENTION.title} {number}",
            summary=f"{MENTION.abstract} Part {number}.",
        )
    world.list_paper("2608.00006", title=TITLE.title, summary=TITLE.abstract)
    await world.run()

    result = await world.admin.slash(world.channel, "subscribe", keywords="reward hacking")
    answer = text_of(result)
    await world.admin.click(result.response, label="Focus balanced: reward hacking")

    assert (
        "Most of the papers only mention `reward hacking`. With focus balanced, it would have been 1"
        in answer
    )
    assert "• `reward hacking`: exact → balanced" in text_of(result)
    assert await focus_of(world) == {"reward hacking": "balanced"}

    await world.admin.click(result.response, label="Undo")
    assert await focus_of(world) == {"reward hacking": "exact"}


@pytest.mark.thorough
async def test_the_settings_tell_close_papers_from_those_that_mention_the_keywords(world: World) -> None:
    list_topic(world)
    await world.admin.slash(world.channel, "subscribe", keywords="reward hacking", focus="broad")
    await world.admin.slash(world.channel, "deliver")

    answer = text_of(await world.admin.slash(world.channel, "config show"))

    assert (
        "3 papers; 1 is about it (title or AI keywords), 1 is close to it, 1 mentions it once, in the abstract"
    ) in answer


@pytest.mark.thorough
async def test_a_run_posts_a_close_paper_where_no_other_matches(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="reward hacking", focus="broad")
    await world.admin.slash(world.channel, "config schedule", cadence="live")
    world.list_paper("2608.00001", title=CLOSE.title, summary=CLOSE.abstract)
    await world.run()
    await world.delivered()

    assert world.posted_ids() == ["2608.00001"]
