"""The findings about feeds and their channels."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any

from bot.core.access import Access
from bot.core.feeds import Block, Feed, FeedSettings
from bot.core.ids import ChannelId, FeedId, ServerId
from bot.core.schedules import Schedule
from bot.doctor.findings import Finding, Sign
from bot.doctor.servers import Target, judge_feeds
from bot.store.inspection import Pending
from tests.fakes.feeds import feed_with
from tests.samples import NOW

NONE_PENDING = Pending(waiting=0, unconfirmed=0, failed=0)


def seen(
    *, pending: Pending = NONE_PENDING, access: Access | None = None, number: int = 1, **fields: Any
) -> Target:
    feed = Feed(
        id=FeedId(number),
        server_id=ServerId(1),
        channel_id=ChannelId(number),
        settings=FeedSettings(schedule=Schedule(time=time(9), weekdays=frozenset({0}), timezone="UTC")),
        next_run_at=NOW,
        created_at=NOW,
    )
    return Target(
        feed=feed_with(feed, **fields),
        pending=pending,
        where=f"#c{number} in Club",
        channel_names={ChannelId(number): f"c{number}"},
        access=Access() if access is None else access,
    )


def one(what: Target) -> Finding:
    (found,) = judge_feeds([what])
    return found


def test_feeds_without_problems_are_one_line_with_their_pending_posts() -> None:
    found = one(seen(pending=Pending(waiting=2, unconfirmed=0, failed=0)))
    assert (found.sign, found.what) == (
        Sign.FINE,
        "1 channel in 1 server: no problems; 2 posts pending",
    )


def test_an_obstacle_is_wrong_and_its_fix_is_plain_text() -> None:
    obstacle = "I'm missing **Embed Links** in <#1>: give me **Embed Links** there, under *Edit Channel*."
    found = one(seen(access=Access(obstacle=obstacle, history_obstacle=obstacle)))
    assert (found.sign, found.what) == (Sign.WRONG, "#c1 in Club: I'm missing Embed Links")
    assert found.remedy == "give me Embed Links there, under Edit Channel"


def test_a_blocked_channel_is_reported_with_its_reason_and_since_when() -> None:
    block = Block(reason="I'm missing **View Channel** in <#1>: give it me.", since=NOW)
    found, not_seen = judge_feeds([seen(block=block, access=Access(is_known=False))])
    assert not_seen.sign is Sign.UNCHECKED
    assert found.sign is Sign.WRONG
    assert found.what == "#c1 in Club has been blocked since 2026-08-19 08:00 UTC: I'm missing View Channel"
    assert found.remedy == "give it me"


def test_a_blocked_channel_whose_problem_is_fixed_says_that_posting_resumes() -> None:
    found = one(seen(block=Block(reason="I'm missing it: give it.", since=NOW)))
    assert "posting resumes automatically" in found.remedy


def test_a_deleted_channel_is_a_warning() -> None:
    gone = one(seen(access=Access(is_gone=True, obstacle="The channel no longer exists.")))
    assert (gone.sign, gone.what) == (Sign.WARNING, "#c1 in Club no longer exists")


def test_permissions_count_only_for_enabled_features() -> None:
    access = Access(
        publishing_obstacle="No one follows: ask.",
        threads_obstacle="I'm missing **Threads** in <#1>: give it.",
    )
    assert one(seen(access=access)).sign is Sign.FINE
    found = judge_feeds([seen(access=access, publishes=True, opens_threads=True)])
    assert [finding.sign for finding in found] == [Sign.WARNING, Sign.WARNING]
    assert found[1].what == "#c1 in Club: I'm missing Threads, so no threads are opened"


def test_failed_and_unconfirmed_posts_are_warnings() -> None:
    found = judge_feeds([seen(pending=Pending(waiting=3, unconfirmed=1, failed=2))])
    assert [finding.what for finding in found] == [
        "#c1 in Club: 2 posts refused by Discord",
        "#c1 in Club: 1 post unconfirmed (may have arrived or not)",
    ]


def test_an_obstacle_in_a_paused_channel_is_not_a_problem() -> None:
    found = one(seen(paused_at=NOW, access=Access(obstacle="I'm missing it: give it.")))
    assert (found.sign, found.what) == (Sign.FINE, "1 channel (1 paused) in 1 server: no problems")


def test_a_channel_that_was_not_seen_is_unchecked() -> None:
    unseen = replace(seen(), access=None)
    (found,) = judge_feeds([unseen])
    assert found.sign is Sign.UNCHECKED


def test_twenty_problems_are_listed_worst_first_and_the_others_counted() -> None:
    bad = [seen(number=n, access=Access(obstacle="I'm missing it: give it.")) for n in range(1, 31)]
    mild = [seen(number=n, pending=Pending(waiting=0, unconfirmed=0, failed=1)) for n in range(31, 41)]
    found = judge_feeds([*mild, *bad])
    assert [finding.sign for finding in found] == [Sign.WRONG] * 21
    assert found[-1].what == "20 more problems"
