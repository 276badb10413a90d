"""Totals: how much of everything there is at a moment, in all servers together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Feeds are those that have subscriptions."""

    servers: int  # that the bot is in, and that have used it
    feeds_active: int
    feeds_paused: int
    feeds_blocked: int  # also those that are paused beside
    subscriptions: int
    papers: int
    items_unreadable: int  # on the list days that were read, when each was read last
    posts_waiting: int  # pending, and sent as soon as possible
    posts_blocked: int  # pending in feeds that are blocked or paused
    posts_unconfirmed: int
    oldest_waiting_at: datetime | None  # when the longest waiting of `posts_waiting` was planned
