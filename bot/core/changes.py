"""Changes: the history of what people did to a server's feeds and settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.feed_settings import query_words
from bot.core.ids import ChannelId, ServerId, UserId
from bot.core.plurals import in_a_list

KEPT_DAYS = 90
_MAX_NAMED = 5  # queries in one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    server_id: ServerId
    channel_id: ChannelId | None  # None for a change of the whole server
    user_id: UserId
    changed_at: datetime
    what: str  # Discord markdown, with outside text escaped


def subscribed_words(texts: Sequence[str]) -> str:
    return f"subscribed to {_listed(texts)}"


def resubscribed_words(texts: Sequence[str]) -> str:
    return f"subscribed again to {_listed(texts)}"


def unsubscribed_words(texts: Sequence[str]) -> str:
    return f"unsubscribed from {_listed(texts)}"


def _listed(texts: Sequence[str]) -> str:
    named = [f"*{query_words(text) or '…'}*" for text in texts[:_MAX_NAMED]]
    if len(texts) > _MAX_NAMED:
        named.append(f"{len(texts) - _MAX_NAMED} more")
    return in_a_list(named) or "nothing"
