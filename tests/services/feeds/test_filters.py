"""Filters: papers that get their upvotes or their code later, excluded ones, and a filter that changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.decisions import Stage
from bot.core.feeds import LastRun, Place
from bot.core.ids import ChannelId, PaperId
from bot.core.query.errors import QueryError
from bot.core.query.expression import RULES_VERSION
from bot.core.runs import Outcome
from bot.errors import UserError
from bot.matching.index import PaperIndex
from bot.services.feeds.filters import FilterChange
from tests.examples import first
from tests.samples import NINE_ON_WEEKDAYS
from tests.services.bots import CHANNEL, OTHER, SERVER, USER, WEEKLY, Bot

EVERY_DAY = replace(NINE_ON_WEEKDAYS, weekdays=frozenset(range(7)))
PAPER = PaperId("2608.00001")


async def filtered(bot: Bot, *, channel: int = CHANNEL, **given: Any) -> None:
    feed = await bot.feed(channel)
    place = Place(server_id=SERVER, channel_id=ChannelId(channel), kind=feed.kind)
    await bot.services.filters.change(FilterChange(**given), place=place, user_id=USER)


async def next_day(bot: Bot, days: int = 1) -> None:
    bot.clock.advance(days=days)
    await bot.run()


async def explained(bot: Bot, paper_id: PaperId = PAPER) -> Any:
    found = await bot.services.explanations.explain(paper_id, channel_id=ChannelId(CHANNEL))
    return found.decision


def posted(bot: Bot, channel: int = CHANNEL) -> list[str]:
    return bot.publisher.posted(channel)


async def test_a_paper_that_gets_its_upvotes_within_a_week_is_posted_once(bot: Bot) -> None:
    await bot.subscribe(schedule=EVERY_DAY)
    await filtered(bot, min_upvotes=10)
    listed = {day: bot.list_paper(f"2608.0000{day}", upvotes=9) for day in (0, 1, 7, 8)}
    first = bot.clock()
    for day, raw in listed.items():
        bot.clock.now = first + timedelta(days=day)
        raw["paper"]["upvotes"] = 10
        await bot.run()
        assert posted(bot) == [f"2608.0000{crossed}" for crossed in listed if crossed <= min(day, 7)]
        if day == 1:
            decision = await explained(bot, PaperId("2608.00007"))
            assert decision.stage is Stage.UPVOTES


@pytest.mark.thorough
async def test_a_live_feed_gets_it_with_the_poll_that_shows_its_upvotes(bot: Bot) -> None:
    await bot.subscribe()
    await bot.execute("UPDATE feeds SET cadence = 'live'")
    await filtered(bot, min_upvotes=10)
    raw = bot.list_paper(PAPER, upvotes=0)
    for upvotes in (9, 10):
        raw["paper"]["upvotes"] = upvotes
        await bot.run()
        assert posted(bot) == ([PAPER] if upvotes >= 10 else [])
        bot.clock.advance(minutes=30)


@pytest.mark.thorough
async def test_days_off_do_not_lengthen_the_wait(bot: Bot) -> None:
    """A run on Monday reaches further back than a week, for what was listed since Friday, and for that alone."""
    bot.clock.now = datetime(2026, 8, 21, 8, tzinfo=UTC)  # a Friday
    await bot.subscribe()
    await filtered(bot, min_upvotes=10)
    raw = bot.list_paper(PAPER, upvotes=9)
    for day in (21, 24, 25, 26, 27, 28):
        bot.clock.now = datetime(2026, 8, day, 9, tzinfo=UTC)
        await bot.run()
    raw["paper"]["upvotes"] = 50
    bot.clock.advance(hours=3)
    await bot.run()  # its upvotes are read, and the feed is not due
    bot.clock.advance(days=1)
    bot.list_paper("2608.00002", upvotes=20, day=bot.today)
    bot.clock.now = datetime(2026, 8, 31, 9, tzinfo=UTC)
    await bot.run()
    assert posted(bot) == ["2608.00002"]
    decision = await explained(bot)
    assert (decision.stage, decision.filtered_by) == (Stage.REACH, None)


@pytest.mark.thorough
async def test_time_offline_is_caught_up_but_not_for_papers_that_waited_too_long(bot: Bot) -> None:
    await bot.subscribe(schedule=EVERY_DAY)
    await filtered(bot, min_upvotes=10)
    waiting = bot.list_paper(PAPER, upvotes=0)
    await bot.run()
    bot.clock.advance(days=1)
    bot.list_paper("2608.00002", upvotes=10)
    bot.list_paper("2608.00003", upvotes=9)
    waiting["paper"]["upvotes"] = 30
    bot.clock.advance(days=9)
    await bot.restart()
    await bot.run()
    assert posted(bot) == ["2608.00002"]
    for paper_id in (PAPER, "2608.00003"):
        assert (await explained(bot, PaperId(paper_id))).stage is not Stage.POST
    await next_day(bot)
    assert posted(bot) == ["2608.00002"]


@pytest.mark.thorough
async def test_a_changed_threshold_counts_from_the_next_run(bot: Bot) -> None:
    await bot.subscribe(schedule=EVERY_DAY)
    bot.list_paper(PAPER, upvotes=5)
    bot.list_paper("2608.00002", upvotes=50)
    await filtered(bot, min_upvotes=100)
    await bot.run()
    assert posted(bot) == []
    await filtered(bot, min_upvotes=10)
    assert posted(bot) == []
    await next_day(bot)
    assert posted(bot) == ["2608.00002"]
    await filtered(bot, min_upvotes=0)
    await next_day(bot, 7)
    assert posted(bot) == ["2608.00002"]  # the eighth day: too late for the other


async def test_a_pending_post_is_sent_even_if_the_filter_would_now_exclude_it(bot: Bot) -> None:
    await bot.subscribe(schedule=EVERY_DAY)
    bot.list_paper(PAPER, upvotes=5)
    await bot.services.runs.run()
    await filtered(bot, min_upvotes=100, only_with_code=True, exclude="video")
    await bot.delivered()
    assert posted(bot) == [PAPER]
    assert (await explained(bot)).stage is Stage.POSTED


async def test_a_paper_goes_out_when_it_gets_its_code(bot: Bot) -> None:
    await bot.subscribe(schedule=EVERY_DAY)
    await filtered(bot, only_with_code=True)
    raw = bot.list_paper(PAPER)
    repo = raw["paper"].pop("githubRepo")
    bot.list_paper("2608.00002")
    await bot.run()
    assert posted(bot) == ["2608.00002"]
    decision = await explained(bot)
    assert (decision.stage, decision.waits_until) == (Stage.CODE, bot.today + timedelta(days=7))
    raw["paper"]["githubRepo"] = repo
    await next_day(bot, 7)
    assert posted(bot) == ["2608.00002", PAPER]


async def test_an_excluded_paper_stays_out_until_the_exclusion_ends(bot: Bot) -> None:
    await bot.subscribe(schedule=EVERY_DAY)
    await bot.subscribe(channel=OTHER, schedule=EVERY_DAY)
    await filtered(bot, exclude="survey*,  title:benchmark")
    bot.list_paper(PAPER, title="Video Surveys")
    bot.list_paper("2608.00002", title="A Video Benchmark")
    bot.list_paper("2608.00003", title="Video")
    await bot.run()
    assert posted(bot) == ["2608.00003"]
    assert sorted(posted(bot, OTHER)) == [PAPER, "2608.00002", "2608.00003"]
    assert (await bot.feed()).last_run == LastRun(new=3, matched=3, planned=1)
    assert (await explained(bot)).stage is Stage.EXCLUDED
    exclude = (await bot.feed()).settings.exclude
    assert exclude is not None
    assert exclude.text == "survey*, title:benchmark"
    await filtered(bot, exclude="title:benchmark")
    await next_day(bot)
    assert posted(bot) == ["2608.00003", PAPER]


@pytest.mark.parametrize("typed", first(1, ["-", " none ", "None"]))
async def test_an_exclusion_is_ended_and_the_rest_of_the_filter_stays(bot: Bot, typed: str) -> None:
    await bot.subscribe()
    await filtered(bot, min_upvotes=7, max_papers=3, only_with_code=True, exclude="survey")
    await filtered(bot, exclude=typed)
    feed = await bot.feed()
    assert (
        feed.settings.exclude,
        feed.settings.min_upvotes,
        feed.settings.max_papers,
        feed.settings.only_with_code,
    ) == (None, 7, 3, True)


@pytest.mark.parametrize(
    ("given", "error"),
    first(
        1,
        [
            ({}, UserError),
            ({"exclude": "(open", "min_upvotes": 3}, QueryError),
            ({"exclude": "-survey", "min_upvotes": 3}, QueryError),
            ({"exclude": "*", "min_upvotes": 3}, UserError),
        ],
    ),
)
async def test_a_filter_that_cannot_be_read_changes_nothing(
    bot: Bot, given: dict[str, Any], error: type[Exception]
) -> None:
    await bot.subscribe()
    await filtered(bot, exclude="survey")
    before = await bot.feed()
    with pytest.raises(error):
        await filtered(bot, **given)
    assert await bot.feed() == before


async def test_what_is_excluded_is_brought_up_to_new_rules(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    await bot.subscribe()
    await bot.subscribe(channel=OTHER)
    for channel in (CHANNEL, OTHER):
        await filtered(bot, channel=channel, exclude="surveys")
    good = (await bot.feed()).settings.exclude
    await bot.execute("UPDATE feeds SET exclude_rules_version = 0, exclude_compiled = 'x'")
    await bot.execute("UPDATE feeds SET exclude_text = '(' WHERE channel_id = :id", id=OTHER)
    assert await bot.services.recompiling.run() == 2
    assert (await bot.feed()).settings.exclude == good
    assert good is not None
    assert good.rules_version == RULES_VERSION
    unreadable = (await bot.feed(OTHER)).settings.exclude
    assert unreadable is not None
    assert unreadable.expression == "x"
    assert "cannot be read by today's rules" in caplog.text


@pytest.mark.thorough
async def test_where_what_is_excluded_cannot_be_looked_up_nothing_is_posted_and_nothing_lost(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = PaperIndex.search

    def broken(self: PaperIndex, compiled: str) -> tuple[PaperId, ...]:
        if "survey" in compiled:
            raise ZeroDivisionError
        return whole(self, compiled)

    def all_broken(self: PaperIndex, expressions: Iterable[str]) -> dict[str, tuple[PaperId, ...]]:
        return {expression: found for expression in expressions if (found := self.search(expression))}

    await bot.subscribe(schedule=EVERY_DAY)
    await bot.subscribe(channel=OTHER, schedule=EVERY_DAY)
    await filtered(bot, exclude="survey")
    bot.list_paper(PAPER, title="Video Survey")
    bot.list_paper("2608.00002")
    with monkeypatch.context() as patched:
        patched.setattr(PaperIndex, "search", broken)
        patched.setattr(PaperIndex, "search_many", all_broken)
        await bot.run()
    assert posted(bot) == []
    assert len(posted(bot, OTHER)) == 2
    assert (await bot.last_run()).outcome is Outcome.FAILED
    await next_day(bot)
    assert posted(bot) == ["2608.00002"]


async def test_older_matches_by_the_button_obey_the_filter(bot: Bot) -> None:
    yesterday = bot.today - timedelta(days=1)
    bot.list_paper(PAPER, title="Video Survey", day=yesterday, upvotes=50)
    bot.list_paper("2608.00002", day=yesterday, upvotes=3)
    bot.list_paper("2608.00003", day=yesterday, upvotes=30)
    bot.list_paper("2608.00004", day=yesterday, upvotes=40)["paper"].pop("githubRepo")
    await bot.services.polling.read_day(yesterday)
    await bot.subscribe()
    await filtered(bot, min_upvotes=10, only_with_code=True, exclude="survey")
    feed = await bot.feed()
    found = await bot.services.subscriptions.of_channel(ChannelId(CHANNEL))
    assert found is not None
    await bot.services.runs.deliver_older(feed, found.subscriptions, count=5)
    await bot.delivered()
    assert posted(bot) == ["2608.00003"]


async def test_a_weekly_feed_shows_the_weeks_best_and_folds_the_rest(bot: Bot) -> None:
    await bot.subscribe(schedule=WEEKLY)
    bot.clock.advance(hours=1)  # its hour
    await bot.run()
    await filtered(bot, max_papers=3, min_upvotes=2)
    for number in range(1, 8):
        bot.clock.advance(days=1)
        bot.list_paper(f"2608.{number:05}", upvotes=number)
        if number >= 5:  # the day of its posts, and later ones
            await bot.run()
    cards = [entry.paper_id for post in await bot.posts() for entry in post.entries if entry.form == "card"]
    lines = [entry.paper_id for post in await bot.posts() for entry in post.entries if entry.form == "more"]
    ran_at = (await bot.feed()).last_run_at
    assert ran_at == datetime(2026, 8, 24, 9, tzinfo=UTC)  # Monday, the first of its days
    assert cards == ["2608.00005", "2608.00004", "2608.00003"]
    assert lines == ["2608.00002"]
