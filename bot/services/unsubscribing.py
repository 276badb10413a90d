"""Which subscriptions /unsubscribe means by what was typed, and what it offers while typing."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.feeds import Subscription
from bot.core.ids import ChannelId
from bot.core.markdown import length
from bot.core.queries import QueryError, parse_query, split_alternatives
from bot.errors import UserError

# What stands for every subscription of a channel.
ALL_OF_THEM = "all of them"
_ALL_OF_THEM_SPELLINGS = frozenset({ALL_OF_THEM, "all"})
# A choice of autocomplete holds 100 characters (Discord's limit), a query up to 200: a longer one goes by its
# id. No query begins so: `id:` is no field.
_LONGEST_VALUE = 100
_BY_ID = "id:"


def offered(typed: str, known: Sequence[Subscription]) -> list[tuple[str, str]]:
    """The known subscriptions that hold what was typed so far: what is read, and what is then sent."""
    typed = typed.strip().casefold()
    found = [(item.text, _value(item)) for item in known if typed in item.text.casefold()]
    if len(known) > 1 and typed in ALL_OF_THEM:
        found.insert(0, (f"All of them ({len(known)})", ALL_OF_THEM))
    return found


def chosen(keywords: str, known: Sequence[Subscription], *, channel_id: ChannelId) -> list[Subscription]:
    """Those of the known that are meant: by their text, all of them, by id, or by canonical form; never none.

    Raises:
        QueryError: the keywords cannot be read.
        UserError: none is meant.
    """
    keywords = " ".join(keywords.split())
    # A text stored under older rules may read differently now; the very text always finds itself.
    if same := [item for item in known if item.text == keywords]:
        return same
    if keywords.casefold() in _ALL_OF_THEM_SPELLINGS:
        return list(known)
    if keywords.startswith(_BY_ID):
        if by_id := [item for item in known if keywords == f"{_BY_ID}{item.id}"]:
            return by_id
        raise UserError(f"<#{channel_id}> is not subscribed to that any more. Nothing was changed.")
    try:
        canonical = _canonical(keywords)
    except QueryError as error:
        raise error.advising(
            "Nothing was changed: `/subscriptions` lists what the channel has, and `/unsubscribe` offers it "
            "while you type."
        ) from error
    if same := [item for item in known if item.canonical == canonical]:
        return same
    raise UserError(_not_subscribed(keywords, known, channel_id=channel_id))


def _canonical(text: str) -> str:
    # Whatever the limit is today: what was subscribed can be ended.
    return parse_query(text, max_length=len(text)).canonical


def _value(item: Subscription) -> str:
    return item.text if length(item.text) <= _LONGEST_VALUE else f"{_BY_ID}{item.id}"


def _not_subscribed(keywords: str, known: Sequence[Subscription], *, channel_id: ChannelId) -> str:
    parts = split_alternatives(keywords)
    canonicals = {item.canonical for item in known}
    if len(parts) > 1 and any(_canonical(part) in canonicals for part in parts):
        return (
            f"<#{channel_id}> is not subscribed to that as a whole, but to parts of it. Nothing was changed: "
            "remove them one at a time."
        )
    return (
        f"<#{channel_id}> is not subscribed to that. Nothing was changed: `/subscriptions` lists what it "
        "has, and `/unsubscribe` offers it while you type."
    )
