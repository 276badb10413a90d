"""Reading the archive: which days are read, how politely, and what an interruption or an outage costs."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest

from bot.core.feeds import Subscription
from bot.core.list_days import FIRST_LIST_DAY
from bot.services.progress import Advance, Progress, no_progress
from bot.services.runs import archive_reading
from bot.services.runs.archive_reading import PAUSE_SECONDS, RESERVED_REQUESTS, RETRY_SECONDS, ArchiveReader
from bot.services.runs.polling import Polling
from bot.sources.fetching import FetchLimits
from bot.sources.huggingface import HuggingFace
from bot.store import papers, subscriptions
from tests.fakes.huggingface import Fault
from tests.samples import NOW
from tests.services.bots import LIVE, Bot, context_of
from tests.services.runs.list_reading import REFUSAL, asked, days, known
from tests.stores import fill_disk, free_disk


def reader(
    bot: Bot,
    waits: list[float],
    *,
    cut_off_after: int | None = None,
    since: date = date.max,
    progress: Progress = no_progress,
) -> ArchiveReader:
    """A reader of the last five days, or of those since `since`, that notes its waits and does not wait."""

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == cut_off_after:
            raise asyncio.CancelledError
        await asyncio.sleep(0)

    context = context_of(bot, backfill_days=5, archive_since=since, progress=progress)
    return ArchiveReader(context, polling=Polling(context), sleep=sleep)


async def test_the_archive_is_read_once_slowly_and_newest_first(bot: Bot) -> None:
    waits: list[float] = []
    assert await reader(bot, waits).read()
    assert asked(bot) == days(bot, 1, 2, 3, 4, 5)
    assert waits == [PAUSE_SECONDS] * 5
    assert await reader(bot, waits).read()
    assert asked(bot) == []


async def test_an_interrupted_archive_continues_after_the_restart(bot: Bot) -> None:
    with pytest.raises(asyncio.CancelledError):
        await reader(bot, [], cut_off_after=3).read()
    assert asked(bot) == days(bot, 1, 2)
    assert await reader(bot, []).read()
    assert asked(bot) == days(bot, 3, 4, 5)


async def test_the_progress_of_the_archive_counts_failed_days(bot: Bot) -> None:
    reported: list[int | str] = []

    @contextmanager
    def progress(total: int) -> Generator[Advance]:
        reported.append(total)
        try:
            yield lambda: reported.append("day")
        finally:
            reported.append("end")

    bot.hub.day_faults[bot.today - timedelta(days=2)] = REFUSAL
    archive = reader(bot, [], progress=progress)
    assert not await archive.read()
    assert reported == [5, *["day"] * 5, "end"]
    bot.hub.day_faults.clear()
    reported.clear()
    assert await archive.read()
    assert reported == [1, "day", "end"]
    assert await archive.read()
    assert reported == [1, "day", "end"]


async def test_an_archive_that_cannot_be_read_is_reported_as_missing(bot: Bot) -> None:
    for back in (1, 2, 4):
        bot.hub.day_faults[bot.today - timedelta(days=back)] = REFUSAL
    assert not await reader(bot, []).read()
    assert asked(bot) == days(bot, 1, 2)
    del bot.hub.day_faults[bot.today - timedelta(days=2)]
    assert not await reader(bot, []).read()
    assert asked(bot) == days(bot, 1, 2, 3, 4, 5)
    bot.hub.day_faults.clear()
    assert await reader(bot, []).read()
    assert await known(bot) == {NOW.date() - timedelta(days=back) for back in range(1, 6)}


async def test_an_archive_that_cannot_be_stored_keeps_the_old_papers(bot: Bot) -> None:
    await fill_disk(
        bot.database, "list_days", on="INSERT", when=f"NEW.day < '{bot.today - timedelta(days=2)}'"
    )
    with pytest.raises(Exception, match="disk is full"):
        await reader(bot, []).read()
    await free_disk(bot.database)
    asked(bot)
    assert await reader(bot, []).read()
    assert asked(bot) == days(bot, 3, 4, 5)


async def test_the_archive_reaches_to_its_first_day_and_not_beyond_the_first_list(bot: Bot) -> None:
    assert await reader(bot, [], since=bot.today - timedelta(days=8)).read()
    assert asked(bot) == days(bot, *range(1, 9))
    assert await reader(bot, [], since=bot.today - timedelta(days=10)).read()
    assert asked(bot) == days(bot, 9, 10)
    with pytest.raises(asyncio.CancelledError):
        await reader(bot, [], since=date(1999, 1, 1), cut_off_after=1).read()
    extent = await reader(bot, [], since=date(1999, 1, 1)).extent()
    assert (extent.since, extent.oldest) == (FIRST_LIST_DAY, bot.today - timedelta(days=10))


async def test_lists_are_asked_for_one_at_a_time_and_a_poll_goes_first(bot: Bot) -> None:
    context = context_of(bot, backfill_days=2)
    polling = Polling(context)
    archive = ArchiveReader(context, polling=polling, sleep=_at_once)
    polling.idle.clear()
    reading = asyncio.create_task(archive.read())
    for _ in range(20):
        await asyncio.sleep(0.001)
    assert asked(bot) == []
    polling.idle.set()
    assert await reading
    assert asked(bot) == days(bot, 1, 2)


async def test_the_archive_leaves_requests_for_polls_and_people(bot: Bot) -> None:
    bot.hub.remaining, bot.hub.resets_in = RESERVED_REQUESTS - 1, 120
    waits: list[float] = []
    assert await reader(bot, waits).read()
    assert waits == [PAUSE_SECONDS, *[PAUSE_SECONDS, 121.0] * 4]
    bot.clock.advance(seconds=200)
    bot.hub.remaining = RESERVED_REQUESTS
    waits.clear()
    assert await reader(bot, waits, since=bot.today - timedelta(days=7)).read()
    assert waits == [PAUSE_SECONDS] * 2


async def test_a_429_is_waited_out_for_as_long_as_hugging_face_asks(bot: Bot) -> None:
    bot.hub.remaining = None
    bot.hub.faults.extend([None, Fault(status=429, headers={"Retry-After": "77"})])
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(round(seconds))
        bot.clock.advance(seconds=seconds)

    async with HuggingFace(bot.hub.url, clock=bot.clock, sleep=sleep, limits=FetchLimits()) as source:
        bot.sources.append(source)
        context = context_of(bot, backfill_days=3)
        bot.sources.remove(source)
        assert await ArchiveReader(context, polling=Polling(context), sleep=sleep).read()
    pause = PAUSE_SECONDS
    assert waits == [pause, pause, 77, pause]
    assert asked(bot) == days(bot, 1, 2, 2, 3)


async def test_an_outage_is_waited_out_and_costs_no_day(bot: Bot) -> None:
    for back in range(1, 6):
        bot.hub.day_faults[bot.today - timedelta(days=back)] = Fault(status=503)
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if waits.count(RETRY_SECONDS) == 2:
            bot.hub.day_faults.clear()
        await asyncio.sleep(0)

    context = context_of(bot, backfill_days=5)
    await ArchiveReader(context, polling=Polling(context), sleep=sleep).run()
    assert waits.count(RETRY_SECONDS) == 2
    assert len(await known(bot)) == 5


async def test_lists_that_can_never_be_read_do_not_keep_older_ones_from_being_read(bot: Bot) -> None:
    for back in (2, 3):
        bot.hub.day_faults[bot.today - timedelta(days=back)] = REFUSAL
    archive = reader(bot, [])
    assert not await archive.read()
    assert not await archive.read()
    assert await known(bot) == {bot.today - timedelta(days=back) for back in (1, 4, 5)}
    extent = await archive.extent()
    assert (extent.oldest, extent.gaps) == (bot.today - timedelta(days=5), 2)


async def test_a_bug_over_one_day_does_not_stop_the_archive(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bot.list_paper("2608.00001", day=bot.today - timedelta(days=2))
    whole = papers.upsert

    async def upsert(conn: object, found: tuple[object, ...], **rest: object) -> object:
        if found:
            raise OverflowError
        return await whole(conn, found, **rest)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(papers, "upsert", upsert)
    assert not await reader(bot, []).read()
    assert len(await known(bot)) == 4
    assert "OverflowError" in caplog.text


async def test_the_log_has_a_line_at_the_beginning_the_end_and_now_and_then(
    bot: Bot, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_reading, "_DAYS_PER_LINE", 10)
    caplog.set_level("INFO")
    assert await reader(bot, [], since=bot.today - timedelta(days=12)).read()
    lines = [line for line in caplog.messages if line.startswith("Archive: ")]
    first = bot.today - timedelta(days=12)
    assert lines == [
        f"Archive: reading 12 list days back to {first}, newest first",
        f"Archive: 10 of 12 list days read, back to {bot.today - timedelta(days=10)}",
        "Archive: 12 of 12 list days read",
    ]


async def test_the_archive_is_never_posted_and_no_run_loads_it(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.restart(backfill_days=8)
    await bot.subscribe(schedule=LIVE)
    for back in range(9, 12):
        bot.list_paper(f"2608.000{back:02}", day=bot.today - timedelta(days=back), upvotes=1_000)
    bot.list_paper("2608.00001")
    assert await reader(bot, [], since=bot.today - timedelta(days=12)).read()
    loaded: list[int] = []
    between = papers.between

    async def note(conn: object, *days: object) -> object:
        found = await between(conn, *days)  # pyright: ignore[reportArgumentType]
        loaded.append(len(found))
        return found

    monkeypatch.setattr(papers, "between", note)
    await bot.run()
    await bot.services.runs.deliver_older(await bot.feed(), await wanting(bot), count=5)
    await bot.delivered()
    assert bot.publisher.posted(1) == ["2608.00001"]
    assert loaded
    assert max(loaded) == 1


async def wanting(bot: Bot) -> list[Subscription]:
    async with bot.database.read() as conn:
        return await subscriptions.of_feed(conn, (await bot.feed()).id)


async def _at_once(_seconds: float) -> None:
    await asyncio.sleep(0)
