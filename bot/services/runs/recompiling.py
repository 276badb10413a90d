"""Bringing stored queries up to the rules of today."""

from __future__ import annotations

import logging

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.query.parser import RULES_VERSION, QueryError, compile_query, parse_query
from bot.store import subscriptions

_log = logging.getLogger(__name__)


async def recompile(conn: AsyncConnection) -> int:
    """Compiles the subscriptions that were compiled under other rules; how many there were.

    One that today's rules cannot read keeps its old form, and the log says so.
    """
    stale = await subscriptions.outdated(conn, RULES_VERSION)
    for item in stale:
        try:
            # The operator may have lowered the limit since it was typed.
            query = parse_query(item.text, max_length=len(item.text))
        except QueryError as error:
            _log.warning("Subscription %d cannot be read by today's rules: %s", item.id, error)
            continue
        await subscriptions.recompile(
            conn,
            item.id,
            canonical=query.canonical,
            compiled=compile_query(query),
            rules_version=RULES_VERSION,
        )
    return len(stale)
