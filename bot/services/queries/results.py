"""Results: how many papers each subscription of a channel posted."""

from __future__ import annotations

from datetime import timedelta

from bot.core.feeds import Feed, Subscription
from bot.core.list_days import open_list_day
from bot.core.results import RESULT_DAYS, Result, results
from bot.services.context import ServiceContext
from bot.store import list_days, posts


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
        listed = {day: read.papers for day, read in reads.items()}
        return results(feed, subscriptions, sent=sent, listed=listed, now=now)
