"""Totals over all servers at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Only feeds with subscriptions count."""

    servers: int  # that the bot is in and that have used it
    feeds_active: int
    feeds_paused: int
    feeds_blocked: int  # including those that are also paused
    subscriptions: int
    papers: int
    items_unreadable: int  # on the list days, when each was last read
    posts_waiting: int  # pending, and sent as soon as possible
    posts_blocked: int  # pending in feeds that are blocked or paused
    posts_unconfirmed: int
    oldest_waiting_at: datetime | None  # when the oldest of `posts_waiting` was planned
