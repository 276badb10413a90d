"""Older matches: posting, on request, papers from before a subscription began."""

from __future__ import annotations

from bot.core.ids import ChannelId
from bot.errors import UserError
from bot.services.context import ServiceContext
from bot.services.delivery.outbox import Delivered, Delivery
from bot.services.feeds.feeds import check_active
from bot.services.runs.run import Runs
from bot.store import feeds, subscriptions

OLDER_MATCHES = 5  # papers that the button below /subscribe posts


class OlderMatches:
    """The use case of the button below /subscribe."""

    def __init__(self, context: ServiceContext, *, runs: Runs, delivery: Delivery) -> None:
        self._database = context.database
        self._clock = context.clock
        self._runs = runs
        self._delivery = delivery

    async def post(
        self, channel_id: ChannelId, subscription_ids: range, *, timeout_seconds: float
    ) -> Delivered:
        """Posts the newest OLDER_MATCHES matches from before these subscriptions began.

        Raises:
            UserError: the channel no longer has these subscriptions, or is blocked or paused.
        """
        async with self._database.read() as conn:
            feed = await feeds.by_channel(conn, channel_id)
            current = await subscriptions.of_feed(conn, feed.id) if feed else []
        wanting = [item for item in current if item.id in subscription_ids]
        if feed is None or not wanting:
            raise UserError(f"<#{channel_id}> is no longer subscribed to that.")
        check_active(feed)
        since = self._clock()
        pending = await self._runs.deliver_older(feed, wanting, count=OLDER_MATCHES)
        return await self._delivery.settled(pending, since=since, timeout_seconds=timeout_seconds)
