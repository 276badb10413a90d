"""Explaining agrees with delivering, paper by paper; and looking up agrees with both."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.decisions import Stage
from bot.core.ids import ChannelId, PaperId
from bot.errors import UserError
from bot.services.feeds.filters import FilterChange
from bot.services.queries.search import RECENT_DAYS
from tests.examples import THOROUGH, examples
from tests.queries import expression
from tests.services.bots import CHANNEL, OTHER, USER, Bot, a_bot, everything
from tests.stores import freed

TITLES = [
    "Video Models",
    "Multi-Modal Agents",
    "Multimodal agent surveys",
    "Chain-of-Thought",
    "LLMs and their data",
    "A* Search in C++",
    "Études of α",
]
QUERIES = [
    "video",
    "multimodal",
    "multi modal agents",
    "agent -survey",
    "chain of thought",
    'title:"data" OR llm*',
    "C++",
    "A*",
    "etude",
    "*",
    "*,video",
    "author:Ada",
]

a_paper = st.fixed_dictionaries(
    {
        "title": st.sampled_from(TITLES),
        "days_ago": st.integers(0, 20),
        "upvotes": st.integers(0, 5),
        "is_withdrawn": st.sampled_from([True, False, False]),
        "has_code": st.booleans(),
    }
)
a_feed = st.fixed_dictionaries(
    {
        "queries": st.sets(st.sampled_from(QUERIES), min_size=1, max_size=3),
        "days_ago": st.integers(0, 15),
        "ran_days_ago": st.none() | st.integers(0, 15),
        "min_upvotes": st.integers(0, 4),
        "only_with_code": st.booleans(),
        "exclude": st.none() | st.sampled_from(["models", "llm* OR étude"]),
    }
)


async def set_up(bot: Bot, papers: list[dict[str, Any]], feed: dict[str, Any]) -> None:
    now = bot.clock()
    for number, paper in enumerate(papers):
        withdrawn = {"withdrawnAt": "2026-08-19T05:00:00.000Z"} if paper["is_withdrawn"] else {}
        bot.list_paper(
            f"2608.{number:05}",
            title=paper["title"],
            upvotes=paper["upvotes"],
            day=bot.today - timedelta(days=paper["days_ago"]),
            paper=withdrawn if paper["has_code"] else withdrawn | {"githubRepo": None},
        )
    for back in {paper["days_ago"] for paper in papers}:
        await bot.services.polling.read_day(bot.today - timedelta(days=back))
    bot.clock.now = now - timedelta(days=feed["days_ago"])
    await bot.subscribe(", ".join(sorted(feed["queries"])))
    bot.clock.now = now
    change = FilterChange(
        min_upvotes=feed["min_upvotes"], only_with_code=feed["only_with_code"], exclude=feed["exclude"]
    )
    await bot.services.filters.change(change, place=(await bot.feed()).place, user_id=USER)
    ran = feed["ran_days_ago"]
    await bot.execute(
        "UPDATE feeds SET last_run_at = :ran_at",
        ran_at=None if ran is None else now - timedelta(days=ran),
    )


@pytest.mark.usefixtures("each_store")
@settings(max_examples=examples(2), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(a_paper, max_size=12 if THOROUGH else 6), a_feed)
async def test_explaining_says_of_every_paper_what_delivering_does(
    tmp_path_factory: pytest.TempPathFactory, papers: list[dict[str, Any]], feed: dict[str, Any]
) -> None:
    async with freed(), a_bot(tmp_path_factory.mktemp("bot")) as bot:
        await set_up(bot, papers, feed)
        explain = bot.services.explanations.explain
        channel_id = ChannelId(CHANNEL)
        answer: dict[str, Stage] = {}
        for number in range(len(papers)):
            found = await explain(PaperId(f"2608.{number:05}"), channel_id=channel_id)
            answer[found.paper.id] = found.decision.stage

        await bot.services.runs.deliver_now(await bot.feed())
        await bot.delivered()

        posted = bot.publisher.posted(CHANNEL)
        assert sorted(posted) == sorted(one for one, stage in answer.items() if stage is Stage.POST)
        for paper_id, stage in answer.items():
            now = (await explain(PaperId(paper_id), channel_id=channel_id)).decision
            assert now.stage is (Stage.POSTED if stage is Stage.POST else stage)


@pytest.mark.usefixtures("each_store")
@settings(max_examples=examples(2), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(a_paper, max_size=12 if THOROUGH else 4), st.sampled_from(QUERIES[:-2]))
async def test_a_preview_shows_what_a_subscription_would_have_brought(
    tmp_path_factory: pytest.TempPathFactory, papers: list[dict[str, Any]], query: str
) -> None:
    async with freed(), a_bot(tmp_path_factory.mktemp("bot")) as bot:
        feed = {"queries": {query}, "days_ago": 15, "ran_days_ago": None, "min_upvotes": 0}
        feed |= {"only_with_code": False, "exclude": None}
        kept = [paper | {"is_withdrawn": False} for paper in papers]
        await set_up(bot, kept, feed)
        preview = await bot.services.search.preview(query, days=16)
        await bot.services.runs.deliver_now(await bot.feed())
        await bot.delivered()
        assert {paper.id for paper in preview.papers} == set(bot.publisher.posted(CHANNEL))


async def test_a_preview_has_the_newest_day_first_and_within_it_the_best(bot: Bot) -> None:
    for number, (back, upvotes) in enumerate([(1, 5), (0, 1), (0, 3), (6, 9), (7, 9)]):
        bot.list_paper(f"2608.{number:05}", day=bot.today - timedelta(days=back), upvotes=upvotes)
    for back in (0, 1, 6, 7):
        await bot.services.polling.read_day(bot.today - timedelta(days=back))
    found = await bot.services.search.preview("video", days=RECENT_DAYS)
    assert [paper.id for paper in found.papers] == [f"2608.0000{number}" for number in (2, 1, 0, 3)]
    assert found.days_known == 3


async def test_what_cannot_be_explained_is_said(bot: Bot) -> None:
    explain = bot.services.explanations.explain
    with pytest.raises(UserError, match="no subscriptions"):
        await explain(PaperId("2608.00001"), channel_id=ChannelId(CHANNEL))
    await bot.subscribe()
    with pytest.raises(UserError, match="no paper"):
        await explain(PaperId("2608.00001"), channel_id=ChannelId(CHANNEL))


async def test_a_paper_that_was_never_listed_is_asked_for_and_explained(bot: Bot) -> None:
    await bot.subscribe()
    raw = bot.list_paper("2608.00001")["paper"]
    del raw["submittedOnDailyAt"]
    bot.hub.papers["2608.00001"] = raw
    found = await bot.services.explanations.explain(PaperId("2608.00001"), channel_id=ChannelId(CHANNEL))
    assert found.decision.stage is Stage.LISTED


async def test_a_paper_that_was_posted_is_explained_after_unsubscribing(bot: Bot) -> None:
    await bot.subscribe()
    bot.list_paper("2608.00001")
    bot.clock.advance(hours=1)
    await bot.run()
    await bot.services.subscriptions.unsubscribe("video", channel_id=ChannelId(CHANNEL), user_id=USER)
    found = await bot.services.explanations.explain(PaperId("2608.00001"), channel_id=ChannelId(CHANNEL))
    assert found.decision.stage is Stage.POSTED
    assert found.post is not None
    assert found.post.message_id is not None


async def test_status_tells_how_each_feed_of_the_server_stands(bot: Bot, tmp_path: Path) -> None:
    feed = await bot.subscribe("video, agents")
    await bot.subscribe(channel=OTHER)
    bot.list_paper("2608.00001")
    bot.clock.advance(hours=1)
    await bot.services.runs.run()
    found = await bot.services.status.of_server(feed.server_id, visible=everything)
    assert [(feed.feed.channel_id, feed.subscriptions, feed.waiting) for feed in found.feeds] == [
        (CHANNEL, 2, 1),
        (OTHER, 1, 1),
    ]
    assert found.papers == 1
    assert found.last_run is not None
    assert found.next_run_at == bot.clock() + timedelta(minutes=30)
    assert not found.source.is_failing
    assert found.failed == ()


async def test_searching_finds_nothing_for_a_query_that_matches_nothing(bot: Bot) -> None:
    compiled = expression("nothing")
    assert await bot.services.search.recent([compiled], days=7) == {compiled: []}
