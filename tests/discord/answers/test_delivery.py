"""The answer of /deliver."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot.core.access import Access
from bot.core.decisions import Stage
from bot.core.feeds import Block, Feed, FeedKind
from bot.core.ids import ChannelId, FeedId, MessageId, PaperId, PostId, ServerId
from bot.core.posts import Entry, Form, Post, PostState
from bot.discord.answers.delivery import delivered as answer_of_deliver
from bot.errors import Problem, ProblemKind
from bot.services.delivery.outbox import Delivered
from bot.services.feeds.feeds import DeliveredNow
from bot.services.runs.run import RequestedRun
from tests.discord.answers.test_feed_settings import state
from tests.discord.answers.test_feed_status import FEED, changed
from tests.samples import NOW

LATER = NOW + timedelta(hours=1)


def post(number: int = 1, **values: object) -> Post:
    whole = Post(
        id=PostId(number),
        feed_id=FeedId(1),
        server_id=ServerId(2),
        channel_id=ChannelId(3),
        state=PostState.PENDING,
        nonce="n",
        entries=(Entry(paper_id=PaperId("2608.00001"), form=Form.CARD, queries=()),),
        planned_at=NOW,
        next_attempt_at=LATER,
    )
    return replace(whole, **values)


def delivered(
    *posts: Post, feed: Feed = FEED, access: Access | None = None, **run: object
) -> tuple[str, str]:
    """The title and the text of the answer about these posts, after this run."""
    whole = RequestedRun(
        post_ids=(), since=date(2026, 8, 12), filtered={}, unreadable=0, list_problem=None, is_whole=True
    )
    result = DeliveredNow(
        state=state(feed, access=access),
        run=replace(whole, **run),
        delivered=Delivered(
            sent=tuple(post for post in posts if post.state is PostState.SENT),
            waiting=tuple(post for post in posts if post.state is PostState.PENDING),
            failed=tuple(post for post in posts if post.state is PostState.FAILED),
        ),
    )
    embed = answer_of_deliver(result, now=NOW)
    return embed.title or "", embed.description or ""


def test_a_pending_paper_is_shown_with_the_reason_and_the_next_attempt() -> None:
    title, answer = delivered(post(reason="Discord answered 503."))

    assert title == "Nothing posted"
    assert answer.startswith("1 paper is still pending: Discord answered 503. Next attempt: <t:1787130000:f>")


def test_unconfirmed_papers_are_counted_apart_from_pending_ones() -> None:
    sent = post(state=PostState.SENT, message_id=MessageId(4), sent_at=NOW)
    title, answer = delivered(sent, post(2), post(3, unconfirmed_since=NOW))

    assert title == "Posted"
    assert "Posted 1 paper in <#3>: https://discord.com/channels/2/3/4" in answer
    assert "1 paper is still pending." in answer
    assert "1 paper is unconfirmed. It may or may not have been posted" in answer
    assert "**Read Message History**" in answer


def test_papers_of_a_channel_that_became_blocked_are_pending() -> None:
    blocked = changed(block=Block(reason="I'm missing **Embed Links**.", since=NOW))
    _, answer = delivered(post(reason="I'm missing **Embed Links**."), feed=blocked)

    assert answer.count("I'm missing **Embed Links**.") == 1
    assert "1 paper is still pending: the channel is blocked." in answer
    assert "**Blocked**" in answer
    assert "next attempt" not in answer.lower()


def test_papers_that_failed_for_the_same_reason_share_a_line() -> None:
    failed = [post(number, state=PostState.FAILED, reason="Discord refused it.") for number in range(8)]
    other = post(9, state=PostState.FAILED, reason="AutoMod blocked it.")

    _, answer = delivered(*failed, other)

    assert answer.count("Discord refused it.") == 1
    assert "8 papers could not be posted. Discord refused it. Use `/deliver` there to try again." in answer
    assert "1 paper could not be posted. AutoMod blocked it. Use `/deliver` there to try again." in answer


def test_a_failed_paper_says_how_to_try_again() -> None:
    _, answer = delivered(post(state=PostState.FAILED, reason="Discord rejected it."))

    assert "1 paper could not be posted. Discord rejected it. Use `/deliver` there to try again." in answer


ALL_POSTED = "all matching papers listed since 12 Aug 2026 have been posted"


def test_nothing_is_pending_is_said_only_where_it_is_known() -> None:
    assert ALL_POSTED in delivered()[1]
    sent = post(state=PostState.SENT, message_id=MessageId(4), sent_at=NOW)
    for answer in (
        delivered(filtered={Stage.UPVOTES: 7})[1],
        delivered(filtered={Stage.CODE: 1})[1],
        delivered(filtered={Stage.EXCLUDED: 1})[1],
        delivered(list_problem=Problem(ProblemKind.SERVER_ERROR, 500))[1],
        delivered(unreadable=2)[1],
        delivered(is_whole=False)[1],
        delivered(sent)[1],
        delivered(post(2))[1],
        delivered(post(3, state=PostState.FAILED, reason="Discord rejected it."))[1],
    ):
        assert "all matching papers" not in answer


def test_filtered_papers_are_counted_with_what_they_need() -> None:
    feed = changed(min_upvotes=10, only_with_code=True)
    _, answer = delivered(feed=feed, filtered={Stage.UPVOTES: 7, Stage.CODE: 1})

    assert "7 matching papers have fewer than 10 upvotes so far." in answer
    assert "1 matching paper has no code repository so far." in answer
    assert "rechecked at every run for 7 days after their list day" in answer


def test_a_list_that_could_not_be_read_is_mentioned_besides_what_was_posted() -> None:
    sent = post(state=PostState.SENT, message_id=MessageId(4), sent_at=NOW)
    _, answer = delivered(sent, list_problem=Problem(ProblemKind.TIMED_OUT))

    assert "Posted 1 paper" in answer
    assert (
        "The list could not be read completely just now, because Hugging Face did not answer in time."
        in answer
    )


def test_a_forum_links_to_the_post() -> None:
    sent = post(state=PostState.SENT, message_id=MessageId(4), sent_at=NOW, kind=FeedKind.FORUM)

    assert "https://discord.com/channels/2/4" in delivered(sent)[1]


def test_obstacles_to_follow_ups_are_shown() -> None:
    feed = changed(opens_threads=True, publishes=True)
    access = Access(threads_obstacle="No threads.", publishing_obstacle="No followers.")
    text = delivered(feed=feed, access=access)[1]
    assert "Threads are not opened: No threads." in text
    assert "Messages are not published: No followers." in text
