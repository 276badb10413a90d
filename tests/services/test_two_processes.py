"""Two processes that change the same things at the same time, on one PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.core.drafts import Draft
from bot.core.feeds import FeedKind, FeedSettings, Place, Style
from bot.core.ids import ChannelId, PaperId
from bot.core.limits import Limits
from bot.core.notices import NoticeKind
from bot.core.schedules import Cadence
from bot.errors import UserError
from bot.services.blocks.problem_report import current_problems
from bot.services.container import Services, assemble
from bot.services.follows.direct_messages import Greeting
from bot.store import feeds, notices, saved_papers, subscriptions
from bot.store.database import Database
from tests.meeting import meet
from tests.samples import NINE_ON_WEEKDAYS, NOW
from tests.services.bots import CHANNEL, LIVE, OTHER, SERVER, USER, Bot, a_bot, context_of
from tests.stores import open_database, postgresql

__all__ = ["postgresql"]

LIMITS = Limits(feeds=1, subscriptions=2, follows=2, saved=2)


@dataclass(kw_only=True)
class Processes:
    """A bot, and the services of another process on the same store."""

    bot: Bot
    database: Database  # of the other one
    one: Services
    two: Services
    monkeypatch: pytest.MonkeyPatch

    async def meet(self, first: Any, second: Any) -> tuple[Any, Any]:
        return await meet(self.bot.database, first, second, monkeypatch=self.monkeypatch)

    async def canonicals(self, channel: int = CHANNEL) -> set[str]:
        feed = await self.bot.feed(channel)
        async with self.bot.database.read() as conn:
            return {item.query.canonical for item in await subscriptions.of_feed(conn, feed.id)}


@pytest_asyncio.fixture
async def processes(
    tmp_path: Path, postgresql: None, databases_are_freed: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Processes]:
    async with a_bot(tmp_path) as bot:
        await bot.services.servers.welcome(SERVER)
        database = await open_database(tmp_path / "paperboy.db")
        context = replace(context_of(bot, backfill_days=30), limits=LIMITS)
        yield Processes(
            bot=bot,
            database=database,
            one=assemble(context, board=bot.board),
            two=assemble(replace(context, database=database), board=bot.board),
            monkeypatch=monkeypatch,
        )
        await database.close()


def place(channel: int = CHANNEL) -> Place:
    return Place(server_id=SERVER, channel_id=ChannelId(channel), kind=FeedKind.CHANNEL)


async def subscribe(services: Services, keywords: str, *, channel: int = CHANNEL) -> Any:
    return await services.subscriptions.subscribe(keywords, place=place(channel), user_id=USER)


async def test_a_channel_gets_no_more_subscriptions_than_it_may_have(processes: Processes) -> None:
    await processes.bot.subscribe("video")
    first, second = await processes.meet(subscribe(processes.one, "audio"), subscribe(processes.two, "robot"))
    assert first.feed.channel_id == CHANNEL
    assert isinstance(second, UserError)
    assert await processes.canonicals() == {"video", "audio"}


async def test_a_server_gets_no_more_channels_than_it_may_have(processes: Processes) -> None:
    _, second = await processes.meet(
        subscribe(processes.one, "video"), subscribe(processes.two, "video", channel=OTHER)
    )
    assert isinstance(second, UserError)
    assert "This one has 1, and this adds 1" in str(second)


async def test_the_same_keyword_is_subscribed_once(processes: Processes) -> None:
    results = await processes.meet(subscribe(processes.one, "video"), subscribe(processes.two, "video"))
    assert [[item.is_new for item in result.wanted] for result in results] == [[True], [False]]


async def settings(bot: Bot) -> FeedSettings:
    return (await bot.feed()).settings


async def test_two_settings_of_a_channel_that_change_at_once_are_both_kept(processes: Processes) -> None:
    await processes.bot.subscribe()
    await processes.meet(
        processes.one.feeds.style(Style.DIGEST, place=place(), user_id=USER),
        processes.two.feeds.schedule(
            place=place(), user_id=USER, cadence=Cadence.LIVE, time=None, timezone=None, weekdays=None
        ),
    )
    after = await settings(processes.bot)
    assert (after.style, after.schedule.cadence) == (Style.DIGEST, Cadence.LIVE)


async def test_two_defaults_of_a_server_that_change_at_once_are_both_kept(processes: Processes) -> None:
    async def change(services: Services, **given: str) -> Any:
        parts = {"time": None, "timezone": None, "weekdays": None} | given
        return await services.servers.change_defaults(SERVER, user_id=USER, **parts)

    await processes.meet(change(processes.one, time="7:00"), change(processes.two, timezone="Asia/Tokyo"))
    after = (await processes.one.servers.defaults(SERVER)).own
    assert (str(after.time), after.timezone) == ("07:00:00", "Asia/Tokyo")


async def test_a_change_is_undone_once(processes: Processes) -> None:
    await processes.bot.subscribe()
    changed = await processes.one.feeds.style(Style.DIGEST, place=place(), user_id=USER)
    assert changed.change_id is not None
    found = await processes.one.undoing.find(
        range(changed.change_id, changed.change_id + 1), server_id=SERVER, user_id=USER
    )
    _, second = await processes.meet(
        processes.one.undoing.undo(found, user_id=USER), processes.two.undoing.undo(found, user_id=USER)
    )
    assert isinstance(second, UserError)
    assert "already undone" in str(second)


async def test_a_post_that_is_being_sent_is_not_cancelled(processes: Processes) -> None:
    await processes.bot.subscribe("video", schedule=LIVE)
    processes.bot.list_paper("2608.00001")
    await processes.one.runs.run()
    (post,) = await processes.bot.posts()
    _, removal = await processes.meet(
        processes.bot.attempt(post),
        processes.two.subscriptions.unsubscribe("video", channel_id=ChannelId(CHANNEL), user_id=USER),
    )
    assert (removal.cancelled.papers, removal.cancelled.under_way) == (0, 1)
    assert processes.bot.publisher.posted(CHANNEL) == ["2608.00001"]


async def test_what_is_unsubscribed_at_once_is_cancelled_once(processes: Processes) -> None:
    await processes.bot.subscribe()
    _, second = await processes.meet(
        *(
            process.subscriptions.unsubscribe("video", channel_id=ChannelId(CHANNEL), user_id=USER)
            for process in (processes.one, processes.two)
        )
    )
    assert isinstance(second, UserError)


async def test_a_person_follows_no_more_than_they_may(processes: Processes) -> None:
    await processes.one.follows.follow("video", user_id=USER)
    _, second = await processes.meet(
        processes.one.follows.follow("audio", user_id=USER),
        processes.two.follows.follow("robot", user_id=USER),
    )
    assert isinstance(second, UserError)


async def test_following_while_the_persons_data_is_deleted_starts_over(processes: Processes) -> None:
    await processes.one.follows.follow("video", user_id=USER)
    deleted, followed = await processes.meet(
        processes.one.personal_data.delete(USER), processes.two.follows.follow("audio", user_id=USER)
    )
    assert deleted.has_feed
    assert followed.number == 1


async def test_papers_saved_at_once_get_keys_of_their_own_and_are_not_too_many(processes: Processes) -> None:
    for number in range(1, 4):
        processes.bot.list_paper(f"2608.0000{number}", title="Video", authors=["Ada Wu"])
    await processes.bot.run()
    ids = [PaperId(f"2608.0000{number}") for number in range(1, 4)]
    await processes.meet(
        processes.one.library.save(USER, ids[:1]), processes.two.library.save(USER, ids[1:2])
    )
    async with processes.bot.database.read() as conn:
        saved = await saved_papers.of_user(conn, USER)
    assert len({row.citation_key for row in saved.values()}) == 2
    await processes.one.library.remove(USER, ids[:1])
    _, second = await processes.meet(
        processes.one.library.save(USER, ids[:1]), processes.two.library.save(USER, ids[2:])
    )
    assert isinstance(second, UserError)


async def test_a_draft_that_is_saved_twice_at_once_is_kept_as_saved_last(processes: Processes) -> None:
    draft = Draft(schedule=NINE_ON_WEEKDAYS)
    results = await processes.meet(
        processes.one.setup.save("key", draft, user_id=USER),
        processes.two.setup.save("key", draft.with_min_upvotes(5), user_id=USER),
    )
    assert results == (None, None)
    assert await processes.one.setup.saved("key") == (USER, draft.with_min_upvotes(5))


async def test_a_problem_that_comes_back_as_it_seems_over_keeps_its_notice(processes: Processes) -> None:
    feed = await processes.bot.subscribe()
    async with processes.bot.database.write() as conn:
        await notices.add(conn, NoticeKind.BLOCKED, feed.id, now=NOW)
    async with processes.bot.database.read() as conn:
        pending = await notices.pending(conn)

    async def block() -> None:
        async with processes.bot.database.write() as conn:
            await feeds.lock(conn, [feed.id])
            await feeds.block(conn, feed.id, reason="No.", now=NOW)
            await notices.add(conn, NoticeKind.BLOCKED, feed.id, now=NOW)

    _, found = await processes.meet(block(), current_problems(processes.database, SERVER, pending))
    assert found.ids == (pending[0].id,)
    async with processes.bot.database.read() as conn:
        assert await notices.pending(conn) == pending


async def test_a_person_who_follows_in_two_processes_at_once_is_greeted_once(processes: Processes) -> None:
    first, second = await processes.meet(
        processes.one.follows.follow("video", user_id=USER), processes.two.follows.follow("tea", user_id=USER)
    )
    greetings = [call for call, _ in processes.bot.publisher.calls if call == "publish"]
    assert len(greetings) == 1
    assert (first.greeting, second.greeting) == (Greeting(), None)
    assert second.number == 2


async def test_queries_are_recompiled_once(processes: Processes) -> None:
    await processes.bot.subscribe("video, audio")
    await processes.bot.execute("UPDATE subscriptions SET rules_version = 0, canonical = text || '!'")
    results = await processes.meet(processes.one.recompiling.run(), processes.two.recompiling.run())
    assert results == (2, 0)
    assert await processes.canonicals() == {"video", "audio"}
