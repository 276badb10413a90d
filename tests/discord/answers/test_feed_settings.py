"""The answers about a feed: how it stands, and what /deliver came to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.core.access import Access
from bot.core.decisions import Stage
from bot.core.feeds import Block, Feed, FeedKind, LastRun, Style
from bot.core.ids import ChannelId, FeedId, MessageId, PaperId, PostId, RoleId, ServerId
from bot.core.posts import Entry, Form, Post, PostState
from bot.discord.answers import feed_settings as answers
from bot.errors import Problem, ProblemKind
from bot.services.delivery.outbox import Delivered
from bot.services.feeds.feeds import DeliveredNow, FeedState
from bot.services.runs.run import RequestedRun
from tests.discord.answers.test_phrases import FEED, NOW, changed

LATER = NOW + timedelta(hours=1)


def state(feed: Feed = FEED, *, access: Access | None = None) -> FeedState:
    return FeedState(
        feed=feed,
        subscriptions=(),
        posts={},
        last_sent=None,
        notices_channel_id=None,
        access=access or Access(),
    )


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
    """The title and the text of the answer, with these posts as they stand, after a run as given."""
    whole = RequestedRun(
        post_ids=(), since=date(2026, 8, 12), filtered={}, unreadable=0, list_problem=None, is_whole=True
    )
    result = DeliveredNow(
        state=state(feed, access=access),
        run=replace(whole, **run),
        delivered=Delivered(
            sent=tuple(one for one in posts if one.state is PostState.SENT),
            waiting=tuple(one for one in posts if one.state is PostState.PENDING),
            failed=tuple(one for one in posts if one.state is PostState.FAILED),
        ),
    )
    embed = answers.delivered(result, now=NOW)
    return embed.title or "", embed.description or ""


def shown(feed: Feed, *, access: Access | None = None) -> dict[str, str]:
    embed = answers.shown(state(feed, access=access), title="Settings", now=NOW)
    fields = {str(field.name): str(field.value) for field in embed.fields}
    return fields | {"": embed.description or ""}


def test_what_waits_is_told_with_the_reason_and_the_next_attempt() -> None:
    title, said = delivered(post(reason="Discord answered 503."))

    assert title == "Nothing posted"
    assert said.startswith(
        "1 paper is still pending: Discord answered 503. The next attempt: <t:1787130000:f>"
    )


def test_what_is_in_doubt_is_told_apart_from_what_waits() -> None:
    sent = post(state=PostState.SENT, message_id=MessageId(4), sent_at=NOW)
    title, said = delivered(sent, post(2), post(3, unconfirmed_since=NOW))

    assert title == "Posted"
    assert "Posted 1 paper in <#3>: https://discord.com/channels/2/3/4" in said
    assert "1 paper is still pending." in said
    assert "1 paper is unconfirmed. It may stand in the channel or not" in said
    assert "**Read Message History**" in said


def test_papers_of_a_channel_that_came_to_be_held_are_said_to_wait() -> None:
    blocked = changed(block=Block(reason="I lack **Embed Links**.", since=NOW))
    _, said = delivered(post(reason="I lack **Embed Links**."), feed=blocked)

    assert said.count("I lack **Embed Links**.") == 1
    assert "1 paper could not be posted: the channel is held" in said
    assert "**Held**" in said
    assert "next attempt" not in said.lower()


def test_what_failed_for_the_same_reason_is_one_line_with_a_count() -> None:
    failed = [post(number, state=PostState.FAILED, reason="Discord refused it.") for number in range(8)]
    other = post(9, state=PostState.FAILED, reason="AutoMod blocked it.")

    _, said = delivered(*failed, other)

    assert said.count("Discord refused it.") == 1
    assert "8 papers could not be posted. Discord refused it. `/deliver` there tries again." in said
    assert "1 paper could not be posted. AutoMod blocked it. `/deliver` there tries again." in said


def test_what_failed_says_how_it_is_tried_again() -> None:
    _, said = delivered(post(state=PostState.FAILED, reason="Discord rejected it."))

    assert "1 paper could not be posted. Discord rejected it. `/deliver` there tries again." in said


ALL_POSTED = "all matching papers listed since 12 Aug 2026 have been posted"


def test_that_all_was_posted_is_said_only_where_it_is_known() -> None:
    assert ALL_POSTED in delivered()[1]
    sent = post(state=PostState.SENT, message_id=MessageId(4), sent_at=NOW)
    for said in (
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
        assert "all matching papers" not in said


def test_papers_that_the_filter_stops_are_counted_with_what_they_need() -> None:
    feed = changed(min_upvotes=10, only_with_code=True)
    _, said = delivered(feed=feed, filtered={Stage.UPVOTES: 7, Stage.CODE: 1})

    assert "7 matching papers have fewer than 10 upvotes so far." in said
    assert "1 matching paper has no code repository so far." in said
    assert "rechecked at every run for 7 days after their list day" in said


def test_a_list_that_could_not_be_read_is_said_beside_what_was_posted() -> None:
    sent = post(state=PostState.SENT, message_id=MessageId(4), sent_at=NOW)
    _, said = delivered(sent, list_problem=Problem(ProblemKind.TIMED_OUT))

    assert "Posted 1 paper" in said
    assert (
        "The list could not be read completely just now, because Hugging Face did not answer in time." in said
    )


def test_a_forum_links_to_the_post() -> None:
    sent = post(state=PostState.SENT, message_id=MessageId(4), sent_at=NOW, kind=FeedKind.FORUM)

    assert "https://discord.com/channels/2/4" in delivered(sent)[1]


def test_what_cannot_follow_on_the_messages_is_told() -> None:
    feed = changed(opens_threads=True, publishes=True)
    access = Access(threads_obstacle="No threads.", publishing_obstacle="No followers.")
    for said in (delivered(feed=feed, access=access)[1], shown(feed, access=access)[""]):
        assert "Threads are not opened: No threads." in said
        assert "Messages are not published: No followers." in said
    assert "No threads." not in shown(FEED, access=access)[""]


def test_the_settings_show_all_that_was_chosen() -> None:
    feed = changed(
        mention_role_id=RoleId(5),
        opens_threads=True,
        publishes=True,
        last_run=LastRun(new=4, matched=0, planned=0),
        last_run_at=NOW,
    )
    fields = shown(feed)

    assert fields["Kind"] == "channel"
    assert fields["Mention"] == "<@&5>"
    assert fields["Threads"] == "on, under each card"
    assert fields["Publishing"].startswith("on")
    assert fields["Last run"].startswith("<t:1787126400:R>: **filtered**: 4 new papers")
    assert "`/config notices` chooses" in fields["Troubles are told"]


def test_the_settings_of_a_new_feed_show_the_defaults() -> None:
    fields = shown(FEED)

    assert (fields["Mention"], fields["Threads"], fields["Publishing"]) == ("nobody", "off", "off")
    assert fields["Last run"] == "none yet"


@pytest.mark.parametrize(
    ("values", "threads"),
    [
        ({"kind": FeedKind.FORUM}, "each post is one"),
        ({"opens_threads": True, "style": Style.DIGEST}, "on, but lines get none"),
    ],
)
def test_the_settings_say_where_threads_make_no_difference(values: dict[str, object], threads: str) -> None:
    assert shown(changed(**values))["Threads"].startswith(threads)


def test_what_is_in_the_way_of_posting_is_shown_once() -> None:
    access = Access(obstacle="I lack **Embed Links**.", history_obstacle="I lack **Read Message History**.")
    said = shown(FEED, access=access)[""]
    assert "⚠️ I lack **Embed Links**." in said
    assert "⚠️ I lack **Read Message History**. Without it" in said
    blocked = changed(block=Block(reason="I lack **Embed Links**.", since=NOW))
    assert shown(blocked, access=access)[""].count("**Embed Links**") == 1


def test_one_lack_that_is_in_the_way_of_everything_is_told_once() -> None:
    lack = "I lack **View Channel**."
    access = Access(obstacle=lack, history_obstacle=lack, threads_obstacle=lack, publishing_obstacle=lack)
    feed = changed(opens_threads=True, publishes=True)
    assert shown(feed, access=access)[""].count(lack) == 1
