"""Limits: how much one server may ask of the bot, and how a person makes room."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.feeds import MAX_SUBSCRIPTIONS
from bot.core.ids import ChannelId
from bot.core.plurals import count
from bot.core.query.parser import MAX_QUERY_LENGTH
from bot.errors import UserError

MAX_FEEDS = 50  # a server


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the operator allows; a lower limit takes nothing away that there is."""

    feeds: int = MAX_FEEDS  # channels with subscriptions, a server
    subscriptions: int = MAX_SUBSCRIPTIONS  # a feed
    query_length: int = MAX_QUERY_LENGTH  # characters

    def check_feeds(self, *, has: int, adds: int = 1) -> None:
        """Raises UserError, with how to make room, where so many channels more would be too many."""
        if adds and has + adds > self.feeds:
            raise UserError(
                f"A server can have {count(self.feeds, 'channel')} with subscriptions. This one has {has}, "
                f"and this adds {adds}. Nothing was changed: make room with `/unsubscribe keywords:all of "
                "them` in a channel that needs no papers any more; `/status` lists them."
            )

    def check_subscriptions(self, channel_id: ChannelId, *, has: int, adds: int) -> None:
        """Raises UserError, with how to make room, where so many more would be too many."""
        if adds and has + adds > self.subscriptions:
            raise UserError(
                f"A channel can have {count(self.subscriptions, 'subscription')}. <#{channel_id}> has "
                f"{has}, and this adds {adds}. Nothing was changed: make room with `/unsubscribe`, or join "
                "keywords by `OR`."
            )


DEFAULT_LIMITS = Limits()
