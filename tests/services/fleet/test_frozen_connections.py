"""A connection that is frozen with leases locked keeps nobody from taking them over: it may never end."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import ServerId
from bot.core.shards import OwnedShards
from bot.errors import StoreError
from bot.services.delivery.attempts import NONCE_LASTS
from bot.services.fleet.fleet import LeaseLostError, write_for
from bot.store import outbox, posts, restored
from bot.store.database import Database
from bot.store.postgres import connections
from tests.fakes import postgres
from tests.services.fleet.processes import TIMING, Fleet, fleet, shards
from tests.store.samples import NOW, a_feed, pending
from tests.stores import postgresql

__all__ = ["fleet", "postgresql"]

HOLD = "SELECT FROM shard_leases WHERE owner = 'a' FOR KEY SHARE"
RENEW = "UPDATE shard_leases SET renewals = renewals + 1 WHERE owner = 'a'"
RENEW_PROCESS = "UPDATE processes SET renewals = renewals + 1 WHERE id = 'a'"
GIVE_BACK = "UPDATE shard_leases SET owner = NULL WHERE owner = 'a'"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_ENDS_WITHIN_SECONDS", 0.2)
    monkeypatch.setattr(connections, "_STUCK_AFTER", timedelta())


@asynccontextmanager
async def frozen(fleet: Fleet, *, but: str = "") -> AsyncIterator[None]:
    """The server's processes behind the connections of process a are frozen; `but` is a statement's part."""
    async with postgres.connected(fleet.url) as conn:
        rows = await conn.fetch(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'paperboy/a' AND query LIKE $1"
            " AND datname = current_database()",
            f"%{but}%",
        )
    pids: list[int] = [row["pid"] for row in rows]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def transaction(fleet: Fleet, *statements: str) -> AsyncIterator[asyncpg.connection.Connection]:
    """One of process a that has come so far."""
    async with postgres.connected(fleet.url) as conn:
        await conn.execute("SET application_name = 'paperboy/a'")
        with suppress(asyncpg.InterfaceError, asyncpg.PostgresError):  # it is ended
            async with conn.transaction():
                for statement in statements:
                    await conn.execute(statement)
                yield conn


@pytest.mark.parametrize("statements", [(HOLD,), (RENEW_PROCESS, RENEW), (GIVE_BACK,)])
async def test_the_shards_of_a_process_whose_connections_are_frozen_are_taken_over(
    fleet: Fleet, statements: tuple[str, ...]
) -> None:
    first, second = await fleet.start("a"), await fleet.start("b")
    await fleet.steps(first, second, seconds=9)
    assert shards(first, second) == [[0, 1], [2, 3]]
    async with transaction(fleet, *statements), frozen(fleet):
        await fleet.steps(second, seconds=TIMING.overdue + TIMING.look)
        assert shards(second) == [[0, 1, 2, 3]]
        await fleet.steps(second, seconds=30)
        assert shards(second) == [[0, 1, 2, 3]]
    while not await first.step():  # its connections were ended
        pass
    assert shards(first, second) == [[], [0, 1, 2, 3]]
    await fleet.steps(first, second, seconds=TIMING.give_back + 30)
    assert shards(first, second) == [[2, 3], [0, 1]]  # it comes after the other one now


async def test_a_process_whose_renewal_is_frozen_takes_its_own_shards_again(fleet: Fleet) -> None:
    process = await fleet.start("a")
    await fleet.steps(process, seconds=9)
    async with transaction(fleet, RENEW_PROCESS, RENEW), frozen(fleet, but="UPDATE shard_leases SET ren"):
        await fleet.steps(process, seconds=TIMING.renew + TIMING.look)
        assert shards(process) == [[]]
        await fleet.steps(process, seconds=TIMING.overdue + TIMING.look)
        assert shards(process) == [[0, 1, 2, 3]]
        async with write_for(fleet.database, process, ServerId(1)):
            pass
    await fleet.steps(process, seconds=30)
    assert shards(process) == [[0, 1, 2, 3]]


@pytest.mark.parametrize("is_another_attempt", [False, True])
async def test_what_a_frozen_connection_has_begun_is_not_done_once_it_wakes_up(
    fleet: Fleet, *, is_another_attempt: bool
) -> None:
    async with fleet.database.write() as conn:
        feed = await a_feed(conn)
        post = await pending(conn, feed, 1)
    first, second = [await fleet.start(name, shard_count=1) for name in ("a", "b")]
    await fleet.steps(first, second, seconds=9)
    database = await Database.open(fleet.url, process_id="a")
    if is_another_attempt:
        async with write_for(database, first, ServerId(1)) as conn:
            await outbox.begin_attempts(conn, [post.nonce], now=NOW, next_attempt_at=NOW)

    async def begin() -> None:
        async with write_for(database, first, ServerId(1)) as conn:
            assert await outbox.begin_attempts(conn, [post.nonce], now=NOW, next_attempt_at=NOW)
            async with frozen(fleet):
                await fleet.steps(second, seconds=TIMING.overdue + TIMING.look)
                assert shards(second) == [[0]]

    with pytest.raises(StoreError):
        await begin()
    async with write_for(fleet.database, second, ServerId(1)) as conn:
        assert await outbox.begin_attempts(conn, [post.nonce], now=NOW, next_attempt_at=NOW) == {post.id}
    with pytest.raises(LeaseLostError):
        async with write_for(database, first, ServerId(1)):
            pass
    await database.close()


async def test_what_was_begun_before_a_lease_went_on_in_another_row_is_looked_for(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fleet.database.write() as conn:
        post = await pending(conn, await a_feed(conn), 1)
    first, second = [await fleet.start(name, shard_count=1) for name in ("a", "b")]
    await fleet.steps(first, second, seconds=9)
    database = await Database.open(fleet.url, process_id="a")
    look = restored.look_before_resending

    async def late(conn: AsyncConnection, taken: OwnedShards | None, *, waits: bool = True) -> None:
        await look(conn, taken, waits=waits)
        async with write_for(database, first, ServerId(1)) as other:  # does not see the new row yet
            await outbox.begin_attempts(other, [post.nonce], now=NOW, next_attempt_at=NOW)
        monkeypatch.setattr(restored, "look_before_resending", look)

    async with transaction(fleet, HOLD), frozen(fleet, but="FOR KEY SHARE"):
        monkeypatch.setattr(restored, "look_before_resending", late)
        await fleet.steps(second, seconds=TIMING.overdue + TIMING.look)
        assert shards(second) == [[0]]
    async with fleet.database.read() as conn:
        (begun,) = await posts.by_ids(conn, [post.id])
    assert begun.first_attempt_at is not None
    assert begun.first_attempt_at < NOW - NONCE_LASTS
    await database.close()
