"""Processes of a fleet share the shards out, and one takes over only what nobody can be using any more."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot.core.ids import ServerId
from bot.core.shards import EVERYTHING, OwnedShards, shard_of
from bot.errors import ConfigError
from bot.services.fleet.fleet import LeaseLostError, write_for
from bot.services.fleet.membership import Membership, end_fleet
from bot.store import outbox, tables
from bot.store.address import backend_of
from bot.store.postgres import leases
from tests.fakes import postgres
from tests.services.fleet.processes import TIMING, Clock, Fleet, fleet, shards
from tests.store.samples import NOW, a_feed, pending
from tests.stores import postgresql

__all__ = ["fleet", "postgresql"]


async def test_processes_that_start_together_get_equal_parts(fleet: Fleet) -> None:
    processes = [await fleet.start(name) for name in ("a", "b", "c")]
    for process in processes:
        await process.step()
    assert shards(*processes) == [[], [], []]
    await fleet.steps(*processes, seconds=9)
    assert sorted(map(len, shards(*processes))) == [1, 1, 2]
    assert sorted(shard for process in processes for shard in process.owned.ids) == [0, 1, 2, 3]


async def test_a_process_that_comes_later_gets_its_part_once_the_fleet_is_steady_and_work_has_ended(
    fleet: Fleet,
) -> None:
    first = await fleet.start("a")
    await fleet.steps(first, seconds=9)
    assert shards(first) == [[0, 1, 2, 3]]
    held: list[OwnedShards] = []

    async def finish(_: float) -> None:
        async with fleet.database.write() as conn:
            held.append(await first.hold(conn))

    first.follow(changed=lambda: None, lost=lambda: None, finish=finish)
    second = await fleet.start("b")
    await fleet.steps(first, second, seconds=TIMING.give_back - 5)
    assert shards(first, second) == [[0, 1, 2, 3], []]
    await fleet.steps(first, second, seconds=15)
    assert shards(first, second) == [[0, 1], [2, 3]]
    assert [sorted(shards.ids) for shards in held] == [[0, 1, 2, 3]]


async def test_a_spare_process_waits_and_takes_over_after_a_death(fleet: Fleet) -> None:
    first, second, spare = [await fleet.start(name, part=2) for name in ("a", "b", "c")]
    await fleet.steps(first, second, spare, seconds=15)
    assert shards(first, second, spare) == [[0, 1], [2, 3], []]
    await fleet.steps(first, spare, seconds=TIMING.expires - 10 - TIMING.look)
    assert shards(spare) == [[]]
    await fleet.steps(first, spare, seconds=16 + TIMING.look)
    assert shards(first, spare) == [[0, 1], [2, 3]]
    assert spare.takeovers == 2


async def test_a_process_that_froze_sends_nothing_and_finds_out_what_it_lost(fleet: Fleet) -> None:
    first, second = await fleet.start("a"), await fleet.start("b")
    await fleet.steps(first, second, seconds=9)
    assert shards(first, second) == [[0, 1], [2, 3]]
    assert first.may_send()
    await fleet.steps(second, seconds=TIMING.certain)
    assert not first.may_send()
    assert shards(first, second) == [[0, 1], [2, 3]]
    await fleet.steps(second, seconds=21)
    assert shards(second) == [[0, 1, 2, 3]]
    lost: list[bool] = []
    first.follow(
        changed=lambda: None, lost=lambda: lost.append(first.may_send()), finish=lambda _: asyncio.sleep(0)
    )
    while not await first.step():  # its connection was ended
        pass
    assert lost == [False]  # what was under way ended before anything could be sent again
    assert shards(first) == [[]]
    assert first.may_send()


@pytest.mark.thorough
async def test_a_process_that_froze_for_a_moment_keeps_its_shards(fleet: Fleet) -> None:
    first, second = await fleet.start("a"), await fleet.start("b")
    await fleet.steps(first, second, seconds=9)
    await fleet.steps(second, seconds=15)
    await fleet.steps(first, second, seconds=60)
    assert shards(first, second) == [[0, 1], [2, 3]]
    assert second.takeovers == 0


async def test_after_the_database_was_away_nobody_takes_over_from_a_process_that_runs(fleet: Fleet) -> None:
    first, second = await fleet.start("a"), await fleet.start("b")
    await fleet.steps(first, second, seconds=9)
    fleet.clock.seconds += 10 * TIMING.expires
    await second.step()  # it looks before the first one has renewed its leases
    await fleet.steps(second, seconds=TIMING.look)
    await fleet.steps(first, second, seconds=60)
    assert shards(first, second) == [[0, 1], [2, 3]]
    assert (first.takeovers, second.takeovers) == (0, 0)


async def test_a_process_takes_over_more_than_its_part_where_nobody_else_does(fleet: Fleet) -> None:
    first, second = await fleet.start("a"), await fleet.start("b")
    await fleet.steps(first, second, seconds=9)
    assert shards(first, second) == [[0, 1], [2, 3]]
    third = await fleet.start("c")  # in place of the second one, and gone again at once
    await fleet.steps(first, seconds=TIMING.expires - 5)
    await third.step()
    await fleet.steps(first, seconds=TIMING.overdue + 3 * TIMING.look - (TIMING.expires - 5))
    assert shards(first) == [[0, 1, 2, 3]]


async def test_a_process_that_ends_gives_its_shards_back_at_once(fleet: Fleet) -> None:
    first, second = await fleet.start("a"), await fleet.start("b")
    await fleet.steps(first, second, seconds=9)
    await first.leave()
    assert not first.may_send()
    await fleet.steps(second, seconds=TIMING.look)
    assert shards(second) == [[0, 1, 2, 3]]
    assert second.takeovers == 0


async def test_a_shard_that_was_given_back_is_taken_although_its_part_is_another_ones(fleet: Fleet) -> None:
    first, second = await fleet.start("a"), await fleet.start("b")
    await fleet.steps(first, second, seconds=9)
    third = await fleet.start("c")  # in place of the second one, and gone again at once
    await third.step()
    await second.leave()
    await fleet.steps(first, seconds=TIMING.unclaimed + 2 * TIMING.look)
    assert shards(first) == [[0, 1, 2, 3]]


async def test_a_forgotten_connection_keeps_nobody_from_a_shard_that_was_given_back(fleet: Fleet) -> None:
    async with postgres.connected(fleet.url) as forgotten:
        await forgotten.execute("SELECT pg_advisory_lock($1, 0)", leases._SHARD_LOCKS)
        process = await fleet.start("a", shard_count=2)
        await fleet.steps(process, seconds=9)
        assert shards(process) == [[0, 1]]
        assert forgotten.is_closed()


async def end_connections(fleet: Fleet) -> None:
    async with postgres.connected(fleet.url) as conn:
        await conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'paperboy/%' AND datname = current_database()"
        )


async def test_lost_connections_cost_nothing(fleet: Fleet, caplog: pytest.LogCaptureFixture) -> None:
    first, second = await fleet.start("a"), await fleet.start("b")
    await fleet.steps(first, second, seconds=9)
    await end_connections(fleet)
    fleet.clock.seconds += TIMING.look
    assert [await process.step() for process in (first, second)] == [False, False]
    assert "The leases of this process cannot be renewed: the server does not answer; check" in caplog.text
    await fleet.steps(first, second, seconds=60)
    assert shards(first, second) == [[0, 1], [2, 3]]


async def test_nobody_takes_over_while_a_transaction_holds_the_lease(fleet: Fleet) -> None:
    first = await fleet.start("a", shard_count=1)
    await fleet.steps(first, seconds=9)
    second = await fleet.start("b", shard_count=1)
    async with write_for(fleet.database, first, ServerId(1)):
        fleet.clock.seconds += 1
        await second.step()
        await fleet.steps(second, seconds=TIMING.expires - 1)
        fleet.clock.seconds += TIMING.look
        assert not await second.step()  # it gave up waiting for the row
        assert shards(second) == [[]]
    await fleet.steps(second, seconds=9)
    assert shards(second) == [[0]]
    with pytest.raises(LeaseLostError):
        async with write_for(fleet.database, first, ServerId(1)):
            pass


async def test_what_the_former_owner_began_is_looked_for_before_it_is_sent(fleet: Fleet) -> None:
    async with fleet.database.write() as conn:
        feed = await a_feed(conn)
        begun, untouched = await pending(conn, feed, 1), await pending(conn, feed, 2)
        assert await outbox.begin_attempts(conn, [begun.nonce], now=NOW, next_attempt_at=NOW)
    first = await fleet.start("a", shard_count=1)
    await fleet.steps(first, seconds=9)
    second = await fleet.start("b", shard_count=1)
    await second.step()
    await fleet.steps(second, seconds=TIMING.expires + 6)
    assert shards(second) == [[0]]
    async with fleet.database.read() as conn:
        statement = select(tables.posts.c.id, tables.posts.c.first_attempt_at)
        at = {row.id: row.first_attempt_at for row in await conn.execute(statement)}
    assert at[begun.id] is not None
    assert at[begun.id] < NOW - timedelta(minutes=1)
    assert at[untouched.id] is None


async def test_another_number_of_shards_is_refused_while_processes_run(fleet: Fleet) -> None:
    first = await fleet.start("a", shard_count=4)
    await fleet.steps(first, seconds=9)
    with pytest.raises(ConfigError, match="SHARD_COUNT is 2, but processes with SHARD_COUNT=4"):
        await fleet.start("b", shard_count=2)
    await first.leave()
    second = await fleet.start("b", shard_count=2)
    await fleet.steps(second, seconds=9)
    assert shards(second) == [[0, 1]]


async def test_processes_that_start_together_after_a_stop_may_have_another_number_of_shards(
    fleet: Fleet,
) -> None:
    first = await fleet.start("a", shard_count=4)
    await fleet.steps(first, seconds=9)
    await first.leave()
    async with fleet.session("b", shard_count=2) as starting:
        assert await starting.enter()
        second = await fleet.start("c", shard_count=2)
        assert await starting.make_leases() is None
    await fleet.steps(second, seconds=9)
    assert shards(second) == [[0, 1]]


async def test_of_processes_that_start_together_with_different_numbers_of_shards_one_runs(
    fleet: Fleet,
) -> None:
    started = await asyncio.gather(
        *(fleet.start(name, shard_count=number) for name, number in (("a", 2), ("b", 4))),
        return_exceptions=True,
    )
    (running,) = [process for process in started if isinstance(process, Membership)]
    assert [type(error) for error in started if error is not running] == [ConfigError]
    await fleet.steps(running, seconds=9)
    assert len(running.owned.ids) == running.owned.count
    async with fleet.database.read() as conn:
        assert (await conn.execute(select(tables.shard_leases.c.shard))).scalars().all() == [
            *range(running.owned.count)
        ]


async def test_a_process_that_was_cut_off_ends_if_another_number_of_shards_has_come_meanwhile(
    fleet: Fleet,
) -> None:
    first = await fleet.start("a", shard_count=4)
    await fleet.steps(first, seconds=9)
    await end_connections(fleet)
    hurrying = asyncio.create_task(let_time_pass(fleet.clock))
    second = await fleet.start("b", shard_count=2, timing=replace(TIMING, look=0.01))
    hurrying.cancel()
    assert not await first.step()  # it finds out that its connection has ended
    with pytest.raises(ConfigError, match="SHARD_COUNT is 4, but processes with SHARD_COUNT=2"):
        await first.step()
    await fleet.steps(second, seconds=TIMING.overdue + 2 * TIMING.look)
    assert shards(second) == [[0, 1]]


async def test_a_fleet_and_a_single_process_keep_each_other_away(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.postgres.sole_use.CLOSES_WITHIN_SECONDS", 0.2)
    first = await fleet.start("a")
    with pytest.raises(ConfigError, match="another Paperboy runs"):
        async with backend_of(fleet.url).sole_use():
            pass
    await first.leave()
    async with backend_of(fleet.url).sole_use():
        hurrying = asyncio.create_task(let_time_pass(fleet.clock))
        with pytest.raises(ConfigError, match="without SHARD_COUNT"):
            await fleet.start("b")
        hurrying.cancel()


async def let_time_pass(clock: Clock) -> None:
    while True:
        clock.seconds += 1
        await asyncio.sleep(0)


async def test_a_single_process_after_a_killed_fleet_waits_for_its_requests(fleet: Fleet) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    await end_fleet(fleet.database, sleep=sleep)
    assert waited == []
    first = await fleet.start("a")
    await fleet.steps(first, seconds=9)
    await end_fleet(fleet.database, sleep=sleep)
    assert waited == [TIMING.certain]
    async with fleet.database.write() as conn:
        assert (await first.hold(conn)).ids == frozenset()
        assert (await conn.execute(text("SELECT count(*) FROM processes"))).scalar_one() == 0


def test_servers_belong_to_discords_shards_and_direct_messages_to_the_first() -> None:
    assert shard_of(ServerId(197038439483310086), 16) == 197038439483310086 // 4194304 % 16
    assert OwnedShards(16, frozenset({0})).has(None)
    assert not OwnedShards(16, frozenset({1})).has(None)
    assert all(EVERYTHING.has(server) for server in (None, ServerId(1), ServerId(2**62)))
