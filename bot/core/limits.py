"""Limits: how much one server or one person may ask of the bot, and how they make room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

from bot.core.ids import ChannelId
from bot.core.plurals import count
from bot.errors import UserError

MAX_FEEDS: Final = 50  # in a server
MAX_SUBSCRIPTIONS: Final = 50  # in a feed
MAX_QUERY_LENGTH: Final = 200  # characters
MAX_FOLLOWS: Final = 25  # keywords of a person
MAX_SAVED: Final = 2_000  # papers of a person


class Costly(Enum):
    """What is more expensive than a read of the store, and how often one person may do it."""

    SEARCH = 20, 1, "searches"  # over the whole archive
    SIMILAR = 20, 1, "searches for similar papers"
    EXPORT = 6, 10, "exports"
    UNKNOWN_PAPER = 40, 10, "unlisted papers"

    def __init__(self, uses: int, minutes: int, noun: str) -> None:
        self.uses = uses
        self.window = timedelta(minutes=minutes)
        time = "minute" if minutes == 1 else f"{minutes} minutes"
        self.allowance = f"{uses} {noun} per {time}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the operator allows. Lowering a limit removes nothing that already exists."""

    feeds: int = MAX_FEEDS  # channels with subscriptions, in a server
    subscriptions: int = MAX_SUBSCRIPTIONS  # in a feed
    query_length: int = MAX_QUERY_LENGTH  # characters, as typed
    follows: int = MAX_FOLLOWS  # keywords of a person
    saved: int = MAX_SAVED  # papers of a person

    def check_feeds(self, *, has: int, adds: int = 1) -> None:
        """Raises UserError, with how to make room, if the server would have too many channels."""
        if adds and has + adds > self.feeds:
            raise UserError(
                f"A server can have {count(self.feeds, 'channel')} with subscriptions. This one has {has}, "
                f"and this adds {adds}. Nothing was changed: make room with `/unsubscribe keywords:all of "
                "them` in a channel that no longer needs papers; `/status` lists them."
            )

    def check_subscriptions(self, channel_id: ChannelId, *, has: int, adds: int) -> None:
        """Raises UserError, with how to make room, if the channel would have too many subscriptions."""
        if adds and has + adds > self.subscriptions:
            raise UserError(
                f"A channel can have {count(self.subscriptions, 'subscription')}. <#{channel_id}> has "
                f"{has}, and this adds {adds}. Nothing was changed: make room with `/unsubscribe`, or join "
                "keywords with `OR`."
            )

    def check_keywords(self, number: int) -> None:
        """Raises UserError if these are more keywords than any channel can have."""
        if number > self.subscriptions:
            raise UserError(
                f"These are {number} keywords, and a channel can have "
                f"{count(self.subscriptions, 'subscription')}. Join some with `OR`."
            )

    def check_follows(self, *, has: int, adds: int) -> None:
        """Raises UserError, with how to make room, if the person would follow too many keywords."""
        if adds and has + adds > self.follows:
            raise UserError(
                f"You can follow {count(self.follows, 'query', 'queries')}. You follow {has}, and this adds "
                f"{adds}. Nothing was changed: make room with `/my unfollow`, or join keywords with `OR`."
            )

    def check_saved(self, *, has: int, adds: int) -> None:
        """Raises UserError, with how to make room, if the person would have saved too many papers."""
        if adds and has + adds > self.saved:
            raise UserError(
                f"You can save {count(self.saved, 'paper')}. You have {has:,}, and this adds {adds}. Nothing "
                "was changed: remove some in `/my saved`, after `/my export` if you want to keep the list."
            )


DEFAULT_LIMITS: Final = Limits()
