"""Two processes' transactions on one PostgreSQL, the second of which begins while the first is open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Feed
from bot.core.ids import PaperId, PostId
from bot.errors import StoreError
from bot.store import (
    cancelled_papers,
    due_feeds,
    feeds,
    notices,
    outbox,
    paper_texts,
    papers,
    posts,
    runs,
    servers,
    tables,
)
from bot.store.database import Database
from bot.store.locking import delete_unlocked
from tests.meeting import meet, until_waiting
from tests.samples import NOW, a_paper, paper_id
from tests.store.samples import HOUR, SERVER, a_feed, a_subscription, listed, pending, planned
from tests.stores import open_database, postgresql

__all__ = ["postgresql"]

Work = Callable[[AsyncConnection], Awaitable[Any]]


@dataclass(kw_only=True)
class Writers:
    """The databases of processes."""

    one: Database
    two: Database
    three: Database
    monkeypatch: pytest.MonkeyPatch

    async def meet(self, first: Work, second: Work) -> tuple[Any, Any]:
        return await meet(
            self.one, _write(self.one, first), _write(self.two, second), monkeypatch=self.monkeypatch
        )

    async def value(self, statement: Any) -> Any:
        async with self.one.read() as conn:
            return (await conn.execute(statement)).scalar_one()


async def _write(database: Database, work: Work) -> Any:
    async with database.write() as conn:
        return await work(conn)


@pytest_asyncio.fixture
async def writers(
    tmp_path: Path, postgresql: None, databases_are_freed: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Writers]:
    made = [await open_database(tmp_path / "paperboy.db") for _ in range(3)]
    yield Writers(one=made[0], two=made[1], three=made[2], monkeypatch=monkeypatch)
    for database in made:
        await database.close()


async def test_plans_of_the_same_papers_are_stored_once(writers: Writers) -> None:
    async with writers.one.write() as conn:
        feed = await a_feed(conn)
        await listed(conn, 1, 2)
    results = await writers.meet(
        lambda conn: posts.add(conn, [planned(feed, 1, 2)], now=NOW),
        lambda conn: posts.add(conn, [planned(feed, 2, 1)], now=NOW),
    )
    assert [list(result.values()) for result in results] == [[2], []]


async def test_plans_of_a_feed_that_is_deleted_meanwhile_are_dropped(writers: Writers) -> None:
    async with writers.one.write() as conn:
        gone, other = await a_feed(conn, channel=1), await a_feed(conn, channel=2)
        await listed(conn, 1)
    _, stored = await writers.meet(
        lambda conn: conn.execute(tables.feeds.delete().where(tables.feeds.c.id == gone.id)),
        lambda conn: posts.add(conn, [planned(gone, 1), planned(other, 1)], now=NOW),
    )
    assert list(stored.values()) == [1]


async def test_a_post_whose_attempt_has_begun_is_not_cancelled(writers: Writers) -> None:
    async with writers.one.write() as conn:
        feed = await a_feed(conn)
        wanted = await a_subscription(conn, feed.id, "video")
        assert wanted is not None
        post = await pending(conn, feed, 1)

    async def begin(conn: AsyncConnection) -> set[PostId]:
        await feeds.lock(conn, [feed.id])
        return await outbox.begin_attempts(conn, [post.nonce], now=NOW, next_attempt_at=NOW)

    async def cancel(conn: AsyncConnection) -> cancelled_papers.Cancelled:
        await feeds.lock(conn, [feed.id])
        _, cancelled = await cancelled_papers.drop(conn, feed.id)
        return cancelled

    begun, cancelled = await writers.meet(begin, cancel)
    assert begun
    assert cancelled.under_way == 1
    assert await writers.value(select(tables.posts.c.id)) == post.id


async def test_a_cancelled_post_is_not_attempted(writers: Writers) -> None:
    async with writers.one.write() as conn:
        feed = await a_feed(conn)
        post = await pending(conn, feed, 1)
    _, begun = await writers.meet(
        lambda conn: cancelled_papers.drop(conn, feed.id),
        lambda conn: outbox.begin_attempts(conn, [post.nonce], now=NOW, next_attempt_at=NOW),
    )
    assert begun == set()


async def write_texts(conn: AsyncConnection, ids: Sequence[PaperId]) -> None:
    await paper_texts.write(conn, dict.fromkeys(ids, ("a", "b", "c", "d", "e")), version=1)


async def write_papers(conn: AsyncConnection, ids: Sequence[PaperId]) -> None:
    await papers.upsert(conn, [replace(a_paper(1), id=paper_id) for paper_id in ids], seen_at=NOW)


@pytest.mark.parametrize(("write", "table"), [(write_texts, "paper_texts"), (write_papers, "papers")])
async def test_rows_that_two_processes_write_in_other_orders_are_locked_in_the_same(
    writers: Writers, write: Callable[..., Awaitable[None]], table: str
) -> None:
    """Both wait for the first paper. In the order given, one would have the second paper already."""
    ids = [paper_id(1), paper_id(2)]
    async with writers.one.write() as conn:
        await write_papers(conn, ids)
        await write_texts(conn, ids)
    async with writers.one.write() as conn:
        column = tables.metadata.tables[table].c["id" if table == "papers" else "paper_id"]
        await conn.execute(update(column.table).where(column == ids[0]).values({column.name: column}))
        tasks = [asyncio.create_task(_write(writers.two, lambda conn: write(conn, ids)))]
        await until_waiting(writers.one, 1)
        tasks.append(asyncio.create_task(_write(writers.three, lambda conn: write(conn, ids[::-1]))))
        await until_waiting(writers.one, 2)
    assert await asyncio.gather(*tasks) == [None, None]


async def test_a_list_that_two_processes_read_is_new_to_one(writers: Writers) -> None:
    listing = [a_paper(number) for number in range(1, 9)]
    first, second = await writers.meet(
        lambda conn: papers.upsert(conn, listing, seen_at=NOW),
        lambda conn: papers.upsert(conn, listing[::-1], seen_at=NOW + HOUR),
    )
    assert (len(first), len(second)) == (8, 0)


async def test_one_notice_of_the_source_is_added_for_a_server(writers: Writers) -> None:
    async with writers.one.write() as conn:
        feed = await a_feed(conn)
        await a_subscription(conn, feed.id, "video")
    added = await writers.meet(
        *[lambda conn: notices.add_for_source(conn, joined_before=NOW + HOUR, now=NOW)] * 2
    )
    assert added == (1, 0)


async def test_a_feed_that_comes_back_is_not_deleted(writers: Writers) -> None:
    async with writers.one.write() as conn:
        feed = await a_feed(conn)
        await feeds.block(conn, feed.id, reason="gone", now=NOW, is_gone=True)
    _, forgotten = await writers.meet(
        lambda conn: feeds.release(conn, feed.id),
        lambda conn: feeds.forget_gone(conn, [feed.id], before=NOW + HOUR),
    )
    assert forgotten == []


async def test_a_server_to_which_a_feed_is_added_is_not_deleted(writers: Writers) -> None:
    async with writers.one.write() as conn:
        await servers.ensure(conn, SERVER, now=NOW)
        await servers.leave(conn, [SERVER], now=NOW)
    _, forgotten = await writers.meet(a_feed, lambda conn: servers.forget_left(conn, before=NOW + HOUR))
    assert forgotten == []
    assert await writers.value(select(tables.feeds.c.server_id)) == SERVER


async def test_a_pause_that_was_made_longer_does_not_end(writers: Writers) -> None:
    async with writers.one.write() as conn:
        feed = await a_feed(conn)
        await conn.execute(_pause_until(feed, NOW))
    _, ended = await writers.meet(
        lambda conn: conn.execute(_pause_until(feed, NOW + HOUR)),
        lambda conn: feeds.with_ended_pause(conn, NOW),
    )
    assert ended == []


def _pause_until(feed: Feed, resumes_at: Any) -> Any:
    values = {"paused_at": NOW, "paused_until": NOW.date(), "resumes_at": resumes_at}
    return update(tables.feeds).where(tables.feeds.c.id == feed.id).values(values)


async def test_deleting_old_rows_does_not_wait_for_another_process_that_writes(
    writers: Writers,
) -> None:
    """In the other order, the two would wait for each other."""
    async with writers.one.write() as conn:
        first, second = [await runs.start(conn, now=NOW) for _ in range(2)]
    table = tables.runs

    def touch(run_id: int) -> Any:
        return update(table).where(table.c.id == run_id).values(started_at=NOW + HOUR)

    _, deleted = await writers.meet(
        lambda conn: conn.execute(touch(first)),
        lambda conn: conn.execute(delete_unlocked(table, table.c.id > 0)),
    )
    assert deleted.rowcount == 1
    assert await writers.value(select(table.c.id)) == first
    assert second > first


async def test_a_feed_that_was_rescheduled_since_it_was_planned_keeps_its_new_time(writers: Writers) -> None:
    async with writers.one.write() as conn:
        feed = await a_feed(conn, next_run_at=NOW)
        await a_subscription(conn, feed.id, "video")
        (due,), _ = await due_feeds.chunk(conn, NOW)
    later = NOW + timedelta(hours=3)
    await writers.meet(
        lambda conn: feeds.end_pause(conn, feed.id, next_run_at=later),
        lambda conn: due_feeds.finish_runs(conn, [(due.id, NOW + HOUR)], now=NOW),
    )
    assert await writers.value(select(tables.feeds.c.next_run_at)) == later


async def test_transactions_that_wait_for_each_other_fail_as_a_busy_database(writers: Writers) -> None:
    async with writers.one.write() as conn:
        made = [await a_feed(conn, channel=channel) for channel in (1, 2)]
    has_locked = asyncio.Barrier(2)

    async def lock_both(database: Database, order: list[Feed]) -> None:
        async with database.write() as conn:
            for feed in order:
                await feeds.release(conn, feed.id)
                if feed is order[0]:
                    await has_locked.wait()

    results = await asyncio.gather(
        lock_both(writers.one, made), lock_both(writers.two, made[::-1]), return_exceptions=True
    )
    (failed,) = filter(None, results)
    assert isinstance(failed, StoreError)
    assert failed.reason == "my database was busy"
