"""The list in a fleet: one process reads it, and the others use what it stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.polls import Poll, Purpose
from bot.core.runs import Outcome
from bot.errors import Problem, ProblemKind
from bot.services.container import Services, assemble
from bot.services.fleet.turns import Turns
from bot.services.runs.freshness import FRESH_FOR_SECONDS
from bot.sources.fetching import FetchLimits
from bot.sources.huggingface import HuggingFace
from bot.store import polls, turns
from tests.services.bots import LIVE, Bot, a_bot, context_of
from tests.services.runs.list_reading import REFUSAL, asked, days
from tests.stores import open_database, postgresql

__all__ = ["postgresql"]

PROCESSES = 3


class Fleet:
    """The services of several processes on one database; `bot` is around the first."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.processes: list[Services] = []

    async def run_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for process in self.processes:
                group.create_task(process.runs.run())


@pytest_asyncio.fixture
async def fleet(tmp_path: Path, postgresql: None, databases_are_freed: None) -> AsyncIterator[Fleet]:
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(a_bot(tmp_path))
        fleet = Fleet(bot)
        for _ in range(PROCESSES):
            database = await open_database(tmp_path / "paperboy.db")
            stack.push_async_callback(database.close)
            source = HuggingFace(bot.hub.url, clock=bot.clock, limits=FetchLimits(tries=1))
            stack.push_async_callback(source.close)
            context = replace(
                context_of(bot, backfill_days=30), database=database, source=source, turns=Turns(database)
            )
            fleet.processes.append(assemble(context, board=bot.board))
        yield fleet


async def test_runs_of_all_processes_at_once_read_the_list_once(fleet: Fleet) -> None:
    bot = fleet.bot
    bot.list_paper("2608.00001")
    await fleet.run_all()
    assert asked(bot) == days(bot, 0)
    assert await bot.value("SELECT sum(new_papers) FROM runs") == PROCESSES
    bot.clock.advance(seconds=FRESH_FOR_SECONDS - 1)
    await fleet.run_all()
    assert asked(bot) == []


async def test_a_list_that_was_read_while_a_run_looked_how_old_it_is_is_not_read_again(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = fleet.bot
    reader, other, _ = fleet.processes
    bot.list_paper("2608.00001")
    latest = polls.latest

    async def overtaken(conn: AsyncConnection) -> dict[Purpose, Poll]:
        found = await latest(conn)
        monkeypatch.undo()
        await reader.runs.run()
        return found

    monkeypatch.setattr(polls, "latest", overtaken)
    await other.runs.run()
    assert asked(bot) == days(bot, 0)
    assert (await bot.last_run()).new_papers == 1


async def test_what_one_process_read_is_used_by_the_next_run_of_each_other(fleet: Fleet) -> None:
    bot = fleet.bot
    reader, other, _ = fleet.processes
    await other.runs.run()
    bot.clock.advance(seconds=600)
    await bot.subscribe(schedule=LIVE)
    bot.list_paper("2608.00001", day=bot.today)
    await reader.runs.run()
    asked(bot)
    polled_at = bot.clock()
    assert await other.runs.next_at() == polled_at
    await other.runs.run()
    assert asked(bot) == []
    assert (await bot.last_run()).new_papers == 1
    assert (await other.runs.source_health()).last_success_at == polled_at
    for process in (reader, other):
        assert await process.runs.next_at() == polled_at + timedelta(seconds=1800)


async def test_titles_that_another_process_read_are_offered(fleet: Fleet) -> None:
    bot = fleet.bot
    reader, other, _ = fleet.processes
    for number in range(1, 3):
        bot.list_paper(f"2608.0000{number}", title=f"Video {number}")
        bot.clock.advance(seconds=600)
        await reader.runs.run()
        for process in (reader, other):
            assert f"Video {number}" in {title for title, _ in await process.titles.like("video")}


async def test_a_list_that_could_not_be_read_counts_for_all_and_is_read_again_once(fleet: Fleet) -> None:
    bot = fleet.bot
    await fleet.run_all()
    bot.clock.advance(days=1)
    await bot.subscribe(schedule=LIVE)
    bot.hub.day_faults |= dict.fromkeys((bot.today, bot.today - timedelta(days=1)), REFUSAL)
    asked(bot)
    await fleet.run_all()
    assert asked(bot).count(str(bot.today)) == 1
    outcomes = await bot.value("SELECT count(*) FROM runs WHERE outcome = 'source_failed'")
    assert outcomes == PROCESSES
    assert (await bot.feed()).last_run_at is None  # the next run reaches as far back
    for process in fleet.processes:
        assert (await process.runs.source_health()).is_failing

    bot.hub.day_faults.clear()
    await fleet.run_all()
    assert asked(bot).count(str(bot.today)) == 1
    assert (await bot.last_run()).outcome is Outcome.OK
    for process in fleet.processes:
        assert not (await process.runs.source_health()).is_failing


async def test_deliver_uses_the_list_that_another_process_reads(fleet: Fleet) -> None:
    bot = fleet.bot
    feeds = [await bot.subscribe(channel=channel) for channel in range(1, PROCESSES + 1)]
    bot.list_paper("2608.00001", day=bot.today)
    async with asyncio.TaskGroup() as group:
        requests = [
            group.create_task(process.runs.deliver_now(feed))
            for process, feed in zip(fleet.processes, feeds, strict=True)
        ]
    assert [request.result().list_problem for request in requests] == [None] * PROCESSES
    assert [len(request.result().post_ids) for request in requests] == [1] * PROCESSES
    assert len(asked(bot)) == 1


async def test_a_reader_that_died_is_waited_for_no_longer_than_its_turn(fleet: Fleet) -> None:
    bot = fleet.bot
    async with bot.database.write() as conn:
        assert await turns.claim(conn, "list", holder="dead", seconds=0.5)
    await fleet.run_all()
    assert asked(bot) == days(bot, 0)
    assert await bot.value("SELECT count(*) FROM turns") == 0


async def test_a_run_that_waits_too_long_for_the_reader_goes_on_with_known_papers(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = fleet.bot
    monkeypatch.setattr("bot.services.runs.freshness.RUN_TIMEOUT_SECONDS", 0.2)
    async with bot.database.write() as conn:
        assert await turns.claim(conn, "list", holder="slow", seconds=600)
    report = await fleet.processes[0].runs.run()
    assert report.problem == Problem(ProblemKind.TIMED_OUT)
    assert asked(bot) == []
    async with bot.database.write() as conn:
        await turns.release(conn, "list", holder="another")
        assert not await turns.claim(conn, "list", holder="another", seconds=1)
        await turns.release(conn, "list", holder="slow")
        assert await turns.claim(conn, "list", holder="another", seconds=1)
