"""A subscription that was removed by mistake and is added again: it continues, and nothing is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.core.feeds import REMOVED_KEPT, FeedKind, Place
from bot.core.ids import ChannelId, ServerId
from bot.core.limits import Limits
from bot.core.list_days import open_list_day
from bot.core.posts import PostState
from bot.core.schedules import Cadence
from bot.errors import UserError
from bot.services.blocks.retention import SURE_AFTER_SECONDS
from bot.services.feeds.filters import FilterChange
from bot.services.feeds.subscribed import Subscribed
from bot.services.feeds.unsubscribing import Unsubscribed
from bot.store import subscriptions
from tests.examples import first, thorough
from tests.services.bots import CHANNEL, LIVE, OTHER, SERVER, USER, WEEKLY, Bot, everything

FIRST, SECOND, THIRD = "2608.00001", "2608.00002", "2608.00003"
PLACE = Place(server_id=SERVER, channel_id=ChannelId(CHANNEL), kind=FeedKind.CHANNEL)


async def unsubscribe(bot: Bot, keywords: str = "video") -> Unsubscribed:
    return await bot.services.subscriptions.unsubscribe(keywords, channel_id=ChannelId(CHANNEL), user_id=USER)


async def subscribe(bot: Bot, keywords: str = "video") -> Subscribed:
    return await bot.services.subscriptions.subscribe(keywords, place=PLACE, user_id=USER)


async def undo(bot: Bot, removal: Unsubscribed) -> Subscribed:
    return await bot.services.subscriptions.undo(ChannelId(CHANNEL), removal.key, user_id=USER)


async def pending(bot: Bot) -> dict[str, set[str]]:
    """The papers that are pending, with the queries that want them."""
    return {
        entry.paper_id: set(entry.queries)
        for post in await bot.posts()
        if post.state is PostState.PENDING
        for entry in post.entries
    }


async def planned(bot: Bot, keywords: str = "video") -> None:
    """A live channel with its posts planned, and none of them sent: FIRST is on video and agents."""
    bot.list_paper(FIRST, title="Video Agents")
    bot.list_paper(SECOND, title="Video")
    await bot.plan(keywords)


async def test_what_was_pending_is_not_posted_after_unsubscribing_and_returns_with_the_subscription(
    bot: Bot,
) -> None:
    await planned(bot)

    removal = await unsubscribe(bot)

    assert (removal.cancelled.papers, removal.cancelled.under_way) == (2, 0)
    assert await pending(bot) == {}
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == []
    await bot.restart()  # nothing is sent until the next run

    again = await subscribe(bot, "VIDEOS")

    assert again.returned == 2
    assert [item.goes_on for item in again.wanted] == [True]
    assert await pending(bot) == {FIRST: {"video"}, SECOND: {"video"}}
    await bot.run()
    assert sorted(bot.publisher.posted(CHANNEL)) == [FIRST, SECOND]


async def test_a_paper_stays_pending_for_the_query_that_still_wants_it(bot: Bot) -> None:
    await planned(bot, "video, agents")

    assert (await unsubscribe(bot)).cancelled.papers == 1
    assert await pending(bot) == {FIRST: {"agent"}}

    assert (await subscribe(bot)).returned == 1
    assert await pending(bot) == {FIRST: {"agent", "video"}, SECOND: {"video"}}

    assert (await unsubscribe(bot, "agents")).cancelled.papers == 0
    assert await pending(bot) == {FIRST: {"video"}, SECOND: {"video"}}


@pytest.mark.thorough
async def test_two_removed_after_another_return_what_each_had_pending(bot: Bot) -> None:
    await planned(bot, "video, agents")
    await unsubscribe(bot)
    await unsubscribe(bot, "agents")
    assert await pending(bot) == {}

    await subscribe(bot)
    assert await pending(bot) == {FIRST: {"video"}, SECOND: {"video"}}
    await subscribe(bot, "agents")
    assert await pending(bot) == {FIRST: {"agent", "video"}, SECOND: {"video"}}


async def test_what_another_query_had_posted_meanwhile_is_not_posted_again(bot: Bot) -> None:
    await planned(bot, "video, agents")
    await unsubscribe(bot)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == [FIRST]

    assert (await subscribe(bot)).returned == 1
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == [FIRST, SECOND]


async def test_a_message_that_may_have_arrived_is_not_cancelled_and_is_posted_once(bot: Bot) -> None:
    await planned(bot)
    bot.publisher.lose_answers(CHANNEL)
    await bot.begin_delivering()
    await bot.until_posted(CHANNEL)
    await bot.delivered()
    assert await pending(bot) != {}

    removal = await unsubscribe(bot)

    assert (removal.cancelled.papers, removal.cancelled.under_way) == (0, 2)
    assert (await subscribe(bot)).returned == 0
    bot.clock.advance(hours=1)
    await bot.run()
    assert sorted(bot.publisher.posted(CHANNEL)) == [FIRST, SECOND]
    assert await pending(bot) == {}


async def test_a_post_is_not_sent_with_papers_that_were_cancelled_since_it_was_claimed(bot: Bot) -> None:
    await planned(bot, "video, agents")
    (claimed,) = await bot.posts()
    await unsubscribe(bot)

    await bot.attempt(claimed)

    assert bot.publisher.posted(CHANNEL) == []
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == [FIRST]


@pytest.mark.thorough
async def test_papers_since_the_removal_are_wanted_whatever_ran_meanwhile(bot: Bot) -> None:
    await bot.subscribe("video, agents", schedule=LIVE)
    await unsubscribe(bot)
    bot.clock.advance(days=2)
    bot.list_paper(FIRST)
    await bot.run()
    bot.clock.advance(days=1)
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == []

    again = await subscribe(bot)

    assert again.made_up is not None
    assert again.made_up.planned == 1
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == [FIRST]


@pytest.mark.parametrize("others_run", [True, thorough(False)])  # noqa: FBT003
async def test_the_last_seven_days_since_the_removal_are_caught_up(bot: Bot, *, others_run: bool) -> None:
    await bot.subscribe("video, agents" if others_run else "video", schedule=LIVE)
    await unsubscribe(bot)
    for number in range(9):
        bot.clock.advance(days=1)
        bot.list_paper(f"2608.{number:05}")
        if number in {0, 8}:
            await bot.run()

    again = await subscribe(bot)
    assert again.made_up is not None
    assert again.made_up.planned == 7
    await bot.run()

    assert sorted(bot.publisher.posted(CHANNEL)) == [f"2608.{number:05}" for number in range(2, 9)]


async def test_a_keyword_that_is_new_beside_one_that_continues_begins_today(bot: Bot) -> None:
    await bot.subscribe("video", schedule=LIVE)
    await unsubscribe(bot)
    bot.clock.advance(days=3)

    both = await subscribe(bot, "video, agents")

    today = open_list_day(bot.clock())
    since = {item.subscription.query.text: today - item.subscription.since for item in both.wanted}
    assert since == {"video": timedelta(days=3), "agents": timedelta()}


@pytest.mark.thorough
async def test_a_weekly_channel_posts_next_time_what_a_run_skipped_meanwhile(bot: Bot) -> None:
    """By then some of it is out of the seven days in which a run looks at a paper again."""
    await bot.subscribe("video, agents", schedule=WEEKLY)
    await bot.run()
    bot.clock.advance(days=1)
    bot.list_paper(FIRST)
    await unsubscribe(bot)
    bot.clock.advance(days=5)
    await bot.run()
    await subscribe(bot)
    for _ in range(8):
        bot.clock.advance(days=1)
        await bot.run()

    assert bot.publisher.posted(CHANNEL) == [FIRST]


@pytest.mark.thorough
async def test_what_was_pending_over_a_long_pause_is_not_lost_by_a_removal_at_its_end(bot: Bot) -> None:
    await bot.subscribe("video, agents", schedule=LIVE)
    await bot.run()
    await bot.services.pausing.pause(ChannelId(CHANNEL), user_id=USER)
    bot.clock.advance(days=1)
    bot.list_paper(FIRST)
    for days in (5, 5, 1):
        await bot.run()
        bot.clock.advance(days=days)
    await unsubscribe(bot)
    await bot.services.pausing.resume(ChannelId(CHANNEL), user_id=USER)
    await bot.run()
    assert bot.publisher.posted(CHANNEL) == []

    await subscribe(bot)
    await bot.run()

    assert bot.publisher.posted(CHANNEL) == [FIRST]


async def test_papers_that_waited_for_upvotes_keep_waiting(bot: Bot) -> None:
    await bot.subscribe("video", schedule=LIVE)
    await bot.services.filters.change(FilterChange(min_upvotes=5), place=PLACE, user_id=USER)
    raw = bot.list_paper(FIRST, upvotes=1)
    await bot.run()
    bot.clock.advance(days=1)
    await unsubscribe(bot)

    again = await subscribe(bot)
    assert again.made_up is not None
    assert (again.made_up.matched, again.made_up.planned) == (1, 0)
    raw["paper"]["upvotes"] = 9
    bot.clock.advance(days=1)
    await bot.run()

    assert bot.publisher.posted(CHANNEL) == [FIRST]


@pytest.mark.parametrize(
    ("after", "returned"),
    [
        (timedelta(days=-2), 2),  # the clock was set back since
        thorough(timedelta(), 2),
        thorough(REMOVED_KEPT - timedelta(minutes=1), 2),
        thorough(REMOVED_KEPT, 0),
    ],
)
async def test_after_thirty_days_it_is_a_new_subscription(bot: Bot, after: timedelta, returned: int) -> None:
    await planned(bot)
    await unsubscribe(bot)
    bot.clock.advance(seconds=after.total_seconds())

    again = await subscribe(bot)

    assert again.returned == returned
    assert [item.is_new for item in again.wanted] == [not returned]
    assert len(await pending(bot)) == returned


async def kept(bot: Bot) -> int:
    async with bot.database.read() as conn:
        return len(await subscriptions.removed(conn, (await bot.feed()).id))


async def test_a_removed_one_is_forgotten_after_thirty_days_and_not_by_a_clock_that_leaps(bot: Bot) -> None:
    seconds = 0.0
    overdue = bot.services.blocked_channels.retention._removed
    overdue._monotonic = lambda: seconds
    await planned(bot)
    await unsubscribe(bot)

    bot.clock.advance(days=365)
    await bot.services.blocked_channels.retention.delete_expired()
    seconds += SURE_AFTER_SECONDS - 1
    await bot.services.blocked_channels.retention.delete_expired()
    bot.clock.advance(days=-365)
    await bot.services.blocked_channels.retention.delete_expired()
    seconds += SURE_AFTER_SECONDS
    await bot.services.blocked_channels.retention.delete_expired()
    assert await kept(bot) == 1

    bot.clock.advance(days=31)
    await bot.services.blocked_channels.retention.delete_expired()
    assert await kept(bot) == 1
    seconds += SURE_AFTER_SECONDS
    await bot.services.blocked_channels.retention.delete_expired()
    assert await kept(bot) == 0


async def test_undoing_adds_all_of_it_again_once(bot: Bot) -> None:
    await planned(bot, "video, agents")
    removal = await unsubscribe(bot, "all of them")
    await bot.restart()

    done = await undo(bot, removal)

    assert done.returned == 2
    assert [item.subscription.query.text for item in done.wanted] == ["video", "agents"]
    with pytest.raises(UserError, match="already undone"):
        await undo(bot, removal)
    await bot.run()
    assert sorted(bot.publisher.posted(CHANNEL)) == [FIRST, SECOND]


async def test_only_the_removal_that_was_asked_for_is_undone(bot: Bot) -> None:
    await planned(bot, "video, agents")
    first, second = await unsubscribe(bot), await unsubscribe(bot, "agents")

    done = await undo(bot, second)

    assert [item.subscription.query.text for item in done.wanted] == ["agents"]
    await undo(bot, first)
    with pytest.raises(UserError, match="already undone"):
        await undo(bot, second)


async def test_what_was_removed_again_or_too_long_ago_cannot_be_undone(bot: Bot) -> None:
    await planned(bot)
    first = await unsubscribe(bot)
    await subscribe(bot)
    second = await unsubscribe(bot)
    found = await bot.services.changes.history(SERVER, channel_id=None, visible=everything)
    assert [change.what for change in found.changes[:2]] == [
        "unsubscribed from *video*",
        "subscribed again to *video*",
    ]
    with pytest.raises(UserError, match="no longer be undone"):
        await undo(bot, first)

    bot.clock.advance(days=30)
    with pytest.raises(UserError, match="no longer be undone"):
        await undo(bot, second)
    assert await pending(bot) == {}


async def copied(bot: Bot) -> None:
    """Another channel has the same subscription, and is copied here."""
    await bot.subscribe("video", channel=OTHER, schedule=LIVE)
    wanted = await bot.services.transfer.feed_to_copy(ChannelId(OTHER), to=ChannelId(CHANNEL))
    (transfer,) = await bot.services.transfer.apply([(wanted, PLACE)], user_id=USER, how="copied")
    assert (transfer.resumed, transfer.returned) == (1, 2)


async def imported(bot: Bot) -> None:
    """A list of keywords is imported."""
    (wanted,) = await bot.services.transfer.read(b"Video", name="list.txt")
    (transfer,) = await bot.services.transfer.apply([(wanted, PLACE)], user_id=USER, how="imported")
    assert (transfer.resumed, transfer.returned) == (1, 2)


async def set_up(bot: Bot) -> None:
    draft = await bot.services.setup.choose(
        await bot.services.setup.begin(SERVER, cadence=None, focus=None), PLACE
    )
    done = await bot.services.setup.finish(draft.asking_for("video"), user_id=USER)
    assert done.returned == 2


@pytest.mark.parametrize("way", first(1, [copied, imported, set_up]))
async def test_however_it_is_added_again_it_continues_where_it_left_off(
    bot: Bot, way: Callable[[Bot], Awaitable[None]]
) -> None:
    await planned(bot)
    await unsubscribe(bot)

    await way(bot)

    assert await pending(bot) == {FIRST: {"video"}, SECOND: {"video"}}


@pytest.mark.thorough
async def test_a_file_exported_before_the_removal_brings_it_back(bot: Bot) -> None:
    await planned(bot)
    (file,) = await bot.services.transfer.export([await bot.feed()], names={ChannelId(CHANNEL): "papers"})
    await unsubscribe(bot)

    (wanted,) = await bot.services.transfer.read(file, name="paperboy-feeds.json")
    (transfer,) = await bot.services.transfer.apply([(wanted, PLACE)], user_id=USER, how="imported")

    assert transfer.returned == 2
    assert await pending(bot) == {FIRST: {"video"}, SECOND: {"video"}}


async def test_removed_ones_count_for_no_limit_and_those_that_return_do(bot: Bot) -> None:
    bot.services.subscriptions._limits = Limits(subscriptions=2)
    await subscribe(bot, "video, agents")
    removal = await unsubscribe(bot, "all of them")
    await subscribe(bot, "robots, tea")

    with pytest.raises(UserError, match="2 subscriptions"):
        await undo(bot, removal)

    await unsubscribe(bot, "all of them")
    assert len((await undo(bot, removal)).wanted) == 2


async def paused(bot: Bot) -> None:
    await bot.services.pausing.pause(ChannelId(CHANNEL), user_id=USER)
    await bot.run()
    bot.clock.advance(hours=1)
    await bot.services.pausing.resume(ChannelId(CHANNEL), user_id=USER)


async def rescheduled(bot: Bot) -> None:
    for cadence in (Cadence.WEEKLY, Cadence.DAILY):
        await bot.services.feeds.schedule(
            place=PLACE, user_id=USER, cadence=cadence, time="08:00", timezone="Asia/Tokyo", weekdays="Mon"
        )


async def filtered(bot: Bot) -> None:
    for change in (FilterChange(min_upvotes=900, exclude="video"), FilterChange(min_upvotes=0, exclude="-")):
        await bot.services.filters.change(change, place=PLACE, user_id=USER)
        await bot.services.runs.run()


async def kicked(bot: Bot) -> None:
    await bot.services.blocked_channels.server_left(ServerId(SERVER))
    await bot.run()
    bot.clock.advance(days=9)
    await bot.services.blocked_channels.server_joined(ServerId(SERVER))


async def unsubscribed(bot: Bot) -> None:
    await undo(bot, await unsubscribe(bot, "all of them"))


@pytest.mark.parametrize(
    "mistake", [thorough(paused), rescheduled, thorough(filtered), thorough(kicked), thorough(unsubscribed)]
)
async def test_undoing_a_mistake_loses_nothing_that_was_pending_or_listed(
    bot: Bot, mistake: Callable[[Bot], Awaitable[None]]
) -> None:
    await planned(bot)
    bot.list_paper(THIRD)  # listed, and not planned yet

    await mistake(bot)
    for _ in range(2):
        await bot.run()
        bot.clock.advance(days=7)

    assert sorted(bot.publisher.posted(CHANNEL)) == [FIRST, SECOND, THIRD]
