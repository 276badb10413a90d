"""The study of what a person typed: how it was read, and hints, by all papers that the bot has."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.limits import Limits
from bot.core.query import rewrites
from bot.core.query.compiled import CompiledQuery
from bot.core.words.reading import found_by
from bot.core.words.tokenizer import Mode
from bot.matching.search_texts import TEXT_VERSION
from bot.matching.vocabulary import Vocabulary, halves_of
from bot.services.queries.hints import Questions, Study
from bot.services.queries.text_search import scan_texts
from bot.store import paper_texts, paper_words

MAX_SECONDS: Final = 2.0  # that a person waits for numbers


async def study_archive(
    conn: AsyncConnection, queries: Sequence[CompiledQuery], *, limits: Limits, ends_at: float
) -> Study:
    """A study by the papers that are searched until `ends_at`, by the monotonic clock."""
    readable = [query for query in queries if query.readable() is not None]
    questions = await asyncio.to_thread(Questions, queries, await _vocabulary(conn, readable), limits)
    scanned = await scan_texts(conn, questions.expressions, ends_at=ends_at)
    archive = scanned.searched if scanned.is_complete else await paper_texts.count(conn, TEXT_VERSION)
    return await asyncio.to_thread(questions.study, scanned.found, searched=scanned.searched, archive=archive)


async def _vocabulary(conn: AsyncConnection, queries: Sequence[CompiledQuery]) -> Vocabulary:
    """The words of texts that may have been meant: with the same first letter as one typed, or its halves."""
    typed = {word for query in queries for word in rewrites.words_of(query.text)}
    halves = {half for word in typed for both in halves_of(word) for half in both}
    numbers = await paper_words.numbers(conn, typed | halves)
    numbers |= await paper_words.beginning(conn, {word[0] for word in typed})
    # The papers that were stored first have the most usual words.
    in_order = sorted(numbers, key=numbers.__getitem__)
    return Vocabulary(dict.fromkeys(found_by(word, Mode.RUN)[0] for word in in_order))
