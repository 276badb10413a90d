"""Recompiling stored queries after the rules of the language have changed."""

from __future__ import annotations

import logging

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.query.errors import QueryError
from bot.core.query.fts5 import RULES_VERSION
from bot.store import feed_settings, subscriptions

_log = logging.getLogger(__name__)


async def recompile(conn: AsyncConnection) -> int:
    """Recompile the queries that another version of the rules compiled, and return how many there were.

    One that today's rules cannot read keeps its old form, and a warning is logged.
    """
    outdated = await subscriptions.outdated(conn, RULES_VERSION)
    for subscription in outdated:
        try:
            query = subscription.query.recompiled()
        except QueryError as error:
            _log.warning("Subscription %d cannot be read by today's rules: %s", subscription.id, error)
            continue
        await subscriptions.recompile(conn, subscription.id, query)
    exclusions = await feed_settings.outdated_exclusions(conn, RULES_VERSION)
    for feed_id, exclude in exclusions.items():
        try:
            query = exclude.recompiled()
        except QueryError as error:
            _log.warning("What feed %d excludes cannot be read by today's rules: %s", feed_id, error)
            continue
        await feed_settings.recompile_exclusion(conn, feed_id, query)
    return len(outdated) + len(exclusions)
