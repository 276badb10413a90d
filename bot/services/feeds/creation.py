"""Making feeds: a channel's feed, made where it has none, as its server wants new ones to begin."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Feed, Place
from bot.core.ids import UserId
from bot.core.schedules import next_run
from bot.services.context import ServiceContext
from bot.store import feeds, servers


async def ensure_feed(
    conn: AsyncConnection,
    place: Place,
    *,
    context: ServiceContext,
    user_id: UserId,
) -> Feed:
    """The channel's feed; one that is made now is due at its next time.

    It begins with the default schedule, but for what its server wants new feeds to begin with.

    Raises:
        UserError: it has none, and the server may have no more.
    """
    if await feeds.by_channel(conn, place.channel_id) is None:
        context.limits.check_feeds(has=await feeds.count_in_use(conn, place.server_id))
    now = context.clock()
    schedule = (await servers.defaults(conn, place.server_id)).over(context.default_schedule)
    return await feeds.ensure(
        conn,
        place=place,
        schedule=schedule,
        next_run_at=next_run(schedule, after=now),
        now=now,
        created_by=user_id,
    )
