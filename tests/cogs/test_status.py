"""/status: each channel's state, and a quiet day distinguished from filters and failures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import discord
import pytest
from sqlalchemy import text

from bot.core.notices import NoticeKind
from bot.core.posts import FollowUpKind, Post
from bot.store import feeds, follow_ups, notices, outbox, posts
from bot.store.statements import insert_or_update
from bot.store.tables import list_days
from tests.examples import first
from tests.fakes.feeds import store_settings
from tests.fakes.huggingface import Fault
from tests.fakes.leaks import FINAL_LEAKS, leaked
from tests.world import World, text_of


async def status(world: World) -> str:
    return text_of(await world.admin.slash(world.channel, "status"))


async def subscribed(world: World, keywords: str = "video") -> None:
    await world.admin.slash(world.channel, "subscribe", keywords=keywords)


async def pending(world: World, *numbers: int) -> list[Post]:
    """Posts of one paper each that the channel waits for; they are tried again in an hour."""
    feed = (await state(world)).feed
    found: list[Post] = []
    for number in numbers:
        world.list_paper(f"2608.{number:05}", title="Video")
        await world.services.polling.poll()
        later = world.clock() + timedelta(hours=1)
        async with world.database.write() as conn:
            await store_settings(conn, feed, is_paused=True, now=world.clock())
        await world.services.runs.deliver_now(feed)
        async with world.database.write() as conn:
            await conn.execute(text("UPDATE feeds SET paused_at = NULL"))
            (post_id,) = (await conn.execute(text("SELECT max(id) FROM posts"))).scalars()
            await outbox.postpone(conn, post_id, until=later, reason="Discord answered 503.", code=0)
            found += await posts.by_ids(conn, [post_id])
    return found


async def state(world: World) -> Any:
    found = await world.services.feeds.state(world.channel.id)
    assert found is not None
    return found


async def run_at_nine(world: World) -> None:
    world.clock.advance(hours=1)
    await world.run()


# Results of runs


async def test_a_quiet_day_is_one_on_which_nothing_was_listed(world: World) -> None:
    await subscribed(world)
    await run_at_nine(world)

    answer = await status(world)

    assert "Last run: <t:1787130000:R>, for 1 channel in this server; **quiet**: nothing new" in answer
    assert f"<#{world.channel.id}>: 1 subscription. Next post: <t:1787216400:f>" in answer
    assert "· Last run <t:1787130000:R>: **quiet**: nothing new was listed." in answer
    assert "filtered" not in answer
    assert "failed" not in answer


@pytest.mark.thorough
async def test_papers_of_which_none_matches_are_filtered(world: World) -> None:
    for number in range(3):
        world.list_paper(f"2608.0000{number}", title="Storage")
    await subscribed(world)
    await run_at_nine(world)

    answer = await status(world)

    assert "**filtered**: 3 new papers were listed, but nothing new matched" in answer
    assert "quiet" not in answer


@pytest.mark.thorough
async def test_papers_without_enough_upvotes_are_filtered(world: World) -> None:
    world.list_paper("2608.00001", title="Storage", upvotes=9)
    world.list_paper("2608.00002", title="Video", upvotes=1)
    await subscribed(world)
    async with world.database.write() as conn:
        await conn.execute(text("UPDATE feeds SET min_upvotes = 5"))
    await run_at_nine(world)

    answer = await status(world)

    assert "**filtered**: 2 new papers were listed; 1 matching paper is waiting for upvotes" in answer


@pytest.mark.thorough
async def test_papers_that_became_pending_are_counted(world: World) -> None:
    for number in range(3):
        world.list_paper(f"2608.0000{number}", title="Video")
    await subscribed(world)
    await run_at_nine(world)

    assert "**3 papers** to post (3 new papers were listed)" in await status(world)


async def test_a_list_that_cannot_be_read_is_a_failure(world: World) -> None:
    await subscribed(world)
    await run_at_nine(world)
    world.clock.advance(days=1)
    world.hub.day_faults = {world.today - timedelta(days=back): Fault(status=404) for back in range(40)}
    await world.run()

    answer = await status(world)

    failed = (
        "**failed**: the list of 20 Aug 2026 could not be read completely, because Hugging Face found nothing"
    )
    assert answer.count(failed) == 2  # the run's, and the channel's
    assert "The next run catches up" in answer
    assert "Hugging Face: the last request failed <t:1787216400:R>" in answer
    assert "quiet" not in answer

    world.hub.day_faults = {}
    world.clock.advance(days=1)
    await world.run()
    assert "**failed**" not in await status(world)


@pytest.mark.thorough
async def test_a_failure_is_not_shown_for_a_channel_that_was_not_due(world: World) -> None:
    await subscribed(world)
    await run_at_nine(world)
    world.clock.advance(hours=1)
    world.hub.day_faults = {world.today - timedelta(days=back): Fault(status=404) for back in range(40)}
    await world.run()

    answer = await status(world)

    assert answer.count("**failed**") == 1  # the run's
    assert "· Last run <t:1787130000:R>: **quiet**" in answer


async def test_between_the_posts_new_papers_are_counted(world: World) -> None:
    await subscribed(world)
    await run_at_nine(world)
    world.clock.advance(hours=1)
    world.list_paper("2608.00001", title="Video")
    await world.run()

    assert "1 new paper read; no channel in this server was due" in await status(world)


# Pending messages


async def test_pending_messages_are_shown_with_the_reason_and_the_next_attempt(world: World) -> None:
    await subscribed(world)
    await pending(world, 1, 2)

    answer = await status(world)

    assert "2 messages pending: the last attempt failed. Discord answered 503." in answer
    assert "Next attempt: <t:1787130000:f>" in answer


async def test_unconfirmed_messages_are_shown_with_what_to_do(world: World) -> None:
    await subscribed(world)
    (post,) = await pending(world, 1)
    async with world.database.write() as conn:
        await outbox.unconfirmed(conn, post.id, reason="I cannot look.", code=50013, now=world.clock())

    answer = await status(world)

    assert "1 message unconfirmed" in answer
    assert "It may or may not have been posted" in answer
    assert "**Read Message History**" in answer
    assert "waiting" not in answer


async def test_a_missing_history_permission_is_shown_before_it_matters(world: World) -> None:
    where = world.guild.create_text_channel(
        "own", overwrites={world.guild.me: discord.PermissionOverwrite(read_message_history=False)}
    )

    answers = [
        text_of(await world.admin.slash(where, "subscribe", keywords="video")),
        text_of(await world.admin.slash(where, "config show")),
        await status(world),
    ]

    for answer in answers:
        assert f"⚠️ I'm missing **Read Message History** in <#{where.id}>" in answer
        assert "Without it I can't check whether a message arrived" in answer
        assert "may stay unconfirmed" in answer


async def test_a_failed_follow_up_is_shown_until_it_is_turned_off(world: World) -> None:
    await subscribed(world)
    await world.admin.slash(world.channel, "config threads", on=True)
    world.list_paper("2608.00001", title="Video")
    await run_at_nine(world)
    (message,) = [post for post in world.posts() if post.embeds]
    await failed_follow_up(world)

    answer = await status(world)
    explained = text_of(await world.admin.slash(world.channel, "explain", paper="2608.00001"))

    reason = (
        "Its thread could not be opened: I'm missing **Create Public Threads**. Use `/deliver` to try again."
    )
    assert f"/{world.channel.id}/{message.id}: {reason}" in answer
    assert reason in explained
    assert "It was posted" in explained
    await world.admin.slash(world.channel, "config threads", on=False)
    assert "could not be opened" not in await status(world)


async def failed_follow_up(world: World) -> None:
    async with world.database.write() as conn:
        (post_id,) = (await conn.execute(text("SELECT id FROM posts"))).scalars()
        await conn.execute(text("DELETE FROM follow_ups"))
        await follow_ups.add(conn, {post_id: [FollowUpKind.THREAD]}, now=world.clock())
        (follow_up,) = await follow_ups.of_post(conn, post_id)
        await follow_ups.mark_failed(
            conn, follow_up.id, reason="I'm missing **Create Public Threads**.", code=50013, now=world.clock()
        )


@pytest.mark.thorough
async def test_status_shows_an_undeliverable_notice(world: World) -> None:
    await subscribed(world)
    assert "couldn't post in any channel" not in await status(world)
    feed = (await state(world)).feed
    async with world.database.write() as conn:
        await notices.add(conn, NoticeKind.BLOCKED, feed.id, now=world.clock())
        await conn.execute(text("UPDATE notices SET state = 'undeliverable'"))

    answer = await status(world)

    assert "couldn't post in any channel" in answer
    assert "/config notices" in answer


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("block", "expected"),
    first(
        1,
        [
            ({}, "Posting resumes automatically once it's fixed"),
            ({"recheck_at": timedelta(hours=1)}, "Next attempt: <t:1787130000:f>"),
            ({"is_gone": True}, "`/subscribe` in another channel"),
        ],
    ),
)
async def test_a_blocked_channel_says_how_posting_resumes(
    world: World, block: dict[str, Any], expected: str
) -> None:
    await subscribed(world)
    feed = (await state(world)).feed
    async with world.database.write() as conn:
        if "recheck_at" in block:
            block = {"recheck_at": world.clock() + block["recheck_at"]}
        await feeds.block(conn, feed.id, reason="It is closed.", now=world.clock(), **block)

    shown = await status(world)

    assert "⛔" in shown
    assert "**Blocked** <t:1787126400:R>: It is closed." in shown
    assert expected in shown


# The same by /explain


@pytest.mark.thorough
async def test_explain_shows_unconfirmed_and_pending_posts(world: World) -> None:
    await subscribed(world)
    (post,) = await pending(world, 1)

    async def explained() -> str:
        return text_of(await world.member.slash(world.channel, "explain", paper="2608.00001"))

    answer = await explained()
    assert "Pending" in answer
    assert (
        "The last attempt failed: Discord answered 503. Next attempt: <t:1787130000:f> (<t:1787130000:R>)."
        in answer
    )
    assert "Discord answered 503." in answer

    async with world.database.write() as conn:
        await outbox.unconfirmed(conn, post.id, reason="I cannot look.", code=50013, now=world.clock())
    answer = await explained()
    assert "Unconfirmed" in answer
    assert "It may or may not have been posted" in answer
    assert "**Read Message History**" in answer


@pytest.mark.thorough
async def test_explain_says_why_a_post_in_a_blocked_channel_is_pending(world: World) -> None:
    await subscribed(world)
    (post,) = await pending(world, 1)
    async with world.database.write() as conn:
        await feeds.block(conn, post.feed_id, reason="I'm missing **Embed Links**.", now=world.clock())

    answer = text_of(await world.member.slash(world.channel, "explain", paper="2608.00001"))

    assert "Pending" in answer
    assert "**Blocked** <t:1787126400:R>: I'm missing **Embed Links**." in answer


# What Hugging Face answers


@pytest.mark.thorough
async def test_unreadable_items_are_shown_with_their_list(world: World) -> None:
    await subscribed(world)
    world.list_paper("2608.00001", title="Video")
    world.hub.days[world.today].extend([{"paper": {}}, None])
    world.list_paper("2608.00002", title="Video")
    await run_at_nine(world)

    answer = await status(world)

    assert "⚠️ 2 items on the list of 19 Aug 2026 could not be read" in answer
    assert "when 2 papers could" in answer
    world.hub.days[world.today][1:3] = []
    world.clock.advance(hours=1)
    await world.run()
    assert "could not be read" not in await status(world)


@pytest.mark.thorough
async def test_a_list_none_of_whose_items_can_be_read_is_no_quiet_day(world: World) -> None:
    await subscribed(world)
    world.hub.days[world.today] = [{"paper": {"id": "in a new form"}}] * 12
    await run_at_nine(world)

    answer = await status(world)

    assert "quiet" not in answer
    assert (
        "**failed**: the list of 19 Aug 2026 could not be read completely, because none of the papers that "
        "Hugging Face listed could be read"
    ) in answer


@pytest.mark.thorough
@pytest.mark.parametrize("fault", FINAL_LEAKS, ids=lambda fault: f"{fault.kind} {fault.status}")
async def test_what_hugging_face_answers_instead_of_a_list_is_shown_to_nobody(
    world: World, fault: Fault
) -> None:
    await subscribed(world)
    world.hub.day_faults[world.today] = fault
    await run_at_nine(world)

    answer = await status(world)

    assert "**failed**" in answer
    assert not leaked(answer)


async def test_status_says_how_far_back_the_archive_is_read(world: World) -> None:
    async def read(days_back: Iterable[int]) -> None:
        rows = [
            {"day": world.today - timedelta(days=back), "read_at": world.clock(), "unreadable": 0}
            for back in days_back
        ]
        async with world.database.write() as conn:
            await conn.execute(insert_or_update(list_days, key=("day",)), rows)

    assert "Known papers: 0. The archive has not been read yet." in await status(world)

    await read(range(11))
    answer = await status(world)
    assert "The archive is read back to 9 Aug 2026; older papers are still being read." in answer

    await read([*range(11, 29), 30])
    answer = await status(world)
    assert "The archive is read back to 20 Jul 2026 (without 1 list day in between)." in answer

    await read([29])
    assert "archive" not in await status(world)
