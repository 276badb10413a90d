"""Refused content: the paper that Discord refuses is found, and costs no other paper its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.core.feeds import FeedKind, Style
from bot.core.ids import ChannelId
from bot.core.posts import FollowUpKind, Post, PostState
from bot.errors import DeliveryError, DeliveryErrorKind
from bot.services.delivery import rendering
from bot.services.delivery.attempts import MAX_BUGS
from bot.store import follow_ups, notices
from tests.examples import examples, first, thorough
from tests.fakes.publisher import Fault, Poison
from tests.services.bots import CHANNEL, KINDS, USER, Bot, a_bot
from tests.stores import freed

PASSES_BARE, FATAL = Poison(), Poison(even_bare=True)
UNKNOWN = DeliveryError("Discord answered 400.", code=0)
REFUSED_FIRST = DeliveryError(
    "Refused.", code=50035, kind=DeliveryErrorKind.CONTENT_REFUSED, may_have_arrived=True
)
ROLE = 77
SYSTEM = 12


def ids(*numbers: int) -> list[str]:
    return [f"2608.{number:05}" for number in numbers]


async def plan_posts(bot: Bot, count: int, *, kind: FeedKind = FeedKind.CHANNEL, **feed: object) -> None:
    """Plans posts for a live feed, the first with the most upvotes; nothing is sent yet."""
    for number in range(1, count + 1):
        bot.list_paper(f"2608.{number:05}", upvotes=count - number)
    await bot.plan(kind=kind, **feed)


def poison(bot: Bot, *numbers: int, how: Poison = FATAL) -> None:
    bot.publisher.poison.update(dict.fromkeys(ids(*numbers), how))


def sent(bot: Bot) -> list[list[str]]:
    return [message.paper_ids for message in bot.publisher.channels[ChannelId(CHANNEL)]]


def pings(bot: Bot) -> list[bool]:
    return [message.message.mention_role_id == ROLE for message in bot.publisher.channels[ChannelId(CHANNEL)]]


def calls(bot: Bot, name: str = "publish") -> int:
    return sum(call == name for call, _ in bot.publisher.calls)


async def failed(bot: Bot) -> list[Post]:
    return [post for post in await bot.posts() if post.state is PostState.FAILED]


async def reported_failures(bot: Bot, **later: float) -> list[list[str]]:
    """The papers of each message that tells of failed ones, after a look."""
    bot.clock.advance(**later or {"seconds": 5})
    await bot.services.notices.send_pending()
    return [[*failure.paper_ids] for posted in bot.board.posted for failure in posted.report.failed]


@pytest.mark.parametrize("culprit", [thorough(1), 5, thorough(10)])
async def test_the_neighbors_of_a_culprit_are_posted_in_order(bot: Bot, culprit: int) -> None:
    await plan_posts(bot, 10)
    poison(bot, culprit)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ids(*[number for number in range(1, 11) if number != culprit])
    (post,) = await failed(bot)
    assert [entry.paper_id for entry in post.entries] == ids(culprit)
    assert (post.reason, post.refusal) == ("Discord refused the title.", "Discord refused the description.")
    assert calls(bot) <= 1 + 2 * 4 + 1  # halves, and the culprit bare


async def test_a_culprit_is_posted_bare_in_its_place_if_discord_accepts_that(bot: Bot) -> None:
    await plan_posts(bot, 4)
    poison(bot, 3, how=PASSES_BARE)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ids(*range(1, 5))
    assert not await failed(bot)
    (bare,) = [
        message.message
        for message in bot.publisher.channels[ChannelId(CHANNEL)]
        if message.paper_ids == ids(3)
    ]
    (card,) = bare.cards
    assert (card.title, card.url) == ("Video", "https://huggingface.co/papers/2608.00003")
    assert not any((bare.content, bare.links, card.description, card.footer, card.image, card.thumbnail))
    assert await reported_failures(bot) == []


async def test_if_discord_names_the_embed_its_neighbors_stay_together(bot: Bot) -> None:
    await plan_posts(bot, 10)
    poison(bot, 4, how=Poison(even_bare=True, names_embed=True))
    await bot.delivered()
    assert sent(bot) == [ids(1, 2, 3), ids(5, 6, 7, 8, 9, 10)]
    assert calls(bot) == 5


async def test_posts_keep_their_planned_order(bot: Bot) -> None:
    await plan_posts(bot, 3)
    bot.list_paper("2608.00004", upvotes=0)
    bot.clock.advance(minutes=30)
    await bot.services.runs.run()
    assert len(await bot.posts()) == 2
    poison(bot, 2, how=PASSES_BARE)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ids(*range(1, 5))


@pytest.mark.thorough
async def test_a_digest_loses_only_the_refused_line(bot: Bot) -> None:
    await plan_posts(bot, 30, style=Style.DIGEST.value)
    poison(bot, 17)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ids(*[number for number in range(1, 31) if number != 17])
    assert [[entry.paper_id for entry in post.entries] for post in await failed(bot)] == [ids(17)]


@pytest.mark.thorough
async def test_folded_lines_are_split_as_well_as_cards(bot: Bot) -> None:
    await plan_posts(bot, 14, max_papers=6)
    poison(bot, 2, 12)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ids(1, *range(3, 12), 13, 14)
    assert len(await failed(bot)) == 2


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
async def test_refused_papers_fail_alone_in_channels_of_every_kind(bot: Bot, kind: FeedKind) -> None:
    await plan_posts(bot, 14, kind=kind)
    poison(bot, 2, 13)
    await bot.delivered()
    assert sorted(bot.publisher.posted(CHANNEL)) == ids(1, *range(3, 13), 14)
    assert len(await failed(bot)) == 2


@pytest.mark.parametrize(
    ("kind", "papers", "culprits"),
    [
        (FeedKind.CHANNEL, 2, (1,)),
        (FeedKind.FORUM, 2, (2,)),  # the first is posted last
        *(thorough(FeedKind.CHANNEL, 12, culprits) for culprits in [(), (1,), (2,), tuple(range(1, 12))]),
        thorough(FeedKind.FORUM, 12, (1, 2)),
        thorough(FeedKind.THREAD, 12, (1, 2)),
    ],
)
async def test_the_role_is_pinged_once_whichever_post_fails(
    bot: Bot, kind: FeedKind, papers: int, culprits: tuple[int, ...]
) -> None:
    await plan_posts(bot, papers, kind=kind, mention_role_id=ROLE)
    poison(bot, *culprits)
    await bot.delivered()
    assert pings(bot) == [True] + [False] * (len(sent(bot)) - 1)


async def test_each_part_has_the_follow_ups_of_the_whole(bot: Bot) -> None:
    await plan_posts(bot, 3, publishes=True)
    poison(bot, 2)
    await bot.delivered()
    messages = bot.publisher.channels[ChannelId(CHANNEL)]
    assert len(messages) > 1
    assert bot.publisher.crossposted == {message.id for message in messages}
    for post in await bot.posts():
        async with bot.database.read() as conn:
            following = [follow_up.kind for follow_up in await follow_ups.of_post(conn, post.id)]
        assert following == ([FollowUpKind.PUBLISH] if post.state is PostState.SENT else [])


async def test_the_server_is_notified_once_about_all_failures(bot: Bot) -> None:
    bot.board.own_channels = [SYSTEM]
    await plan_posts(bot, 2)
    poison(bot, 1, 2)
    await bot.delivered()
    assert [sorted(paper_ids) for paper_ids in await reported_failures(bot)] == [ids(1, 2)]
    assert len(await reported_failures(bot, hours=3)) == 1
    # Whoever asks for them again reads the answer.
    result = (await bot.services.feeds.deliver(ChannelId(CHANNEL))).delivered
    assert len(result.failed) == 2
    assert len(await reported_failures(bot, days=2)) == 1


async def test_a_failure_on_another_day_is_a_new_notice(bot: Bot) -> None:
    bot.board.own_channels = [SYSTEM]
    await plan_posts(bot, 1)
    poison(bot, 1, 2)
    await bot.delivered()
    await reported_failures(bot)
    bot.clock.advance(days=1)
    bot.list_paper("2608.00002")
    await bot.run()
    assert [sorted(paper_ids) for paper_ids in await reported_failures(bot)] == [ids(1), ids(1, 2)]


async def test_a_failed_message_that_is_sent_before_its_notice_pings_its_role_and_is_not_notified(
    bot: Bot,
) -> None:
    bot.board.own_channels = [SYSTEM]
    await plan_posts(bot, 1, mention_role_id=ROLE)
    poison(bot, 1)
    await bot.delivered()
    bot.publisher.poison.clear()
    await bot.services.feeds.deliver(ChannelId(CHANNEL))
    assert pings(bot) == [True]
    assert await reported_failures(bot) == []
    async with bot.database.read() as conn:
        assert await notices.pending(conn) == []


async def test_deliver_retries_the_failed_paper_alone_and_bare(bot: Bot) -> None:
    await plan_posts(bot, 3)
    poison(bot, 3)
    await bot.delivered()
    before = calls(bot)
    bot.clock.advance(minutes=1)
    result = (await bot.services.feeds.deliver(ChannelId(CHANNEL))).delivered
    assert [len(group) for group in (result.sent, result.waiting, result.failed)] == [0, 0, 1]
    assert calls(bot) - before == 2
    assert calls(bot, "find") == 0
    poison(bot, 3, how=PASSES_BARE)
    result = (await bot.services.feeds.deliver(ChannelId(CHANNEL))).delivered
    assert len(result.sent) == 1
    assert sorted(bot.publisher.posted(CHANNEL)) == ids(*range(1, 4))


@pytest.mark.thorough
async def test_deliver_counts_parts_split_since_and_nothing_sent_before(bot: Bot) -> None:
    await plan_posts(bot, 10)
    poison(bot, 3)
    await bot.begin_delivering()
    result = (await bot.services.feeds.deliver(ChannelId(CHANNEL))).delivered
    assert sum(len(post.entries) for post in result.sent) == 9
    assert sum(len(post.entries) for post in result.failed) == 1
    bot.clock.advance(minutes=5)
    result = (await bot.services.feeds.deliver(ChannelId(CHANNEL))).delivered
    assert [len(group) for group in (result.sent, result.waiting, result.failed)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("count", "style"), [(2, Style.CARDS), thorough(6, Style.CARDS), thorough(12, Style.DIGEST)]
)
async def test_requests_are_bounded_if_everything_is_refused(bot: Bot, count: int, style: Style) -> None:
    bot.board.own_channels = [SYSTEM]
    await plan_posts(bot, count, style=style.value)
    poison(bot, *range(1, count + 1))
    await bot.delivered()
    assert len(await failed(bot)) == count
    assert calls(bot) == 2 * count - 1 + count  # each half, and each paper bare
    bot.clock.advance(hours=1)
    await bot.run()
    assert calls(bot) == 3 * count - 1
    assert len(await reported_failures(bot)) == 1


@pytest.mark.thorough
async def test_a_message_that_arrived_before_the_refusal_is_adopted_and_not_split(bot: Bot) -> None:
    await plan_posts(bot, 5)
    bot.publisher.fail(CHANNEL, Fault(error=REFUSED_FIRST, arrives=True))  # a 500, repeated, then a 400
    await bot.delivered()
    assert sent(bot) == [ids(1, 2, 3, 4, 5)]
    assert [post.state for post in await bot.posts()] == [PostState.SENT]


async def test_nothing_is_split_while_the_earlier_message_cannot_be_searched(bot: Bot) -> None:
    await plan_posts(bot, 5)
    bot.publisher.fail(CHANNEL, Fault(error=REFUSED_FIRST, arrives=True))
    bot.publisher.find_faults.append(UNKNOWN)
    await bot.delivered()
    (post,) = await bot.posts()
    assert post.first_attempt_at is not None
    bot.clock.advance(hours=1)
    await bot.delivered()
    assert sent(bot) == [ids(1, 2, 3, 4, 5)]


async def test_a_copy_from_before_a_split_posts_nothing_twice(bot: Bot) -> None:
    await plan_posts(bot, 3)
    poison(bot, 3)
    (whole,) = await bot.posts()
    await bot.delivered()
    # The copy has one pending post, and must look before it sends.
    await bot.execute("UPDATE post_papers SET post_id = :id", id=whole.id)
    await bot.execute("DELETE FROM posts WHERE id != :id", id=whole.id)
    await bot.execute(
        "UPDATE posts SET state = 'pending', message_id = NULL, sent_at = NULL, first_attempt_at = planned_at"
        " WHERE id = :id",
        id=whole.id,
    )
    bot.clock.advance(hours=1)
    await bot.delivered()
    assert sorted(bot.publisher.posted(CHANNEL)) == ids(1, 2)
    assert len(await failed(bot)) == 1


@pytest.mark.thorough
async def test_unknown_refusals_are_retried_and_lose_nothing(bot: Bot) -> None:
    await plan_posts(bot, 25)
    bot.publisher.refusals[ChannelId(CHANNEL)] = UNKNOWN
    for _ in range(3):
        await bot.delivered()
        bot.clock.advance(seconds=60)
    assert {post.state for post in await bot.posts()} == {PostState.PENDING}
    bot.publisher.refusals.clear()
    bot.clock.advance(hours=1)
    await bot.delivered()
    assert bot.publisher.posted(CHANNEL) == ids(*range(1, 26))


@pytest.mark.parametrize("error", first(1, [UNKNOWN, DeliveryError("Unreadable.", may_have_arrived=True)]))
async def test_posts_behind_an_unknown_refusal_wait_too(bot: Bot, error: DeliveryError) -> None:
    await plan_posts(bot, 1, publishes=True)
    bot.publisher.follow_up_faults.extend([Fault(error=error)] * 2)
    await bot.delivered()
    for _ in range(3):
        bot.clock.advance(minutes=15)
        await bot.delivered()
    assert len(bot.publisher.crossposted) == 1


async def test_a_paper_that_cannot_be_composed_fails_alone(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    bot.board.own_channels = [SYSTEM]
    await plan_posts(bot, 3)
    compose: Any = rendering.compose

    def breaking(items: Any, **options: Any) -> Any:
        if "2608.00002" in {paper.id for paper, _, _ in items}:
            raise ValueError("a bug")
        return compose(items, **options)

    monkeypatch.setattr(rendering, "compose", breaking)
    for _ in range(MAX_BUGS + 1):
        await bot.delivered()
        bot.clock.advance(minutes=15)
    assert bot.publisher.posted(CHANNEL) == ids(1, 3)
    assert [sorted(paper_ids) for paper_ids in await reported_failures(bot)] == [ids(2)]


moments = st.lists(
    st.tuples(
        st.sampled_from(["ok", "lost", "busy", "unknown", "restart", "deliver"]),
        st.sampled_from([0, 10, 65, 7_200]),
    ),
    max_size=12,
)


@pytest.mark.usefixtures("each_store")
@settings(max_examples=examples(1), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    moments,
    st.sets(st.integers(1, 5), max_size=3),
    st.sampled_from([PASSES_BARE, FATAL, Poison(even_bare=True, names_embed=True)]),
    st.tuples(st.sampled_from(KINDS), st.sampled_from(Style)),
)
@example(
    [("lost", 0), ("deliver", 65), ("lost", 10), ("restart", 0)],
    {1, 3, 5},
    FATAL,
    (FeedKind.FORUM, Style.CARDS),
)
async def test_whatever_happens_each_paper_is_posted_once_and_only_refused_ones_fail(
    tmp_path_factory: pytest.TempPathFactory,
    happened: list[tuple[str, int]],
    culprits: set[int],
    how: Poison,
    feed: tuple[FeedKind, Style],
) -> None:
    kind, style = feed
    async with freed(), a_bot(tmp_path_factory.mktemp("bot")) as bot:
        await plan_posts(bot, 5, kind=kind, style=style.value, mention_role_id=ROLE, max_papers=3)
        poison(bot, *culprits, how=how)
        for what, seconds in happened:
            match what:
                case "lost":
                    bot.publisher.lose_answers(CHANNEL)
                case "busy":
                    bot.publisher.fail(CHANNEL, DeliveryError("503", may_have_arrived=True))
                case "unknown":
                    bot.publisher.fail(CHANNEL, UNKNOWN)
                case "restart":
                    await bot.restart()
                case "deliver":
                    await bot.services.pausing.resume(ChannelId(CHANNEL), user_id=USER)
                case _:
                    pass
            await bot.delivered()
            bot.clock.advance(seconds=seconds)
        bot.publisher.faults.clear()
        for _ in range(3):
            bot.clock.advance(hours=1)
            await bot.delivered()
        expected = [number for number in range(1, 6) if number not in culprits or not how.even_bare]
        assert sorted(bot.publisher.posted(CHANNEL)) == ids(*expected)
        assert {paper_id for post in await failed(bot) for paper_id in post.entries} == {
            entry
            for post in await bot.posts()
            for entry in post.entries
            if entry.paper_id in ids(*culprits) and how.even_bare
        }
        assert sum(pings(bot)) <= 1
