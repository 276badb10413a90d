"""Recompiling stored queries after the rules of the language have changed."""

from __future__ import annotations

import logging

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.query.compiled import CompiledQuery
from bot.core.query.errors import QueryError
from bot.core.query.expression import RULES_VERSION
from bot.services.runs.closeness import focus_terms
from bot.store import feed_settings, feeds, subscriptions

_log = logging.getLogger(__name__)


async def recompile(conn: AsyncConnection, *, only_older: bool = False) -> int:
    """Recompile the queries that another version of the rules compiled, and return how many there were.

    One that today's rules cannot read keeps its old form, and a warning is logged. With `only_older`, those
    of a newer version stay: during an update, old and new processes would recompile them in turns. Of two
    processes that start at once, the second one waits for the feeds, and finds nothing left to do.
    """
    found = await subscriptions.outdated(conn, RULES_VERSION, only_older=only_older)
    exclusions = await feed_settings.outdated_exclusions(conn, RULES_VERSION, only_older=only_older)
    await feeds.lock(conn, {item.feed_id for item in found} | exclusions.keys())
    outdated = await subscriptions.outdated(conn, RULES_VERSION, only_older=only_older)
    for item in outdated:
        if query := _recompiled(item.query, f"Subscription {item.id}"):
            terms = focus_terms(query, item.focus)
            await subscriptions.recompile(conn, item.id, query, focus_terms=terms)
    exclusions = await feed_settings.outdated_exclusions(conn, RULES_VERSION, only_older=only_older)
    for feed_id, exclude in exclusions.items():
        if query := _recompiled(exclude, f"What feed {feed_id} excludes"):
            await feed_settings.recompile_exclusion(conn, feed_id, query)
    return len(outdated) + len(exclusions)


def _recompiled(query: CompiledQuery, name: str) -> CompiledQuery | None:
    try:
        return query.recompiled()
    except QueryError as error:
        _log.warning("%s cannot be read by today's rules: %s", name, error)
        return None
