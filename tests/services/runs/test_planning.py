"""Planning: what matches becomes posts; a bug in one feed or query stays its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

import pytest

from bot.core.feeds import Feed, FeedSettings, LastRun, Style, Subscription
from bot.core.ids import ChannelId, FeedId, PaperId, RoleId, ServerId, SubscriptionId
from bot.core.papers import Paper
from bot.services.runs import layout as layout_module
from bot.services.runs.planning import Planned, plan, plan_older
from bot.services.runs.window import Window
from tests.fakes.feeds import feed_with
from tests.queries import compiled
from tests.samples import NINE_ON_WEEKDAYS, NOW, TODAY, a_paper


def feed(number: int = 1) -> Feed:
    return Feed(
        id=FeedId(number),
        server_id=ServerId(1),
        channel_id=ChannelId(number + 100),
        settings=FeedSettings(schedule=NINE_ON_WEEKDAYS),
        next_run_at=NOW,
        created_at=NOW,
    )


def subscription(keywords: str = "video", *, of: int = 1) -> Subscription:
    return Subscription(
        id=SubscriptionId(1),
        feed_id=FeedId(of),
        query=compiled(keywords),
        since=TODAY,
        created_at=NOW,
    )


def planned(
    feeds: Sequence[Feed],
    papers: Sequence[Paper],
    *subscriptions: Subscription,
    posted: frozenset[tuple[FeedId, PaperId]] = frozenset(),
    first_seen: Mapping[PaperId, datetime] = MappingProxyType({}),
) -> Planned:
    wanted: dict[FeedId, list[Subscription]] = {}
    for item in subscriptions:
        wanted.setdefault(item.feed_id, []).append(item)
    window = Window(papers, since=NOW, first_seen=first_seen, now=NOW, backfill_days=30)
    return plan(feeds, window, subscriptions=wanted, posted=posted)


def ids(found: Planned, number: int = 1) -> list[str]:
    return [paper.id for item in found.plans if item.feed.id == number for paper in item.papers]


def test_each_feed_posts_what_it_wants_by_upvotes() -> None:
    papers = [a_paper(1, upvotes=1), a_paper(2, title="Agents"), a_paper(3, upvotes=9)]
    found = planned([feed(1), feed(2), feed(3)], papers, subscription(), subscription("agents", of=2))
    assert ids(found) == ["2608.00003", "2608.00001"]
    assert ids(found, 2) == ["2608.00002"]
    assert [item.feed.id for item in found.plans] == [1, 2]
    assert found.broken == frozenset()


def test_a_paper_that_matches_two_queries_is_posted_once_with_both() -> None:
    (item,) = planned(
        [feed()], [a_paper(1, title="Video Agents")], subscription(), subscription("agents")
    ).plans
    (post,) = item.posts
    (entry,) = post.entries
    assert set(entry.queries) == {"video", compiled("agents").canonical}


def test_posted_papers_are_left_out() -> None:
    found = planned(
        [feed()],
        [a_paper(1), a_paper(2)],
        subscription(),
        posted=frozenset({(FeedId(1), PaperId("2608.00001"))}),
    )
    assert ids(found) == ["2608.00002"]


YESTERDAY = NOW - timedelta(days=1)


def test_a_run_reports_new_matching_and_planned_papers() -> None:
    filtered = feed_with(feed(), min_upvotes=5, last_run_at=YESTERDAY)
    papers = [
        a_paper(1, upvotes=9),
        a_paper(2, upvotes=1),
        a_paper(3, title="Agents"),
        a_paper(4, upvotes=9),
        a_paper(5, upvotes=9, list_day=TODAY - timedelta(days=1)),  # from before the subscription
    ]
    seen = {paper.id: NOW for paper in papers} | {PaperId("2608.00002"): YESTERDAY}
    found = planned(
        [filtered],
        papers,
        subscription(),
        posted=frozenset({(FeedId(1), PaperId("2608.00004"))}),
        first_seen=seen,
    )
    assert found.figures == {1: LastRun(new=3, matched=2, planned=1)}


def test_every_wanted_paper_is_new_at_a_feeds_first_run() -> None:
    papers = [a_paper(1), a_paper(2, title="Agents"), a_paper(3, list_day=TODAY - timedelta(days=1))]
    found = planned([feed(), replace(feed(2), last_run_at=YESTERDAY)], papers, subscription())
    assert found.figures == {
        1: LastRun(new=2, matched=1, planned=1),
        2: LastRun(new=0, matched=0, planned=0),
    }


def test_a_withdrawn_paper_is_not_new() -> None:
    found = planned([feed()], [replace(a_paper(1), withdrawn_at=NOW)], subscription())
    assert found.figures == {1: LastRun(new=0, matched=0, planned=0)}


def test_every_message_has_its_own_nonce_that_discord_accepts() -> None:
    found = planned(
        [feed_with(feed(), style=Style.DIGEST)], [a_paper(number) for number in range(200)], subscription()
    )
    nonces = [post.nonce for item in found.plans for post in item.posts]
    assert len(nonces) == len(set(nonces)) > 1
    assert all(0 < len(nonce) <= 25 for nonce in nonces)


def test_a_query_that_cannot_be_evaluated_affects_no_other(caplog: pytest.LogCaptureFixture) -> None:
    good = subscription("agents")
    bad = replace(good, query=replace(good.query, expression="&)"))
    found = planned([feed(1), feed(2)], [a_paper(1)], bad, subscription(), subscription(of=2))
    assert ids(found) == ["2608.00001"]
    assert ids(found, 2) == ["2608.00001"]
    assert found.broken == {1}
    assert "'&)'" in caplog.text


def test_a_bug_in_one_feed_affects_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = layout_module.layout

    def layout(papers: Sequence[Paper], **rest: object) -> object:
        if rest["style"] is Style.DIGEST:
            raise ZeroDivisionError
        return whole(papers, **rest)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(layout_module, "layout", layout)
    digest = feed_with(feed(1), style=Style.DIGEST)
    found = planned([digest, feed(2)], [a_paper(1)], subscription(), subscription(of=2))
    assert ids(found, 2) == ["2608.00001"]
    assert found.broken == {1}
    assert "Feed 1 could not be planned" in caplog.text


def test_older_papers_are_the_newest_from_before_the_subscription() -> None:
    papers = [a_paper(number, list_day=TODAY - timedelta(days=number)) for number in range(9)] + [
        a_paper(99, title="Agents", list_day=TODAY - timedelta(days=1))
    ]
    older = plan_older(
        feed(),
        papers=papers,
        subscriptions=[subscription()],
        posted={(FeedId(1), PaperId("2608.00002"))},
        count=3,
    )
    assert older is not None
    assert [paper.id for paper in older.papers] == ["2608.00001", "2608.00003"]


def test_requested_older_papers_ping_nobody() -> None:
    pinging = feed_with(feed(), mention_role_id=RoleId(7))
    papers = [a_paper(1), a_paper(2, list_day=TODAY - timedelta(days=1))]
    older = plan_older(pinging, papers=papers, subscriptions=[subscription()], posted=(), count=3)
    assert older is not None
    assert [post.mention_role_id for post in older.posts] == [None]
    (planned_now,) = planned([pinging], papers, subscription()).plans
    assert [post.mention_role_id for post in planned_now.posts] == [7]


def test_nothing_older_is_no_plan() -> None:
    found = plan_older(feed(), papers=[a_paper(1)], subscriptions=[subscription()], posted=(), count=3)
    assert found is None
