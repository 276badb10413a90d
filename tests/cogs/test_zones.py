"""Posts at the local hour that people chose, over the nights on which their clocks move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.ids import ChannelId
from tests.examples import first
from tests.world import World, text_of

MINUTE = timedelta(minutes=1)

# The zone, the time that was chosen, and when it comes on the day before the change, on it and after it.
# Forward, the time does not exist, and the first minute after the gap counts; back, it exists twice.
NIGHTS = [
    ("Europe/Berlin", "02:30", "2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"),
    ("America/New_York", "01:30", "2026-10-31T05:30", "2026-11-01T05:30", "2026-11-02T06:30"),
    # Midnight is what does not exist.
    ("Africa/Cairo", "00:30", "2026-04-22T22:30", "2026-04-23T22:00", "2026-04-24T21:30"),
    # Half an hour; midnight twice.
    ("Australia/Lord_Howe", "01:45", "2026-04-03T14:45", "2026-04-04T14:45", "2026-04-05T15:15"),
    ("America/Santiago", "23:30", "2026-04-04T02:30", "2026-04-05T02:30", "2026-04-06T03:30"),
    ("Europe/Berlin", "02:30", "2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"),
    ("America/New_York", "02:30", "2026-03-07T07:30", "2026-03-08T07:00", "2026-03-09T06:30"),
    ("Australia/Lord_Howe", "02:15", "2026-10-02T15:45", "2026-10-03T15:30", "2026-10-04T15:15"),
    ("Africa/Cairo", "23:30", "2026-10-28T20:30", "2026-10-29T20:30", "2026-10-30T21:30"),
    ("America/Santiago", "00:30", "2026-09-05T04:30", "2026-09-06T04:00", "2026-09-07T03:30"),
]


async def runs_at(world: World, moment: datetime) -> list[str]:
    """What a run at that moment posts."""
    before = len(world.posted_ids())
    world.clock.now = moment
    await world.run()
    return world.posted_ids()[before:]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("zone", "time", "moments"),
    [
        *first(1, ((zone, time, moments) for zone, time, *moments in NIGHTS)),
    ],
)
async def test_each_day_has_its_post_at_the_right_hour_and_no_other(
    world: World, zone: str, time: str, moments: list[str]
) -> None:
    due = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in moments]
    world.clock.now = due[0] - timedelta(hours=2)
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    answer = text_of(
        await world.admin.slash(
            world.channel, "config schedule", time=time, timezone=zone.lower(), weekdays="all"
        )
    )
    assert f"daily, every day, at {time} {zone}" in answer.replace("\\", "")

    waiting: list[str] = []
    for number, moment in enumerate(due):
        assert f"Next post: <t:{int(moment.timestamp())}:f>" in text_of(
            await world.admin.slash(world.channel, "config show")
        )
        world.list_paper(f"2608.0000{number}", title="Video")
        assert await runs_at(world, moment - MINUTE) == []
        assert await world.services.runs.next_at() == moment
        assert await runs_at(world, moment) == [f"2608.0000{number}", *waiting]
        # A paper that comes now waits until tomorrow, though the clocks may show the same time again.
        waiting = [f"2608.1000{number}"]
        world.list_paper(waiting[0], title="Video")
        assert await runs_at(world, moment + 60 * MINUTE) == []


@pytest.mark.thorough
async def test_a_night_offline_over_the_change_is_caught_up_once(world: World) -> None:
    world.clock.now = datetime(2026, 3, 27, 20, tzinfo=UTC)
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(
        world.channel, "config schedule", time="02:30", timezone="Europe/Berlin", weekdays="all"
    )
    for number in range(3):
        world.clock.advance(days=1)
        world.list_paper(f"2608.0000{number}", title="Video")

    assert sorted(await runs_at(world, datetime(2026, 3, 31, 12, tzinfo=UTC))) == [
        "2608.00000",
        "2608.00001",
        "2608.00002",
    ]
    assert len(world.posts()) == 1
    assert await runs_at(world, datetime(2026, 3, 31, 13, tzinfo=UTC)) == []
    feed = await world.services.feeds.state(ChannelId(world.channel.id))
    assert feed is not None
    assert feed.feed.next_run_at == datetime(2026, 4, 1, 0, 30, tzinfo=UTC)


@pytest.mark.thorough
async def test_weeks_offline_are_one_catch_up_of_a_weekly_feed(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(
        world.channel, "config schedule", cadence="weekly", weekdays="Mon", time="09:00", timezone="UTC"
    )
    for number in range(20):
        world.list_paper(f"2608.000{number:02}", title="Video", upvotes=number)
        world.clock.advance(days=1)

    posted = await runs_at(world, datetime(2026, 9, 8, 12, tzinfo=UTC))

    assert posted == [f"2608.000{number:02}" for number in range(19, -1, -1)]
    assert await runs_at(world, datetime(2026, 9, 8, 13, tzinfo=UTC)) == []
    assert "Next post: <t:1789376400:f>" in text_of(await world.admin.slash(world.channel, "config show"))


@pytest.mark.thorough
async def test_a_live_feed_posts_with_the_poll_that_shows_a_paper(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "config schedule", cadence="live")
    for number in range(2):
        await world.run()
        world.list_paper(f"2608.0000{number}", title="Video")
        poll = await world.services.runs.next_at()
        assert poll - world.clock() == timedelta(minutes=30)
        assert await runs_at(world, poll) == [f"2608.0000{number}"]
