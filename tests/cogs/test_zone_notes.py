"""Suggestions and notes about time zones while a person types them."""

from __future__ import annotations

import pytest

from tests.cogs.rights import feed_of, subscribed
from tests.world import World, text_of


async def test_est_is_offered_after_new_york_and_says_that_it_has_no_summer_time(world: World) -> None:
    offered = await world.admin.autocomplete(world.channel, "config schedule", "timezone", "EST")
    names = [choice["name"] for choice in offered]
    assert names[0] == "America/New_York"
    assert "EST (UTC-05:00 all year, no daylight saving time)" in names

    await subscribed(world)
    answer = text_of(await world.admin.slash(world.channel, "config schedule", timezone="EST"))
    assert (
        "`EST` has no daylight saving time: it is UTC-05:00 all year. `America/New_York` has both." in answer
    )
    answer = text_of(await world.admin.slash(world.channel, "config defaults", timezone="EST"))
    assert "`EST` has no daylight saving time" in answer


@pytest.mark.thorough
async def test_a_country_an_offset_and_a_misspelling_get_near_names(world: World) -> None:
    await subscribed(world)
    for typed, suggested in (
        ("IST", "`Asia/Kolkata`"),
        ("UTC+2", "`Europe/Paris`"),
        ("Berln", "`Europe/Berlin`"),
    ):
        answer = text_of(await world.admin.slash(world.channel, "config schedule", timezone=typed))
        assert suggested in answer
        assert "othing was changed" in answer
    await world.admin.slash(world.channel, "config schedule", timezone="India")
    assert (await feed_of(world, world.channel)).settings.schedule.timezone == "Asia/Kolkata"
