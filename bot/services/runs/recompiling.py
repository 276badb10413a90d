"""Recompiling stored queries after the rules of the language have changed."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import FeedId
from bot.core.query.compiled import CompiledQuery
from bot.core.query.errors import QueryError
from bot.core.query.expression import RULES_VERSION
from bot.services.context import ServiceContext
from bot.services.runs.closeness import focus_terms
from bot.store import feeds, outdated_queries

_log = logging.getLogger(__name__)
FEEDS_AT_ONCE: Final = 200  # whose queries one transaction recompiles: a moment in which they are locked


class Recompiling:
    """Recompiles what other rules compiled, some feeds at a time.

    What was recompiled before a crash stays so, and the next startup does the rest. A query that today's
    rules cannot read keeps its old form, and a warning is logged. In a fleet, the queries of a newer version
    stay: during an update, old and new processes would recompile them in turns.
    """

    def __init__(self, context: ServiceContext) -> None:
        self._database = context.database
        self._turns = context.turns

    async def run(self) -> int:
        """Recompile all of them; return how many there were.

        Of two processes that start at once, the second one waits, and finds nothing left to do.
        """
        outdated, after = 0, FeedId(0)
        async with self._turns.held("recompile") if self._turns else nullcontext():
            while feed_ids := await self._next(after):
                async with self._database.write() as conn:
                    outdated += await self._recompile(conn, feed_ids)
                after = feed_ids[-1]
        return outdated

    async def _next(self, after: FeedId) -> list[FeedId]:
        async with self._database.read() as conn:
            return await outdated_queries.feeds_with(
                conn, RULES_VERSION, after=after, limit=FEEDS_AT_ONCE, only_older=self._only_older
            )

    async def _recompile(self, conn: AsyncConnection, feed_ids: list[FeedId]) -> int:
        """Protected by the feeds' locks: what is outdated is read once they are held."""
        await feeds.lock(conn, feed_ids)
        outdated = await outdated_queries.of_feeds(conn, feed_ids, RULES_VERSION, only_older=self._only_older)
        for item in outdated:
            if query := _recompiled(item.query, f"Subscription {item.id}"):
                terms = focus_terms(query, item.focus)
                await outdated_queries.recompile(conn, item.id, query, focus_terms=terms)
        excluded = await outdated_queries.excluded(conn, feed_ids, RULES_VERSION, only_older=self._only_older)
        for feed_id, exclude in excluded.items():
            if query := _recompiled(exclude, f"What feed {feed_id} excludes"):
                await outdated_queries.recompile_excluded(conn, feed_id, query)
        return len(outdated) + len(excluded)

    @property
    def _only_older(self) -> bool:
        return self._turns is not None


def _recompiled(query: CompiledQuery, name: str) -> CompiledQuery | None:
    try:
        return query.recompiled()
    except QueryError as error:
        _log.warning("%s cannot be read by today's rules: %s", name, error)
        return None
