"""An answer says *changed* (old → new) only where something did; else that nothing changed or has an effect."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.core.schedules import Cadence
from tests.cogs.rights import feed_of, subscribed
from tests.cogs.setups import Person
from tests.cogs.test_history import history, lines
from tests.examples import first
from tests.world import World, text_of


async def typed(world: World, command: str, **options: Any) -> str:
    answer = text_of(await world.admin.slash(world.channel, f"config {command}", **options))
    return answer.replace("*", "")


async def recorded(world: World) -> int:
    return len(lines(await history(world)))


@pytest.mark.parametrize(
    ("command", "options", "name", "expected"),
    first(
        1,
        [
            ("schedule", {"cadence": "live"}, "Schedule", "daily, Mon-Fri, at 09:00 UTC → live"),
            ("schedule", {"time": "17:30"}, "Schedule", "at 09:00 UTC → daily, Mon-Fri, at 17:30 UTC"),
            ("schedule", {"cadence": "weekly"}, "Schedule", "→ weekly, Mon-Fri, at 09:00 UTC"),
            ("style", {"style": "digest"}, "Style", "cards → digest"),
            ("filter", {"min_upvotes": 1}, "Filter", "0 → 1"),
            ("filter", {"max_papers": 3}, "Filter", "up to 10 → up to 3"),
            ("filter", {"only_with_code": True}, "Filter", "no → yes"),
            ("filter", {"exclude": "survey"}, "Filter", "nothing → survey"),
            ("threads", {"on": True}, "Threads", "off → on"),
        ],
    ),
)
async def test_a_change_says_old_and_new_and_a_second_one_that_nothing_changed(
    world: World, command: str, options: dict[str, Any], name: str, expected: str
) -> None:
    await subscribed(world)
    before = await recorded(world)

    first = await typed(world, command, **options)
    second = await typed(world, command, **options)

    assert first.startswith(f"{name} changed\n")
    assert expected in first
    assert second.startswith(f"{name}: nothing changed\n")
    assert f"It was already set that way in <#{world.channel.id}>." in second
    assert await recorded(world) == before + 1


@pytest.mark.parametrize(
    ("command", "options", "name"),
    first(
        1,
        [
            ("schedule", {"time": "9:00", "timezone": "utc", "weekdays": "Mon-Fri"}, "Schedule"),
            ("style", {"style": "cards"}, "Style"),
            ("filter", {"min_upvotes": 0, "exclude": "-", "only_with_code": False}, "Filter"),
            ("filter", {"max_papers": 10}, "Filter"),
            ("mention", {}, "Mention"),
            ("threads", {"on": False}, "Threads"),
            ("publish", {"on": False}, "Publishing"),
        ],
    ),
)
async def test_a_setting_that_stays_the_same_is_not_called_changed(
    world: World, command: str, options: dict[str, Any], name: str
) -> None:
    await subscribed(world)
    before = await recorded(world)
    answer = await typed(world, command, **options)
    assert answer.startswith(f"{name}: nothing changed\n")
    assert await recorded(world) == before


async def test_an_exclusion_in_other_words_is_the_same(world: World) -> None:
    await subscribed(world)
    await typed(world, "filter", exclude="surveys")
    assert (await typed(world, "filter", exclude="Survey")).startswith("Filter: nothing changed")
    assert (await feed_of(world, world.channel)).settings.exclude.text == "surveys"


async def test_times_of_a_live_channel_are_saved_and_have_no_effect(world: World) -> None:
    await subscribed(world)
    await typed(world, "schedule", cadence="live")

    answer = await typed(world, "schedule", time="07:15", timezone="Europe/Berlin")

    assert answer.startswith("Schedule saved for later\n")
    assert f"have no effect while <#{world.channel.id}> is live" in answer
    assert "cadence:daily" in answer
    again = await typed(world, "schedule", time="07:15")
    assert again.startswith("Schedule: nothing changed\n")
    assert "have no effect" in again
    assert "daily, Mon-Fri, at 07:15 Europe/Berlin" in await typed(world, "schedule", cadence="daily")


@pytest.mark.thorough
async def test_further_days_of_a_weekly_channel_have_no_effect(world: World) -> None:
    await subscribed(world)
    await typed(world, "schedule", cadence="weekly", weekdays="Tue")
    answer = await typed(world, "schedule", weekdays="Tue,Fri")
    assert answer.startswith("Schedule saved for later\n")
    assert "posts only on the first of its days, Tue" in answer


async def test_a_schedule_that_is_set_again_does_not_postpone_a_due_run(world: World) -> None:
    await subscribed(world)
    due = (await feed_of(world, world.channel)).next_run_at
    world.clock.now = due + timedelta(minutes=1)

    await typed(world, "schedule", time="09:00")
    await typed(world, "resume")

    assert (await feed_of(world, world.channel)).next_run_at == due


@pytest.mark.thorough
async def test_cards_and_threads_of_a_digest_are_said_to_have_no_effect(world: World) -> None:
    await subscribed(world)
    await typed(world, "style", style="digest")
    assert "`max_papers` has no effect in digests" in await typed(world, "filter", max_papers=5)
    assert "a digest has no cards" in await typed(world, "threads", on=True)


async def test_a_second_pause_says_since_when_and_a_resume_of_a_running_channel_that_it_runs(
    world: World,
) -> None:
    await subscribed(world)
    before = await recorded(world)
    running = await typed(world, "resume")
    first = await typed(world, "pause")
    stamp = int(world.clock().timestamp())
    world.clock.advance(hours=2)
    second = await typed(world, "pause")
    resumed = await typed(world, "resume")

    assert running.startswith("Already running\n")
    assert f"Nothing changed: <#{world.channel.id}> was neither paused nor blocked" in running
    assert first.startswith("Paused\n")
    assert second.startswith("Already paused\n")
    assert f"Nothing changed.\n<#{world.channel.id}>: Paused <t:{stamp}:R>" in second
    assert resumed.startswith("Resumed\n")
    assert await recorded(world) == before + 2


async def test_notices_and_defaults_say_old_and_new_or_that_nothing_changed(world: World) -> None:
    assert (await typed(world, "notices", channel=world.channel)).startswith("Notices changed\n")
    again = await typed(world, "notices", channel=world.channel)
    assert again.startswith("Notices: nothing changed\n")

    assert (await typed(world, "defaults", time="none")).startswith("Defaults: nothing changed\n")
    answer = await typed(world, "defaults", time="07:00")
    assert answer.startswith("Defaults changed\n")
    assert "daily, Mon-Fri, at 09:00 UTC → daily, Mon-Fri, at 07:00 UTC" in answer
    assert "Channels that are already set up keep their schedules" in answer
    assert (await typed(world, "defaults", time="7:00")).startswith("Defaults: nothing changed\n")
    assert (await typed(world, "defaults")).startswith("Defaults\n")
    assert await recorded(world) == 2


@pytest.mark.thorough
async def test_a_copy_that_changes_nothing_says_so(world: World) -> None:
    other = world.guild.create_text_channel("other")
    await subscribed(world)
    await subscribed(world, other)
    before = await recorded(world)
    answer = await typed(world, "copy", source=other)
    assert answer.startswith("Nothing to copy\n")
    assert await recorded(world) == before


@pytest.mark.thorough
async def test_a_city_for_a_live_channel_in_setup_is_said_to_have_no_effect(world: World) -> None:
    await subscribed(world)
    await typed(world, "schedule", cadence="live")
    person = await Person.starting(world)
    await person.type_keywords("agents")
    await person.fill(time="08:00", weekdays="all", city="Berlin")

    assert "Time, days and city have no effect while posts are live" in person.text
    assert "every day, at 08:00 Europe/Berlin" in person.text
    await person.press("Finish")
    kept = "live (saved for later: Mon-Fri, at 09:00 UTC) → live (saved for later: every day, at 08:00 Europe/Berlin)"
    assert f"Schedule: {kept}" in person.text.replace("*", "")
    assert (await feed_of(world, world.channel)).settings.schedule.cadence is Cadence.LIVE
