"""Polling: which days are read, in which order, and what a failure costs."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.core.runs import Outcome
from bot.errors import Problem, ProblemKind, StoreError
from bot.logs import TextFormatter
from bot.store import list_days, papers
from tests.examples import first
from tests.fakes.huggingface import Fault
from tests.fakes.leaks import FINAL_LEAKS, PASSING_LEAKS, leaked
from tests.services.bots import Bot, a_bot
from tests.services.runs.list_reading import REFUSAL, asked, days, known
from tests.stores import fill_disk


async def test_the_first_poll_reads_only_the_open_day(bot: Bot) -> None:
    bot.list_paper("2608.00001")
    result = await bot.services.polling.poll()
    assert (result.days_read, result.listed, result.new, result.problem) == (1, 1, 1, None)
    assert asked(bot) == days(bot, 0)


@pytest.mark.usefixtures("each_store", "databases_are_freed")
async def test_a_first_start_on_a_weekend_is_an_empty_day_and_no_failure(tmp_path: Path) -> None:
    async with a_bot(tmp_path, now=datetime(2026, 8, 22, 8, tzinfo=UTC)) as bot:
        result = await bot.services.polling.poll()
        assert (result.days_read, result.listed, result.problem) == (1, 0, None)


async def test_a_day_that_has_not_opened_is_no_failure_and_stays_unread(bot: Bot) -> None:
    bot.hub.open_day = bot.today - timedelta(days=1)
    result = await bot.services.polling.poll()
    assert (result.days_read, result.problem) == (0, None)
    assert await known(bot) == set()


async def test_days_missed_are_read_newest_first(bot: Bot) -> None:
    await bot.services.polling.poll()
    asked(bot)
    bot.clock.advance(days=9)
    await bot.services.polling.poll()
    assert asked(bot) == days(bot, *range(10))  # the ninth closed since it was read


async def test_a_day_that_could_not_be_read_is_read_by_the_next_poll(bot: Bot) -> None:
    await bot.services.polling.poll()
    bot.clock.advance(days=1)
    bot.list_paper("2608.00001", day=bot.today - timedelta(days=1))
    bot.hub.day_faults[bot.today - timedelta(days=1)] = REFUSAL
    result = await bot.services.polling.poll()
    assert result.days_read == 1
    assert result.problem == Problem(ProblemKind.TOKEN_REFUSED, 403)
    assert result.problem_day == bot.today - timedelta(days=1)

    bot.hub.day_faults.clear()
    result = await bot.services.polling.poll()
    assert (result.new, result.problem) == (1, None)


async def test_a_source_that_is_down_gets_no_request_for_the_other_days(bot: Bot) -> None:
    await bot.services.polling.poll()
    bot.clock.advance(days=20)
    asked(bot)
    for back in range(21):
        bot.hub.day_faults[bot.today - timedelta(days=back)] = REFUSAL
    result = await bot.services.polling.poll()
    assert result.days_read == 0
    assert len(asked(bot)) == 2


async def test_a_day_here_and_there_that_fails_does_not_count_as_a_source_that_is_down(bot: Bot) -> None:
    await bot.services.polling.poll()
    bot.clock.advance(days=6)
    asked(bot)
    for back in (0, 2, 4):
        bot.hub.day_faults[bot.today - timedelta(days=back)] = REFUSAL
    result = await bot.services.polling.poll()
    assert result.days_read == 4
    assert len(asked(bot)) == 7


async def test_a_bug_over_one_day_does_not_cost_the_others(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await bot.services.polling.poll()
    bot.clock.advance(days=1)
    bot.list_paper("2608.00001")
    bot.list_paper("2608.00002", day=bot.today - timedelta(days=1))
    whole = papers.upsert

    async def upsert(conn: object, found: tuple[object, ...], **rest: object) -> object:
        if any(getattr(paper, "id", None) == "2608.00001" for paper in found):
            raise OverflowError
        return await whole(conn, found, **rest)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(papers, "upsert", upsert)
    result = await bot.services.polling.poll()
    assert result.new == 1
    assert result.problem == Problem(ProblemKind.BUG)
    assert "OverflowError" in caplog.text


async def test_a_day_without_readable_items_stays_unread(bot: Bot) -> None:
    bot.hub.days[bot.today] = [{"paper": {"identifier": "in a new format"}}] * 12
    result = await bot.services.polling.poll()
    assert (result.days_read, result.listed) == (0, 0)
    assert result.problem == Problem(ProblemKind.NO_ITEM_READABLE)
    assert await known(bot) == set()

    bot.hub.days.clear()
    bot.list_paper("2608.00001")
    result = await bot.services.polling.poll()
    assert (result.new, result.problem) == (1, None)


async def test_readable_items_of_a_broken_list_are_stored_and_the_others_counted(bot: Bot) -> None:
    bot.list_paper("2608.00001")
    bot.hub.days[bot.today].append({"paper": {}})
    result = await bot.services.polling.poll()
    assert (result.new, result.unreadable, result.problem) == (1, 1, None)
    async with bot.database.read() as conn:
        (read,) = await list_days.incomplete(conn, bot.today)
    assert (read.papers, read.unreadable) == (1, 1)


async def test_an_incomplete_list_is_used_and_stays_unread(bot: Bot) -> None:
    for number in range(101):
        bot.list_paper(f"2608.{number:05}")
    bot.hub.faults.extend([None, Fault(status=400)])
    result = await bot.services.polling.poll()
    assert (result.listed, result.problem) == (100, Problem(ProblemKind.REFUSED, 400))
    assert await known(bot) == set()
    assert (await bot.services.polling.poll()).new == 1


async def test_hostile_items_affect_no_other_item(bot: Bot) -> None:
    texts = ["\x00", "\ud800", "x" * 100_000, "\u202e" * 5, "NaN"]
    numbers: list[Any] = [
        2**63,
        -(2**63),
        10**400,
        1e308,
        float("nan"),
        float("inf"),
        "12",
        [],
        {},
        True,
        None,
    ]
    days = ["0000-00-00", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00-14:00", 10**20, "2026-02-30"]
    ids = ["2608.1", "2608.00001v2", " 2608.00002", "hep-th/9901001", 2608.00001, None, "", "٢٦٠٨.00001"]
    for number, value in enumerate([*texts, *numbers, *days]):
        item = bot.list_paper(f"2608.{number:05}")
        for key in item["paper"].keys() - {"id", "title"}:
            item["paper"][key] = value
        for key in item.keys() - {"paper", "title"}:
            item[key] = value
    for paper_id in ids:
        bot.list_paper("")["paper"]["id"] = paper_id
    listed = len(texts) + len(numbers) + len(days)
    body = json.dumps(bot.hub.days[bot.today]).encode()
    bot.hub.day_faults[bot.today] = Fault(body=body)
    result = await bot.services.polling.poll()
    assert (result.new, result.unreadable, result.problem) == (listed, len(ids), None)


async def test_people_who_ask_at_once_share_one_reading_of_the_list(bot: Bot) -> None:
    feed = await bot.subscribe()
    await bot.services.runs.run()
    bot.clock.advance(minutes=10)
    asked(bot)
    await asyncio.gather(*(bot.services.runs.deliver_now(feed) for _ in range(2)))
    assert asked(bot) == days(bot, 0)


async def test_a_full_disk_is_no_bug(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    bot.list_paper("2608.00001")
    await fill_disk(bot.database, "papers", on="INSERT")
    with pytest.raises(StoreError):
        await bot.services.runs.run()
    assert (await bot.last_run()).problem == Problem(ProblemKind.DATABASE)
    assert "the disk is full" in caplog.text
    assert "Traceback" not in caplog.text


async def test_a_list_with_unreadable_items_is_read_again_once_a_day_for_a_month(bot: Bot) -> None:
    bot.list_paper("2608.00001")
    broken = bot.today
    bot.hub.days[broken].append({})
    await bot.services.polling.poll()
    asked_on = list[int]()
    first = bot.clock()
    for days_later, hours in ((8, 0), (8, 12), (9, 0), (30, 0), (31, 0)):
        bot.clock.now = first + timedelta(days=days_later, hours=hours)
        await bot.services.polling.poll()
        if str(broken) in asked(bot):
            asked_on.append((bot.today - broken).days)
    assert asked_on == [8, 9, 30]


@pytest.mark.thorough
async def test_a_huge_day_is_read_whole(bot: Bot) -> None:
    for number in range(950):
        bot.list_paper(f"2608.{number:05}")
    result = await bot.services.polling.poll()
    assert (result.listed, result.new) == (950, 950)
    bot.clock.advance(minutes=30)
    assert (await bot.services.polling.poll()).new == 0


@pytest.mark.usefixtures("each_store", "databases_are_freed")
@pytest.mark.parametrize("backfill_days", first(1, [0, 3]))
async def test_missed_days_of_a_week_are_read_even_without_an_archive(
    tmp_path: Path, backfill_days: int
) -> None:
    async with a_bot(tmp_path, backfill_days=backfill_days) as bot:
        await bot.services.polling.poll()
        bot.clock.advance(days=20)
        asked(bot)
        await bot.subscribe()
        await bot.services.polling.poll()
        assert asked(bot) == days(bot, 0)
        bot.clock.advance(days=7)
        await bot.services.polling.poll()
        assert asked(bot) == days(bot, *range(8))


@pytest.mark.parametrize(
    "fault", first(2, [*PASSING_LEAKS, *FINAL_LEAKS]), ids=lambda fault: f"{fault.kind} {fault.status}"
)
async def test_an_answer_that_is_not_a_list_is_not_stored(
    bot: Bot, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    bot.hub.day_faults[bot.today] = fault
    await bot.run()
    run = await bot.last_run()
    assert run.outcome is Outcome.SOURCE_FAILED
    assert run.problem is not None
    assert run.problem == bot.sources[0].health.last_failure
    async with bot.database.read() as conn:
        rows = (await conn.execute(text("SELECT * FROM runs"))).all()
    assert not leaked(f"{rows} {run.problem}")
    logged = "\n".join(TextFormatter([]).format(record) for record in caplog.records)
    assert not leaked(logged.replace("squid.internal.example", ""))  # what an operator's proxy says of itself
    assert logged
