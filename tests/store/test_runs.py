"""The journal of runs."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import RunId, ServerId
from bot.core.runs import Outcome, Run, RunReport, SourceFailure
from bot.core.shards import OwnedShards
from bot.errors import Problem, ProblemKind
from bot.store import runs, tables
from tests.samples import NOW, TODAY
from tests.store.samples import HOUR

PROBLEM = Problem(ProblemKind.SERVER_ERROR, 503)


async def finish(conn: AsyncConnection, run_id: RunId, *, hours: int, outcome: str = "ok") -> None:
    report = RunReport(
        listed=20,
        new_papers=3,
        feeds=2,
        posts=1,
        outcome=Outcome(outcome),
        problem=None if outcome == "ok" else PROBLEM,
        problem_day=None if outcome == "ok" else TODAY,
    )
    await runs.finish(conn, run_id, report, now=NOW + hours * HOUR)


async def test_a_run_that_is_not_finished_is_not_the_latest(conn: AsyncConnection) -> None:
    await runs.start(conn, now=NOW)
    assert await runs.latest(conn) is None


async def test_the_latest_run_is_the_one_that_finished_last(conn: AsyncConnection) -> None:
    first, second = await runs.start(conn, now=NOW), await runs.start(conn, now=NOW)
    await runs.start(conn, now=NOW + HOUR)
    await finish(conn, second, hours=1)
    await finish(conn, first, hours=2, outcome="source_failed")
    assert await runs.latest(conn) == Run(
        id=first,
        started_at=NOW,
        finished_at=NOW + 2 * HOUR,
        outcome=Outcome.SOURCE_FAILED,
        listed=20,
        new_papers=3,
        feeds=2,
        posts=1,
        problem=PROBLEM,
        problem_day=TODAY,
    )


async def test_the_latest_failure_is_found_behind_runs_that_went_well(conn: AsyncConnection) -> None:
    assert await runs.latest_failed(conn) is None
    for hours, outcome in enumerate(("failed", "source_failed", "ok")):
        await finish(conn, await runs.start(conn, now=NOW), hours=hours, outcome=outcome)
    found = await runs.latest_failed(conn)
    assert found is not None
    assert found.outcome is Outcome.SOURCE_FAILED


async def test_in_a_fleet_the_latest_run_is_that_of_the_process_that_has_the_server(
    conn: AsyncConnection,
) -> None:
    count = 4
    first, second = OwnedShards(count, frozenset({0, 1, 3})), OwnedShards(count, frozenset({2}))
    await finish(conn, await runs.start(conn, now=NOW, shards=first), hours=1, outcome="failed")
    await finish(conn, await runs.start(conn, now=NOW, shards=second), hours=2)
    found = [await runs.latest(conn, ServerId(shard << 22)) for shard in range(count)]
    assert [run and run.shards for run in found] == [first, first, second, first]
    failed = [await runs.latest_failed(conn, ServerId(shard << 22)) for shard in range(count)]
    assert [run is not None for run in failed] == [True, True, False, True]
    of_people = await runs.latest(conn)
    assert of_people is not None
    assert of_people.shards == first


async def test_the_journal_keeps_a_fixed_number_of_runs(
    conn: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "KEPT", 3)
    for _ in range(10):
        await runs.start(conn, now=NOW)
    kept = (await conn.execute(select(func.count()).select_from(tables.runs))).scalar_one()
    assert kept == 3


async def test_runs_that_could_not_read_the_list_count_from_the_last_one_that_could(
    conn: AsyncConnection,
) -> None:
    assert await runs.source_failure(conn) is None
    for hours, outcome in enumerate(("source_failed", "ok", "source_failed", "failed", "source_failed")):
        await finish(conn, await runs.start(conn, now=NOW), hours=hours, outcome=outcome)
    await runs.start(conn, now=NOW)  # under way
    assert await runs.source_failure(conn) == SourceFailure(
        first_at=NOW + 2 * HOUR, last_at=NOW + 4 * HOUR, problem=PROBLEM, day=TODAY
    )
    await finish(conn, await runs.start(conn, now=NOW), hours=5)
    assert await runs.source_failure(conn) is None


async def test_the_journal_takes_no_problem_but_ours(conn: AsyncConnection) -> None:
    run_id = await runs.start(conn, now=NOW)
    words = "Hugging Face answered 400: Authorization: Bearer hf_secret"
    with pytest.raises(DBAPIError, match=r"ck_runs_problem|too long"):
        await conn.execute(update(tables.runs).where(tables.runs.c.id == run_id).values(problem=words))
