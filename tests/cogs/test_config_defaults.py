"""/config defaults: what new channels of a server start with."""

from __future__ import annotations

import discord
import pytest

from bot.discord.answers.setup import FORM_NAME
from tests.cogs.rights import feed_of
from tests.cogs.setups import filled
from tests.examples import first
from tests.world import World, text_of


async def schedule_of(world: World, channel: object = None) -> str:
    schedule = (await feed_of(world, channel or world.channel)).settings.schedule
    return f"{schedule.time:%H:%M} {schedule.timezone} {sorted(schedule.weekdays)}"


async def test_without_options_they_are_shown(world: World) -> None:
    answer = text_of(await world.admin.slash(world.channel, "config defaults"))

    assert "**daily, Mon-Fri, at 09:00 UTC** (the bot's defaults)" in answer


@pytest.mark.parametrize("command", first(1, ["subscribe", "config style", "config schedule", "setup"]))
async def test_a_new_channel_begins_with_them_whatever_makes_it(world: World, command: str) -> None:
    answer = text_of(
        await world.admin.slash(
            world.channel, "config defaults", time="17:30", timezone="berlin", weekdays="Mon,Thu"
        )
    )
    assert "**daily, Mon,Thu, at 17:30 Europe/Berlin**" in answer
    assert "time, time zone and days set by this server" in answer

    options = {
        "subscribe": {"keywords": "video"},
        "config style": {"style": "digest"},
        "config schedule": {"cadence": "daily"},
        "setup": {},
    }
    shown = await world.admin.slash(world.channel, command, **options[command])
    if command == "setup":
        form = await world.admin.click(shown.response, label=FORM_NAME)
        await world.admin.submit_modal(form, filled(form, keywords="video"))
        await world.admin.click(shown.response, label="Finish")

    assert await schedule_of(world) == "17:30 Europe/Berlin [0, 3]"


async def test_settings_that_are_not_chosen_stay_the_bots_own(world: World) -> None:
    answer = text_of(await world.admin.slash(world.channel, "config defaults", time="17:30"))

    assert "**daily, Mon-Fri, at 17:30 UTC** (time set by this server)" in answer


async def test_channels_that_get_papers_already_stay_as_they_are(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "config defaults", time="17:30")

    await world.admin.slash(world.channel, "subscribe", keywords="agents")

    assert (await schedule_of(world)).startswith("09:00")


async def test_none_takes_the_bots_own_again(world: World) -> None:
    await world.admin.slash(world.channel, "config defaults", time="17:30", timezone="Berlin", weekdays="all")

    answer = text_of(
        await world.admin.slash(
            world.channel, "config defaults", time="none", timezone="None", weekdays="none"
        )
    )

    assert "**daily, Mon-Fri, at 09:00 UTC** (the bot's defaults)" in answer


@pytest.mark.thorough
@pytest.mark.parametrize(
    "wrong", first(1, [{"time": "25:00"}, {"timezone": "Mars"}, {"weekdays": "Someday"}])
)
async def test_one_wrong_value_changes_nothing(world: World, wrong: dict[str, str]) -> None:
    options = {"time": "17:30", "timezone": "Berlin", "weekdays": "all"} | wrong

    await world.admin.slash(world.channel, "config defaults", **options)

    assert "at 09:00 UTC" in text_of(await world.admin.slash(world.channel, "config defaults"))


@pytest.mark.thorough
async def test_another_servers_are_its_own(world: World) -> None:
    await world.admin.slash(world.channel, "config defaults", time="17:30")
    other = world.env.create_guild("Other")
    room = other.create_text_channel("room")
    role = other.create_role("Admins", permissions=discord.Permissions(administrator=True))
    zoe = other.add_member(world.env.create_user("zoe"), roles=[role])

    answer = text_of(await zoe.slash(room, "config defaults"))

    assert "at 09:00 UTC" in answer


async def test_show_tells_them_where_a_channel_would_begin_with_them(world: World) -> None:
    await world.admin.slash(world.channel, "config defaults", time="17:30")

    answer = text_of(await world.admin.slash(world.channel, "config show"))

    assert "It would start with: **daily, Mon-Fri, at 17:30 UTC** (time set by this server)." in answer


@pytest.mark.thorough
async def test_cities_are_offered(world: World) -> None:
    found = await world.admin.autocomplete(world.channel, "config defaults", "timezone", "new york")

    assert [choice["value"] for choice in found] == ["America/New_York"]
