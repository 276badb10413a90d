"""Answers about moving feeds: what an import would do, what it or a copy did, and what stands in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import discord

from bot.core.feed_settings import query_words
from bot.core.ids import ChannelId
from bot.core.plurals import count
from bot.discord.answers import phrases
from bot.discord.answers.pages import pages
from bot.services.transfer.transfer import Moved

_MOST_NAMED = 5  # new subscriptions of one feed


def exported(feeds: int, files: int) -> str:
    """What stands in the files that are given with this."""
    if not feeds:
        return (
            "There is nothing to export: no channel that you can see gets papers. `/subscribe` makes the "
            "first subscription."
        )
    parts = f" in {files} files" if files > 1 else ""
    return (
        f"The settings and subscriptions of {count(feeds, 'channel')}{parts}, of those that you can see. "
        "`/config import` reads this again; nothing else was changed."
    )


def planned(moved: Sequence[Moved]) -> list[discord.Embed]:
    """What an import would do, before it is done."""
    return pages(
        (_line(one, has_happened=False) for one in moved),
        title="Import?",
        intro="Nothing was changed yet. This would happen:",
        footer="Nothing is removed: what a channel has beside this stays. Press *Import* within 14 minutes.",
    )


def nothing_to_do(moved: Sequence[Moved]) -> list[discord.Embed]:
    return pages(
        (),
        title="Nothing to import",
        empty=f"Nothing was changed: {_as_the_file_says(len(moved))} already.",
    )


def _as_the_file_says(channels: int) -> str:
    if channels == 1:
        return "the file's one channel is set up as it says"
    return f"the file's {channels} channels are set up as it says"


def imported(moved: Sequence[Moved], *, now: datetime) -> list[discord.Embed]:
    """What an import did, and when the next posts come."""
    if all(one.is_nothing for one in moved):
        return nothing_to_do(moved)
    return pages(
        (f"{_line(one, has_happened=True)}\n{_next(one, now=now)}" for one in moved),
        title="Imported",
        footer="`/config show` tells how a channel stands, and `/config history` who changed what.",
    )


def copied(
    moved: Moved, *, source_id: ChannelId, left_out: Sequence[str], now: datetime
) -> list[discord.Embed]:
    """What was copied from one channel to another, what could not be, and when the next post comes."""
    if moved.is_nothing:
        intro = f"Nothing was changed: <#{moved.place.channel_id}> has all that <#{source_id}> has."
    else:
        intro = f"Copied from <#{source_id}>:\n{_line(moved, has_happened=True)}"
    lines = [f"Not copied: {reason}." for reason in left_out]
    title = "Nothing to copy" if moved.is_nothing else "Copied"
    return pages(lines, title=title, intro=intro, footer=_next(moved, now=now))


def _line(moved: Moved, *, has_happened: bool) -> str:
    return "\n".join(_parts(moved, has_happened=has_happened))


def _parts(moved: Moved, *, has_happened: bool) -> Iterator[str]:
    where = f"<#{moved.place.channel_id}>"
    if moved.is_nothing:
        yield f"▫️ {where}: stays as it is"
        return
    is_new = moved.feed is None or (has_happened and not moved.known)
    yield f"{'🆕' if is_new else '✏️'} {where}{' (gets no papers yet)' if is_new and not has_happened else ''}"
    if moved.adds:
        more = len(moved.adds) - _MOST_NAMED
        named = ", ".join(f"*{query_words(query.text) or '…'}*" for query in moved.adds[:_MOST_NAMED])
        rest = f" and {more} more" if more > 0 else ""
        yield f"· {count(len(moved.adds), 'new subscription')}: {named}{rest}"
    if moved.go_on:
        returned = (
            f"; {count(moved.returned, 'pending paper')} will be posted as before" if moved.returned else ""
        )
        were = (
            "had been removed and goes on where it was"
            if moved.go_on == 1
            else "had been removed and go on where they were"
        )
        yield f"· {moved.go_on} of these {were}{returned}"
    if moved.same:
        yield f"· {count(moved.same, 'subscription')} there already"
    yield from (f"· {line}" for line in phrases.merged(moved.merged))
    if is_new:
        yield from (f"· {words}" for words in moved.changed)
    else:
        yield from (f"· {one.name}: {one.before} → {one.after}" for one in moved.differences)


def _next(moved: Moved, *, now: datetime) -> str:
    if moved.feed is None:
        return ""
    if moved.feed.is_active and not moved.known and not moved.adds:
        return "Nothing is posted: there are no subscriptions. `/subscribe` makes the first one."
    return phrases.next_post(moved.feed, now=now)
