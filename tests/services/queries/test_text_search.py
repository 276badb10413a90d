"""Searching stored texts: what is counted until a moment, and papers whose text is of older rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
import pytest_asyncio

from bot.core.limits import DEFAULT_LIMITS
from bot.core.query.compiled import compile_query
from bot.services.queries.archive_study import study_archive
from bot.services.queries.text_search import matches_since, scan_texts
from bot.store import paper_texts
from tests.queries import expression
from tests.services.bots import Bot


@pytest_asyncio.fixture
async def read(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> Bot:
    """A bot that has read five papers, and searches two at once."""
    monkeypatch.setattr(paper_texts, "BATCH", 2)
    for number, title in enumerate(("RL", "Reinforcement learning", "RL", "RL", "Video")):
        bot.list_paper(f"2608.{number:05}", title=title, summary="…")
    await bot.services.polling.read_day(bot.today)
    return bot


async def test_what_is_cut_off_says_how_many_papers_were_searched(read: Bot) -> None:
    query = compile_query("RL", DEFAULT_LIMITS)
    async with read.database.read() as conn:
        whole = await scan_texts(conn, [query.expression])
        cut = await scan_texts(conn, [query.expression], ends_at=0.0)
        study = await study_archive(conn, [query], limits=DEFAULT_LIMITS, ends_at=0.0)

    assert (len(whole.found[query.expression]), whole.searched, whole.is_complete) == (4, 5, True)
    assert (len(cut.found[query.expression]), cut.searched, cut.is_complete) == (2, 2, False)
    assert [item.more for item in study.expansions[query.canonical]] == [1]
    assert (study.searched, study.archive) == (2, 5)


async def test_papers_whose_text_is_not_current_are_found_by_an_index(read: Bot) -> None:
    await read.execute("DELETE FROM quoted_texts WHERE number = 1")
    await read.execute("DELETE FROM paper_texts WHERE number = 1")
    await read.execute("UPDATE paper_texts SET version = version - 1 WHERE number = 2")
    wanted = [expression("RL"), expression("video")]

    async with read.database.read() as conn:
        found = await matches_since(conn, wanted, first=read.today)
        later = await matches_since(conn, wanted, first=read.today + timedelta(days=1))

    assert [len(found[query]) for query in wanted] == [4, 1]
    assert not any(later.values())
