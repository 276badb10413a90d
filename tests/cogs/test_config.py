"""/config, /deliver, /status and /help."""

from __future__ import annotations

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.core.feeds import Style
from bot.core.ids import ChannelId
from bot.core.schedules import Cadence
from tests.examples import first
from tests.fakes.huggingface import Fault
from tests.world import World, text_of


async def test_show_says_when_the_next_post_comes(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    answer = text_of(await world.admin.slash(world.channel, "config show"))

    assert "daily, Mon-Fri, at 09:00 UTC" in answer
    assert "Next post: <t:1787130000:f>" in answer
    assert "1 subscription" in answer


async def test_show_of_a_channel_without_a_feed_says_what_to_type(world: World) -> None:
    assert "/subscribe" in text_of(await world.admin.slash(world.channel, "config show"))


async def test_a_schedule_is_changed_option_by_option(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    answer = text_of(
        await world.admin.slash(
            world.channel, "config schedule", time="17:30", timezone="europe/berlin", weekdays="Mon,Thu"
        )
    )

    assert "daily, Mon,Thu, at 17:30 Europe/Berlin" in answer
    assert "<t:1787239800:f>" in answer  # Thursday 20 August, 15:30 UTC


@pytest.mark.parametrize(
    ("options", "expected"),
    first(
        1,
        [
            ({"time": "25:00"}, "`HH:MM`"),
            ({"timezone": "Mars/Base"}, "`Europe/Berlin`"),
            ({"weekdays": "Someday"}, "`Mon-Fri`"),
            ({"weekdays": ","}, "`Mon-Fri`"),
            ({"time": "17:00", "cadence": "weekly", "weekdays": "Mon,Funday"}, "`Mon-Fri`"),
            ({}, "Nothing was changed"),
        ],
    ),
)
async def test_a_wrong_schedule_changes_nothing(world: World, options: dict[str, str], expected: str) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    result = await world.admin.slash(world.channel, "config schedule", **options)

    assert result.ephemeral
    assert expected in text_of(result)
    assert "daily, Mon-Fri, at 09:00 UTC" in text_of(await world.admin.slash(world.channel, "config show"))


async def test_a_channel_is_configured_before_it_is_subscribed(world: World) -> None:
    answer = text_of(await world.admin.slash(world.channel, "config schedule", time="17:30"))

    assert "at 17:30 UTC" in answer
    assert "Add one with `/subscribe`" in answer
    later = text_of(await world.admin.slash(world.channel, "subscribe", keywords="video"))
    assert "Next post: <t:1787160600:f>" in later  # 17:30 UTC that day


@pytest.mark.thorough
async def test_a_weekly_feed_says_its_day(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    answer = text_of(
        await world.admin.slash(world.channel, "config schedule", cadence="weekly", weekdays="Tue,Thu")
    )

    assert "**weekly, Tue,Thu, at 09:00 UTC**" in answer
    assert "from the next run: <t:1787648400:f>" in answer  # Tuesday 25 August


async def test_cities_find_their_time_zones(world: World) -> None:
    async def offered(typed: str) -> list[str]:
        found = await world.admin.autocomplete(world.channel, "config schedule", "timezone", typed)
        return [choice["value"] for choice in found]

    assert await offered("new york") == ["America/New_York"]
    assert (await offered(""))[0] == "UTC"
    assert len(await offered("a")) == 25
    assert await offered("qwertzuiop") == []


async def test_times_days_and_dates_are_offered_as_they_were_read(world: World) -> None:
    async def offered(command: str, option: str, typed: str) -> dict[str, str]:
        found = await world.admin.autocomplete(world.channel, command, option, typed)
        return {choice["name"]: choice["value"] for choice in found}

    assert await offered("config schedule", "time", "5:30pm") == {"17:30 (5:30 PM)": "17:30"}
    assert await offered("config schedule", "weekdays", "mon, wed") == {"Monday, Wednesday": "Mon,Wed"}
    assert await offered("config defaults", "time", "n") == {"none: the bot's own": "none"}
    assert "none" in (await offered("config defaults", "weekdays", "")).values()
    assert await offered("papers date", "date", "17 aug") == {"Monday, 17 August 2026": "2026-08-17"}


@pytest.mark.thorough
async def test_a_live_feed_posts_at_the_next_run(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "config schedule", cadence="live")
    world.list_paper("2608.00001", title="Video")

    await world.run()

    assert world.posted_ids() == ["2608.00001"]


@pytest.mark.thorough
async def test_a_digest_is_a_line_a_paper(world: World) -> None:
    for number in range(3):
        world.list_paper(f"2608.0000{number}", title=f"Video {number}")
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "config style", style="digest")

    await world.admin.slash(world.channel, "config schedule", cadence="live")
    await world.run()

    (message,) = world.posts()
    assert len(message.embeds) == 1
    assert sorted(world.posted_ids()) == ["2608.00000", "2608.00001", "2608.00002"]


@pytest.mark.thorough
async def test_papers_listed_during_a_pause_are_posted_after_it(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    answer = text_of(await world.admin.slash(world.channel, "config pause"))
    assert "Paused" in answer
    world.list_paper("2608.00001", title="Video")
    world.clock.advance(hours=2)
    await world.run()
    assert world.posted_ids() == []

    await world.admin.slash(world.channel, "config resume")
    world.clock.advance(days=1)
    await world.run()

    assert world.posted_ids() == ["2608.00001"]


async def test_deliver_posts_now_and_answers_with_the_count_and_a_link(world: World) -> None:
    for number in range(3):
        world.list_paper(f"2608.0000{number}", title=f"Video {number}")
    await world.run()
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    answer = text_of(await world.admin.slash(world.channel, "deliver"))

    (message,) = world.posts()
    assert "Posted 3 papers" in answer
    assert f"https://discord.com/channels/{world.guild.id}/{world.channel.id}/{message.id}" in answer
    assert "Next post: <t:1787130000:f>" in answer


@pytest.mark.thorough
async def test_deliver_in_a_forum_links_to_the_post(world: World) -> None:
    forum = world.guild.create_forum_channel("forum")
    world.list_paper("2608.00001", title="Video")
    await world.admin.slash(world.channel, "subscribe", keywords="video", channel=forum)

    answer = text_of(await world.admin.slash(world.channel, "deliver", channel=forum))

    (thread,) = forum.threads
    assert (
        f"Posted 1 paper in <#{forum.id}>: https://discord.com/channels/{world.guild.id}/{thread.id}"
        in answer
    )
    shown = text_of(await world.admin.slash(world.channel, "config show", channel=forum))
    assert "forum; each card is a separate post" in shown


async def test_deliver_says_what_happened_to_papers_that_the_channel_refuses(world: World) -> None:
    world.list_paper("2608.00001", title="Video")
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    denied = Overwrite(
        target_id=world.guild.me.id,
        type=OverwriteType.MEMBER,
        allow=0,
        deny=discord.Permissions.send_messages.flag,
    )
    whole = world.services.feeds.deliver

    async def deliver(channel_id: ChannelId) -> object:
        world.env.backend.set_overwrite(world.channel.id, denied)  # after the command looked
        return await whole(channel_id)

    world.services.feeds.deliver = deliver  # pyright: ignore[reportAttributeAccessIssue]
    answer = text_of(await world.admin.slash(world.channel, "deliver"))

    assert "1 paper is still pending: the channel is blocked." in answer
    assert "**Blocked**" in answer
    assert "**Send Messages**" in answer


async def test_deliver_says_why_nothing_is_pending(world: World) -> None:
    assert "/subscribe" in text_of(await world.admin.slash(world.channel, "deliver"))
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    assert "Nothing is pending" in text_of(await world.admin.slash(world.channel, "deliver"))

    await world.admin.slash(world.channel, "config pause")
    assert "paused" in text_of(await world.admin.slash(world.channel, "deliver"))


@pytest.mark.thorough
async def test_a_channel_that_refuses_for_good_is_blocked_and_resumed(world: World) -> None:
    world.list_paper("2608.00001", title="Video")
    bot = world.guild.me
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    denied = Overwrite(
        target_id=bot.id, type=OverwriteType.MEMBER, allow=0, deny=discord.Permissions.send_messages.flag
    )
    world.env.backend.set_overwrite(world.channel.id, denied)
    world.clock.advance(hours=2)

    await world.run()
    await world.run()

    assert world.posted_ids() == []
    for name in ("status", "config show"):
        answer = text_of(await world.admin.slash(world.channel, name))
        assert "**Blocked**" in answer
        assert "**Send Messages**" in answer
        assert "/config resume" in answer
    refused = text_of(await world.admin.slash(world.channel, "config resume"))
    assert "I'm missing **Send Messages**" in refused

    world.env.backend.delete_overwrite(world.channel.id, bot.id)
    await world.admin.slash(world.channel, "config resume")
    await world.delivered()

    assert world.posted_ids() == ["2608.00001"]


@pytest.mark.thorough
async def test_status_tells_a_quiet_day_from_a_failure(world: World) -> None:
    await world.run()
    assert "quiet" in text_of(await world.admin.slash(world.channel, "status"))


async def test_help_shows_the_first_steps(world: World) -> None:
    assert "/subscribe keywords:" in text_of(await world.member.slash(world.channel, "help"))


async def test_a_member_is_refused_the_status(world: World) -> None:
    world.guild.set_command_permissions(await world.command("status"), {world.member: True})

    answer = text_of(await world.member.slash(world.channel, "status"))

    assert "You need **Manage Channels**" in answer


@pytest.mark.thorough
async def test_pausing_twice_keeps_the_pause(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "config pause")
    world.clock.advance(hours=1)

    answer = text_of(await world.admin.slash(world.channel, "config pause"))

    assert "**Paused** <t:1787126400:R>" in answer
    assert "/config resume" in answer


async def test_a_paper_of_a_paused_channel_is_not_said_to_be_deliverable(world: World) -> None:
    world.list_paper("2608.00001", title="Video")
    await world.run()
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "config pause")

    answer = text_of(await world.admin.slash(world.channel, "explain", paper="2608.00001"))

    assert "**Paused**" in answer
    assert "/deliver" not in answer


async def test_deliver_counts_papers_waiting_for_upvotes_and_does_not_claim_that_all_were_posted(
    world: World,
) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "config filter", min_upvotes=10)
    for number in range(7):
        world.list_paper(f"2608.0000{number}", title="Video", upvotes=3)
    answer = text_of(await world.admin.slash(world.channel, "deliver"))
    assert world.posted_ids() == []
    assert "7 matching papers have fewer than 10 upvotes so far." in answer
    assert "all matching papers" not in answer


@pytest.mark.parametrize("status", first(1, [429, 500]))
async def test_deliver_says_that_the_list_could_not_be_read(world: World, status: int) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    world.hub.day_faults[world.today] = Fault(status=status, headers={"Retry-After": "600"})
    answer = text_of(await world.admin.slash(world.channel, "deliver"))
    assert "The list could not be read completely just now" in answer
    assert "all matching papers" not in answer
    # Asked again at once, the list is not read again; what is known of it is said all the same.
    assert "The list could not be read completely" in text_of(
        await world.admin.slash(world.channel, "deliver")
    )


@pytest.mark.parametrize("name", first(1, ["config pause", "config resume", "deliver"]))
async def test_commands_that_need_a_subscription_say_so(world: World, name: str) -> None:
    answer = text_of(await world.admin.slash(world.channel, name))

    assert f"<#{world.channel.id}> " in answer
    assert "`/subscribe`" in answer


async def test_choices_are_offered_under_the_names_that_the_bot_uses(world: World) -> None:
    config = (await world.command("config")).to_dict()
    options = {
        option["name"]: [(choice["name"], choice["value"]) for choice in option.get("choices", ())]
        for command in config["options"]
        for option in command["options"]
    }

    assert options["cadence"] == [(cadence.value, cadence.value) for cadence in Cadence]
    assert options["style"] == [(style.value, style.value) for style in Style]
