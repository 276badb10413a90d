"""Reading the argument of /unsubscribe: which subscriptions it means, autocomplete, and undo."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import REMOVED_KEPT, Feed, Subscription
from bot.core.ids import ChannelId
from bot.core.markdown import length
from bot.core.query.compiled import CompiledQuery
from bot.core.query.errors import QueryError
from bot.core.query.parser import parse_query, split_alternatives
from bot.errors import UserError
from bot.services.feeds.resuming import may_resume
from bot.store import feeds, subscriptions
from bot.store.cancelled_papers import Cancelled
from bot.store.subscriptions import Removed

# Means every subscription of a channel.
ALL_OF_THEM = "all of them"
_ALL_OF_THEM_SPELLINGS = frozenset({ALL_OF_THEM, "all"})
# A choice of autocomplete holds 100 characters (Discord's limit), a query up to 200: a longer one is sent
# as its id. No query starts like that: `id:` is not a field.
_MAX_VALUE_LENGTH = 100
_BY_ID = "id:"
_KEY_BYTES = 8  # of a removal's key, which the *Undo* button carries


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalPreview:
    """What removing all subscriptions of a feed would remove."""

    feed: Feed
    subscriptions: tuple[Subscription, ...]
    pending: Cancelled
    coming: int  # papers that would be in the next post


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed:
    feed: Feed
    removed: tuple[Subscription, ...]
    left: int
    key: str  # identifies the removal for undo
    cancelled: Cancelled


def new_key() -> str:
    return secrets.token_hex(_KEY_BYTES)


async def subscribed(
    conn: AsyncConnection, channel_id: ChannelId, *, for_update: bool = False
) -> tuple[Feed, list[Subscription]]:
    """The channel's feed with its subscriptions; `for_update` locks it.

    Raises:
        UserError: it has none.
    """
    feed = await feeds.by_channel(conn, channel_id, for_update=for_update)
    current = await subscriptions.of_feed(conn, feed.id) if feed else []
    if feed is None or not current:
        raise UserError(f"<#{channel_id}> has no subscriptions. Add one with `/subscribe`.")
    return feed, current


def to_undo(removed: Sequence[Removed], *, channel_id: ChannelId, now: datetime) -> list[CompiledQuery]:
    """The queries of one removal that can be subscribed to again.

    Raises:
        UserError: there are none: it was undone already, or it is too late.
    """
    if removed and all(item.ended_at is None for item in removed):
        raise UserError(
            f"This was already undone: <#{channel_id}> is subscribed to that again. Nothing was changed."
        )
    wanted = resumable(removed, now=now)
    if not wanted:
        raise UserError(
            f"This can no longer be undone: removed subscriptions are kept for {REMOVED_KEPT.days} days, or "
            "until they are added and removed again. Nothing was changed. To add one again, use `/subscribe`."
        )
    return wanted


def resumable(removed: Sequence[Removed], *, now: datetime) -> list[CompiledQuery]:
    """The queries of one removal that are not too old to be added again."""
    return [item.subscription.query for item in removed if may_resume(item, now=now)]


def means_all(keywords: str, known: Sequence[Subscription]) -> bool:
    """Whether the text means every subscription of a channel, and not one with that very text."""
    keywords = " ".join(keywords.split())
    return keywords.casefold() in _ALL_OF_THEM_SPELLINGS and all(
        item.query.text != keywords for item in known
    )


def offered(typed: str, known: Sequence[Subscription]) -> list[tuple[str, str]]:
    """The subscriptions that contain the text typed so far: what is shown, and the value that is sent."""
    typed = typed.strip().casefold()
    choices = [(item.query.text, _value(item)) for item in known if typed in item.query.text.casefold()]
    if len(known) > 1 and typed in ALL_OF_THEM:
        choices.insert(0, (f"All of them ({len(known)})", ALL_OF_THEM))
    return choices


def chosen(keywords: str, known: Sequence[Subscription], *, channel_id: ChannelId) -> list[Subscription]:
    """The subscriptions that are meant: by text, all of them, by id, or by canonical form; never none.

    Raises:
        QueryError: the keywords cannot be read.
        UserError: none is meant.
    """
    try:
        subscription = meant(keywords, known)
    except QueryError as error:
        raise error.advising(
            "Nothing was changed. `/subscriptions` lists the channel's subscriptions, and `/unsubscribe` "
            "suggests them as you type."
        ) from error
    if not subscription and keywords.startswith(_BY_ID):
        raise UserError(f"<#{channel_id}> is no longer subscribed to that. Nothing was changed.")
    if not subscription:
        raise UserError(_not_subscribed(keywords, known, channel_id=channel_id))
    return subscription


def meant(keywords: str, known: Sequence[Subscription]) -> list[Subscription]:
    """As `chosen`; empty if none is meant.

    Raises:
        QueryError: the keywords cannot be read.
    """
    keywords = " ".join(keywords.split())
    # Today's rules may read an older text differently, but the exact text always matches itself.
    if exact := [item for item in known if item.query.text == keywords]:
        return exact
    if means_all(keywords, known):
        return list(known)
    if keywords.startswith(_BY_ID):
        return [item for item in known if keywords == by_id(item.id)]
    canonical = _canonical(keywords)
    return [item for item in known if item.query.canonical == canonical]


def _canonical(text: str) -> str:
    # Without a limit: a subscription can be removed even if the operator lowered the limit since.
    return parse_query(text).canonical


def by_id(subscription_id: int) -> str:
    """What `chosen` reads as the subscription with this id."""
    return f"{_BY_ID}{subscription_id}"


def _value(item: Subscription) -> str:
    return item.query.text if length(item.query.text) <= _MAX_VALUE_LENGTH else by_id(item.id)


def _not_subscribed(keywords: str, known: Sequence[Subscription], *, channel_id: ChannelId) -> str:
    parts = split_alternatives(keywords)
    canonicals = {item.query.canonical for item in known}
    if len(parts) > 1 and any(_canonical(part) in canonicals for part in parts):
        return (
            f"<#{channel_id}> is subscribed to parts of that, but not to the whole. Nothing was changed: "
            "remove the parts one at a time."
        )
    return (
        f"<#{channel_id}> is not subscribed to that. Nothing was changed. `/subscriptions` lists its "
        "subscriptions, and `/unsubscribe` suggests them as you type."
    )
