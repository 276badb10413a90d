"""Which papers are found for one, and which keywords are suggested for it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest_asyncio

from bot.core.ids import PaperId
from bot.core.limits import DEFAULT_LIMITS
from bot.core.query.compiled import compile_query
from bot.services.library.similar import Similar
from bot.services.library.suggestions import Suggestion
from tests.examples import THOROUGH
from tests.fakes.huggingface import raw_item
from tests.services.bots import Bot

KITES = PaperId("2608.00001")


@pytest_asyncio.fixture
async def read(bot: Bot) -> Bot:
    """A bot that has read papers about kites, and others."""
    yesterday = bot.today - timedelta(days=1)
    for paper_id, day, title, summary in (
        (KITES, bot.today, "Drone Kites over Beaches", "We fly a drone kite. It films waves."),
        ("2608.00002", yesterday, "A Drone Kite", "It flies."),
        ("2608.00003", bot.today, "Waves", "Waves break on beaches."),
        ("2608.00004", bot.today, "Proofs", "Lean checks theorems."),
    ):
        bot.list_paper(paper_id, day=day, title=title, summary=summary, paper={"ai_keywords": []})
    for day in (yesterday, bot.today):
        await bot.services.polling.read_day(day)
    return bot


def ids(result: Similar) -> list[str]:
    return [paper.paper.id for paper in result.papers]


async def test_similar_papers_share_words_and_are_neither_the_paper_itself_nor_withdrawn(read: Bot) -> None:
    result = await read.services.similar.to(KITES)

    assert ids(result) == ["2608.00002", "2608.00003"]
    assert [paper.shares for paper in result.papers] == [("Drone Kites", "fly"), ("Beaches", "waves")]
    assert result.searched == 4
    await read.execute("UPDATE papers SET withdrawn_at = first_seen_at WHERE id = '2608.00002'")
    assert ids(await read.services.similar.to(KITES)) == ["2608.00003"]


async def test_a_paper_that_is_on_no_list_has_similar_ones_but_is_not_shown_as_one(read: Bot) -> None:
    read.hub.papers["2401.00001"] = raw_item(id="2401.00001", title="Kite Lines", summary="A kite.")["paper"]

    assert ids(await read.services.similar.to(PaperId("2401.00001"))) == ["2608.00002", KITES]
    await read.services.search_texts.refresh()
    read.clock.advance(minutes=10)
    assert "2401.00001" not in ids(await read.services.similar.to(KITES))


async def test_nothing_is_found_in_an_empty_archive_or_without_a_shared_word(bot: Bot) -> None:
    bot.hub.papers["2401.00001"] = raw_item(id="2401.00001", title="Kites", summary="…")["paper"]
    empty = await bot.services.similar.to(PaperId("2401.00001"))
    bot.list_paper("2608.00004", title="Proofs", summary="Lean.")
    await bot.services.polling.read_day(bot.today)
    bot.clock.advance(minutes=10)
    none = await bot.services.similar.to(PaperId("2401.00001"))

    assert (empty.papers, empty.searched, empty.archive.is_complete) == ((), 0, False)
    assert (none.papers, none.searched) == ((), 1)


async def suggested(bot: Bot, paper_id: str = KITES) -> Suggestion:
    return await bot.services.suggestions.keywords_like(PaperId(paper_id))


async def test_suggested_keywords_find_the_similar_papers_and_say_how_many_others(read: Bot) -> None:
    result = await suggested(read)

    assert 2 <= len(result.phrases) <= 4
    assert result.phrases[0].text == "drone kites"
    assert (result.found, result.similar) == (2, 2)
    assert result.recent == 3
    assert result.days_known == 2
    assert compile_query(result.keywords, DEFAULT_LIMITS)


async def test_phrases_that_find_too_much_are_not_suggested(bot: Bot) -> None:
    bot.list_paper(KITES, title="Drone kites", summary="Planes fold.", paper={"ai_keywords": []})
    for number in range(2, 30):
        bot.list_paper(f"2608.{number:05}", title="Drone kites", summary=f"Sand {number}.")
    bot.list_paper("2608.00030", title="Planes", summary="They fold.")
    await bot.services.polling.read_day(bot.today)

    assert "drone" not in (await suggested(bot)).keywords


LONG = f"{'long' * 20} kite"
HOSTILE = [
    LONG,
    f"{LONG}s a",
    f"{LONG}s b",
    "a OR b",
    '"',
    "(",
    "x:y",
    "-kite",
    "NOT kite",
    "kite*",
    "`kite`",
    "@everyone kite",
    "AND",
    " ",
]


async def test_a_hostile_paper_is_suggested_as_plain_words_or_not_at_all(bot: Bot) -> None:
    for number, title in enumerate([*HOSTILE[:-1], " ".join(HOSTILE), "…"], start=1):
        paper_id = f"2608.{number:05}"
        summary = "\\frac{ `` AND OR ( NOT: drone kite"
        bot.list_paper(paper_id, title=title, summary=summary, paper={"ai_keywords": HOSTILE})
    await bot.services.polling.read_day(bot.today)

    numbers = range(1, len(HOSTILE) + 2)  # all of them have all keywords
    for number in numbers if THOROUGH else (1, *numbers[-2:]):
        text = (await suggested(bot, f"2608.{number:05}")).keywords
        assert not text or compile_query(text, DEFAULT_LIMITS)
        assert re.fullmatch(r"(?:[\w+#.'-]| )*", text), text
        assert not re.search(r"\b(?:AND|NOT)\b", text)


async def test_a_press_soon_after_another_searches_once_and_shows_todays_papers(read: Bot) -> None:
    first = await read.services.similar.to(KITES)
    await read.execute("UPDATE papers SET upvotes = 99 WHERE id = '2608.00002'")
    await read.execute("UPDATE paper_texts SET version = 0")

    again = await read.services.similar.to(KITES)

    assert ids(again) == ids(first)
    assert again.papers[0].paper.upvotes == 99
    read.clock.advance(minutes=10)
    assert ids(await read.services.similar.to(KITES)) == []
