"""Results: how many papers each subscription of a channel posted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.core.feeds import Feed, Subscription
from bot.core.ids import PaperId
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.core.query.relevance import relevance
from bot.core.results import RESULT_DAYS, Result, results
from bot.matching.index import PaperIndex
from bot.services.context import ServiceContext
from bot.store import list_days, papers, posts

_MAX_READ: Final = 200  # abstracts for one answer


class Results:
    """The results that /config show lists."""

    def __init__(self, context: ServiceContext) -> None:
        self._database = context.database
        self._clock = context.clock

    async def of_feed(self, feed: Feed, subscriptions: tuple[Subscription, ...]) -> tuple[Result, ...]:
        """What the feed's subscriptions posted in the last RESULT_DAYS."""
        now = self._clock()
        today = open_list_day(now)
        async with self._database.read() as conn:
            sent = await posts.queries_sent(conn, feed.id, since=now - timedelta(days=RESULT_DAYS))
            reads = await list_days.reads(conn, today - timedelta(days=RESULT_DAYS), today)
            by_id = await papers.by_ids(conn, sent.keys())
        listed = {day: read.papers for day, read in reads.items()}
        found = results(feed, subscriptions, sent=sent.values(), listed=listed, now=now)
        return await asyncio.to_thread(_with_relevance, found, sent, by_id)


def _with_relevance(
    found: Sequence[Result], sent: Mapping[PaperId, Sequence[str]], known: Mapping[PaperId, Paper]
) -> tuple[Result, ...]:
    index = PaperIndex(known.values())
    left = _MAX_READ
    counted: list[Result] = []
    for result in found:
        compiled = result.subscription.query
        query = compiled.readable()
        results = [paper for paper_id, paper in known.items() if compiled.canonical in sent.get(paper_id, ())]
        if results and query is not None:
            about = frozenset(index.search(compiled.about()))
            matched = frozenset(index.search(compiled.expression))
            hits = [paper for paper in results if paper.id in matched]
            found_in = relevance(query, hits, about=about, most_read=left)
            left -= 0 if found_in.once is None else found_in.papers - found_in.about
            found_in = replace(found_in, close=len(results) - len(hits))
            result = replace(result, relevance=found_in)  # noqa: PLW2901 - the same result, with more
        counted.append(result)
    return tuple(counted)
