"""A run in chunks of owners: the same as a run in one, and whole chunks after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import FeedId
from bot.core.runs import Outcome
from bot.core.shards import OwnedShards
from bot.services.runs import chunks
from bot.store import due_feeds
from tests.examples import THOROUGH
from tests.services.bots import Bot, a_bot
from tests.waiting import until

# By server, the keywords of each channel.
SERVERS = {
    9: {1: ("video", "agents"), 2: ("agents",)},
    7: {3: ("nothing",), 4: ("video",), 5: ("agents", "video", "memory", "speech")},
    8: {6: ("memory",)},
    6: {7: ("video", "video OR agents", "title:memory"), 8: ("speech",)},
}
CHANNELS = sorted(channel for channels in SERVERS.values() for channel in channels)
TITLES = ("Video", "Agents", "Video Agents", "Memory", "Speech of Agents")


async def subscribe_all(bot: Bot, *, servers: Iterable[int] = SERVERS) -> None:
    for server in servers:
        for channel, queries in SERVERS[server].items():
            await bot.subscribe(", ".join(queries), channel=channel, server=server)
    for number, title in enumerate(TITLES, start=1):
        bot.list_paper(f"2608.{number:05}", title=title, upvotes=number)
    bot.clock.advance(hours=1)


async def result(bot: Bot) -> dict[int, Any]:
    """What a run by channel."""
    found: dict[int, Any] = {}
    for channel in CHANNELS:
        feed = await bot.feed(channel)
        entries = [
            [entry.paper_id, sorted(entry.queries)]
            for post in await bot.posts(channel)
            for entry in post.entries
        ]
        found[channel] = (entries, feed.next_run_at, feed.last_run_at, feed.last_run)
    return found


async def result_with(folder: Path, chunk: int) -> tuple[dict[int, Any], int, int]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chunks, "CHUNK_SUBSCRIPTIONS", chunk)
        async with a_bot(folder) as bot:
            await subscribe_all(bot)
            await bot.services.runs.run()
            last = await bot.last_run()
            assert last.outcome is Outcome.OK
            return await result(bot), last.feeds, last.posts


@pytest.mark.thorough
@pytest.mark.usefixtures("each_store", "databases_are_freed")
async def test_chunks_of_any_size_plan_the_same(tmp_path: Path) -> None:
    whole = await result_with(tmp_path / "whole", 1_000)
    assert whole[1:] == (8, 7)
    for chunk in (1, 2, 3, 5) if THOROUGH else (2,):
        assert await result_with(tmp_path / str(chunk), chunk) == whole


async def test_a_feed_with_more_subscriptions_than_a_chunk_is_planned_whole(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_SUBSCRIPTIONS", 2)
    await subscribe_all(bot, servers=[6])
    await bot.services.runs.run()
    (post,) = await bot.posts(7)
    queries = {entry.paper_id: len(entry.queries) for entry in post.entries}
    assert queries == {"2608.00001": 2, "2608.00002": 1, "2608.00003": 2, "2608.00004": 1, "2608.00005": 1}


async def test_a_crash_between_chunks_leaves_whole_chunks_and_the_next_run_plans_the_rest(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribe_all(bot)
    finish_runs = due_feeds.finish_runs
    done: list[int] = []

    async def crashing(conn: AsyncConnection, runs: Iterable[tuple[FeedId, datetime]], **rest: Any) -> None:
        runs = list(runs)
        if runs:
            done.append(len(runs))
        if len(done) == 3:
            raise RuntimeError("out of luck")
        await finish_runs(conn, runs, **rest)

    monkeypatch.setattr(chunks, "CHUNK_SUBSCRIPTIONS", 4)
    monkeypatch.setattr(chunks.due_feeds, "finish_runs", crashing)
    with pytest.raises(RuntimeError, match="out of luck"):
        await bot.services.runs.run()
    # The servers 6 and 7, of which the second has more subscriptions than a chunk.
    assert done == [2, 2, 1]
    stored = await result(bot)
    assert {channel for channel in CHANNELS if stored[channel][0]} == {4, 7, 8}
    assert {channel for channel in CHANNELS if stored[channel][2] == bot.clock()} == {3, 4, 7, 8}
    assert {channel for channel in CHANNELS if stored[channel][2] is None} == {1, 2, 5, 6}
    failed = await bot.last_run()
    assert (failed.outcome, failed.feeds, failed.posts) == (Outcome.FAILED, 4, 3)

    monkeypatch.setattr(chunks.due_feeds, "finish_runs", finish_runs)
    await bot.services.runs.run()
    whole = await result(bot)
    assert {channel for channel in CHANNELS if whole[channel] == stored[channel]} == {3, 4, 7, 8}
    assert {channel for channel in CHANNELS if whole[channel][0]} == {*CHANNELS} - {3}
    last = await bot.last_run()
    assert (last.outcome, last.feeds, last.posts) == (Outcome.OK, 4, 4)


@contextmanager
def replaced_halves(*, reading: Any, storing: Any) -> Generator[None]:
    """Replaces the reading of each chunk, and what ends its storing; each is given what it replaces."""
    read, finish_runs = due_feeds.chunk, due_feeds.finish_runs

    async def chunk(*args: Any, **rest: Any) -> Any:
        return await reading(partial(read, *args, **rest))

    async def finishing(conn: AsyncConnection, runs: Sequence[Any], **rest: Any) -> None:
        await (storing(partial(finish_runs, conn, runs, **rest)) if runs else finish_runs(conn, runs, **rest))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chunks, "CHUNK_SUBSCRIPTIONS", 4)
        patched.setattr(chunks.due_feeds, "chunk", chunk)
        patched.setattr(chunks.due_feeds, "finish_runs", finishing)
        yield


async def test_while_a_chunk_is_stored_the_next_one_is_planned_and_no_further_one(bot: Bot) -> None:
    await subscribe_all(bot)
    stored_before: list[int] = []  # by reading, how many chunks were stored when it began
    stored = 0

    async def reading(read: Any) -> Any:
        stored_before.append(stored)
        return await read()

    async def storing(finish: Any) -> None:
        nonlocal stored
        await until(lambda: len(stored_before) == min(stored + 2, 4), "the next chunk is read")
        await finish()
        stored += 1

    with replaced_halves(reading=reading, storing=storing):
        await bot.services.runs.run()
    assert stored_before == [0, 0, 1, 2]


async def test_a_chunk_that_cannot_be_planned_ends_the_run_and_those_before_it_are_stored(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    await subscribe_all(bot, servers=[6, 7])
    reads: list[Any] = []

    async def reading(read: Any) -> Any:
        reads.append(asyncio.current_task())
        if len(reads) % 2 == 0:
            raise RuntimeError("no reading")
        return await read()

    async def storing(finish: Any) -> None:
        await until(lambda: len(reads) % 2 == 0 and reads[-1].done())
        if len(reads) == 2:
            raise RuntimeError("no storing")
        await finish()

    with replaced_halves(reading=reading, storing=storing):
        with pytest.raises(RuntimeError, match="no storing"):
            await bot.services.runs.run()
        assert "no reading" in caplog.text
        assert (await bot.last_run()).feeds == 0
        with pytest.raises(RuntimeError, match="no reading"):
            await bot.services.runs.run()
    last = await bot.last_run()
    assert (last.outcome, last.feeds) == (Outcome.FAILED, 2)


async def test_what_ends_a_run_while_a_chunk_is_stored_ends_the_planning_of_the_next_one(bot: Bot) -> None:
    await subscribe_all(bot, servers=[6, 7])
    reads: list[Any] = []

    async def reading(read: Any) -> Any:
        reads.append(asyncio.current_task())
        return await (read() if len(reads) % 2 else asyncio.Event().wait())

    async def storing(_: Any) -> None:
        await until(lambda: len(reads) % 2 == 0)
        if len(reads) == 2:
            raise RuntimeError("no storing")
        running.cancel()
        await asyncio.Event().wait()

    with replaced_halves(reading=reading, storing=storing):
        with pytest.raises(RuntimeError, match="no storing"):
            await bot.services.runs.run()
        running = asyncio.create_task(bot.services.runs.run())
        with pytest.raises(asyncio.CancelledError):
            await running
    assert [task.cancelled() for task in reads[1::2]] == [True, True]
    assert await bot.value("SELECT count(*) FROM feeds WHERE last_run_at IS NOT NULL") == 0


async def test_a_subscription_that_continues_during_a_run_is_left_to_the_next_run(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribe_all(bot, servers=[7])
    last_check = due_feeds.last_check

    async def later(conn: AsyncConnection, now: datetime, *, owned: OwnedShards) -> datetime | None:
        assert await last_check(conn, now, owned=owned) is not None
        return now  # as if each feed reached further back by now

    monkeypatch.setattr(chunks.due_feeds, "last_check", later)
    await bot.services.runs.run()
    assert (await bot.last_run()).feeds == 0
    monkeypatch.setattr(chunks.due_feeds, "last_check", last_check)
    await bot.services.runs.run()
    assert (await bot.last_run()).feeds == len(SERVERS[7])
