"""Creating feeds: a channel's feed, with the schedule that its server gives new ones."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Feed, Place
from bot.core.schedules import next_run
from bot.services.context import ServiceContext
from bot.store import feeds, servers


async def ensure_feed(conn: AsyncConnection, place: Place, *, context: ServiceContext) -> Feed:
    """The channel's feed, locked as its server is, and created if it has none.

    A new feed has the server's default schedule and is due at its next time.

    Raises:
        UserError: it has none, and the server is at its limit.
    """
    now = context.clock()
    await servers.lock(conn, [place.in_server], now=now)
    if feed := await feeds.by_channel(conn, place.channel_id, for_update=True):
        return feed
    context.limits.check_feeds(has=await feeds.count_in_use(conn, place.in_server))
    schedule = (await servers.defaults(conn, place.in_server)).over(context.default_schedule)
    return await feeds.ensure(
        conn,
        place=place,
        schedule=schedule,
        next_run_at=next_run(schedule, after=now),
        now=now,
    )
