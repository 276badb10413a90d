"""Search texts: written with each paper, and again when its words or the rules change."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.core.papers import Paper
from bot.matching.search_texts import TEXT_VERSION, SearchText, code_of, forms_of
from bot.services.runs import search_texts
from bot.services.runs.search_texts import SearchTexts
from bot.store import paper_texts, paper_words
from tests.services.bots import Bot, context_of
from tests.stores import fill_disk, free_disk


async def texts(bot: Bot) -> dict[str, str]:
    async with bot.database.read() as conn:
        return {
            paper_id: text
            async for ids, parts in paper_texts.batches(conn, TEXT_VERSION)
            for paper_id, text in zip(ids, parts[0], strict=True)
        }


async def words(bot: Bot, paper_id: str) -> list[str]:
    """The words of the paper's text."""
    async with bot.database.read() as conn:
        every = await paper_words.all(conn)
        numbers = await paper_words.numbers(conn, set[str]().union(*map(forms_of, every)))
    codes = {code_of(number): word for word, number in numbers.items()}
    title = (await texts(bot))[paper_id].split("\n")[0]
    return [codes[code] for code in title]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The papers whose text was made."""
    made: list[str] = []

    def search_text(paper: Paper) -> SearchText:
        made.append(paper.id)
        return made_text(paper)

    made_text = search_texts.search_text
    monkeypatch.setattr(search_texts, "search_text", search_text)
    return made


def refreshing(bot: Bot, waits: list[float]) -> SearchTexts:
    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    return SearchTexts(context_of(bot, backfill_days=30), sleep=sleep)


async def test_a_paper_has_its_text_once_it_is_read_and_a_new_one_once_its_words_change(
    bot: Bot, written: list[str]
) -> None:
    item = bot.list_paper("2608.00001", title="Tea Leaves")
    await bot.services.polling.read_day(bot.today)
    item["paper"]["upvotes"] = 500
    await bot.services.polling.read_day(bot.today)
    assert written == ["2608.00001"]

    item["title"] = item["paper"]["title"] = "Coffee Beans"
    await bot.services.polling.read_day(bot.today)
    assert written == ["2608.00001"] * 2
    assert await words(bot, "2608.00001") == ["coffee", "beans"]


async def test_a_text_that_is_written_again_does_not_replace_that_of_newer_words(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = bot.list_paper("2608.00001", title="Tea Leaves")
    bot.list_paper("2608.00002", title="Milk")
    await bot.services.polling.read_day(bot.today)
    await bot.execute("UPDATE paper_texts SET version = version - 1")
    make, loop = search_texts.search_text, asyncio.get_running_loop()

    def slowly(paper: Paper) -> str:
        if paper.title == "Tea Leaves":
            item["title"] = item["paper"]["title"] = "Coffee Beans"
            asyncio.run_coroutine_threadsafe(bot.services.polling.read_day(bot.today), loop).result(60)
        return make(paper)

    monkeypatch.setattr(search_texts, "search_text", slowly)
    await refreshing(bot, []).refresh()
    assert await words(bot, "2608.00001") == ["coffee", "beans"]
    assert await words(bot, "2608.00002") == ["milk"]


async def test_texts_of_other_rules_are_written_again_in_small_batches(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_texts, "_BATCH", 10)
    for number in range(25):
        bot.list_paper(f"2608.{number:05}", title=f"Paper {number}")
    await bot.services.polling.read_day(bot.today)
    waits: list[float] = []
    assert await refreshing(bot, waits).refresh() == 0
    await bot.execute("UPDATE paper_texts SET version = version - 1, words = ''")
    await bot.execute("DELETE FROM word_forms")
    await bot.execute("DELETE FROM paper_words")
    await bot.execute("DELETE FROM quoted_texts")
    await bot.execute("DELETE FROM paper_texts WHERE paper_id = '2608.00007'")

    await refreshing(bot, waits).run()

    assert waits == [0.2] * 3
    found = await texts(bot)
    assert len(found) == 25
    assert all(found.values())
    assert await words(bot, "2608.00007") == ["paper", "7"]
    assert await refreshing(bot, waits).refresh() == 0


async def test_a_full_disk_is_waited_out(bot: Bot) -> None:
    bot.list_paper("2608.00001")
    await bot.services.polling.read_day(bot.today)
    await bot.execute("UPDATE paper_texts SET version = -1")
    await fill_disk(bot.database, "paper_texts", on="UPDATE")
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            await free_disk(bot.database)

    await SearchTexts(context_of(bot, backfill_days=30), sleep=sleep).run()

    assert waits == [60.0, 0.2]
    assert await bot.value("SELECT version FROM paper_texts") > 0


async def test_a_search_has_two_thousand_texts_in_memory_at_most(bot: Bot) -> None:
    await bot.execute(
        "WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 2500) "
        "INSERT INTO papers (id, first_seen_at, title, abstract, authors, upvotes, comments, ai_keywords) "
        "SELECT '2608.' || (10000 + i), '2026-08-19T00:00:00.000000Z', 't', 'a', '[]', 0, 0, '[]' FROM n"
    )
    await bot.execute(
        "INSERT INTO paper_texts (paper_id, version, words, other_words, names) "
        "SELECT id, :version, 'w', 'o', 'n' FROM papers",
        version=TEXT_VERSION,
    )
    sizes: list[Any] = []
    async with bot.database.read() as conn:
        async for ids, found in paper_texts.batches(conn, TEXT_VERSION, parts=["run", "names"]):
            sizes.append([len(ids), *map(len, found)])
    assert sizes == [[2_000, 2_000, 2_000, 0, 0, 2_000], [501, 501, 501, 0, 0, 501]]
