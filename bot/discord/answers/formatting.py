"""How answers write outside text, times and links to messages in Discord markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import TypeVar

from discord.utils import format_dt

from bot.core.cards import date_text
from bot.core.feeds import FeedKind
from bot.core.ids import ServerId
from bot.core.markdown import clean, link
from bot.core.papers import Paper
from bot.core.posts import Post
from bot.core.words.latex import readable

# A backtick ends inline code even after a backslash, so a look-alike takes its place.
_CODE_LOOKALIKES = {ord("`"): "\N{MODIFIER LETTER GRAVE ACCENT}"}

_MAX_TITLE = 120  # characters
_Item = TypeVar("_Item")


def code(text: str) -> str:
    """Outside text as inline code, in which nothing pings or links, and nothing is taken for our command."""
    shown = clean(text).translate(_CODE_LOOKALIKES) or " "
    return f"``{shown}``" if shown.startswith("/") else f"`{shown}`"


def moment(at: datetime, *, now: datetime) -> str:
    """A future time in the reader's own zone, and how far away it is; `now` once it is due."""
    if at <= now:
        return "now"
    return f"{format_dt(at, 'f')} ({relative(at)})"


def day_text(at: datetime) -> str:
    """A day in the reader's own language and zone."""
    return format_dt(at, "D")


def relative(at: datetime) -> str:
    """A time relative to the reader's clock, such as *3 hours ago*, in the reader's language."""
    return format_dt(at, "R")


def grouped(items: Iterable[_Item], *, by: Callable[[_Item], str]) -> dict[str, list[_Item]]:
    """The items by the text that they share, in the order in which each text first occurs."""
    groups: dict[str, list[_Item]] = {}
    for item in items:
        groups.setdefault(by(item), []).append(item)
    return groups


def message_link(server_id: ServerId | None, post: Post) -> str:
    """The address of a sent post's message, or in a forum of its thread; direct messages have no server."""
    if post.kind is FeedKind.FORUM:
        return f"https://discord.com/channels/{server_id}/{post.message_id}"
    return f"https://discord.com/channels/{server_id or '@me'}/{post.channel_id}/{post.message_id}"


def list_of(day: date | None) -> str:
    """`the list of 19 Aug 2026`."""
    return f"the list of {date_text(day)}" if day else "the list"


def title_link(paper: Paper) -> str:
    """The title as a link, cut if it is long."""
    return link(readable(paper.title) or paper.id, paper.page_url, limit=_MAX_TITLE)
