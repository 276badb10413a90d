"""Answers of /config export, import and copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import discord

from bot.core.feed_settings import focus_note, mention_note, query_words, role_words
from bot.core.focus import Focus
from bot.core.ids import ChannelId
from bot.core.plurals import count
from bot.discord.answers.feed_status import ADD_A_SUBSCRIPTION, merged_keywords, next_post
from bot.discord.answers.pages import pages
from bot.services.transfer.feed_transfer import FeedTransfer

_MAX_NAMED = 5  # new subscriptions of one feed


def exported(feeds: int, files: int) -> str:
    """What the attached files contain."""
    if not feeds:
        return (
            f"There is nothing to export: no channel that you can see has subscriptions. {ADD_A_SUBSCRIPTION}"
        )
    parts = f" in {files} files" if files > 1 else ""
    return (
        f"The settings and subscriptions of {count(feeds, 'channel')} that you can see{parts}. `/config "
        "import` reads them back. Nothing was changed."
    )


def import_plan(transfers: Sequence[FeedTransfer]) -> list[discord.Embed]:
    """What an import would do, before it is done."""
    return pages(
        (_feed(item, has_happened=False) for item in transfers),
        title="Import?",
        intro="Nothing has changed yet. This would change:",
        footer=(
            "Nothing is removed: other settings and subscriptions stay. Press *Import* within 14 minutes to "
            "go ahead."
        ),
    )


def nothing_to_import(transfers: Sequence[FeedTransfer]) -> list[discord.Embed]:
    channels = (
        "The file's only channel is" if len(transfers) == 1 else f"The file's {len(transfers)} channels are"
    )
    return pages((), title="Nothing to import", empty=f"Nothing changed. {channels} already set up that way.")


def imported(transfers: Sequence[FeedTransfer], *, now: datetime) -> list[discord.Embed]:
    """What an import did, and when the next posts come."""
    if all(item.is_nothing for item in transfers):
        return nothing_to_import(transfers)
    return pages(
        (f"{_feed(item, has_happened=True)}\n{_next_post(item, now=now)}" for item in transfers),
        title="Imported",
        footer="`/config show` shows a channel's settings, and `/config history` who changed what.",
    )


def copied(
    transfer: FeedTransfer, *, source_id: ChannelId, left_out: Sequence[str], now: datetime
) -> list[discord.Embed]:
    """What was copied from one channel to another, what could not be, and the next post."""
    if transfer.is_nothing:
        title = "Nothing to copy"
        intro = f"Nothing changed: <#{transfer.place.channel_id}> already has everything from <#{source_id}>."
    else:
        title = "Copied"
        intro = f"Copied from <#{source_id}>:\n{_feed(transfer, has_happened=True)}"
    return pages(
        (f"Not copied: {reason}." for reason in left_out),
        title=title,
        intro=intro,
        footer="\n".join(filter(None, (_next_post(transfer, now=now), _still_posting(transfer, source_id)))),
    )


def _still_posting(transfer: FeedTransfer, source_id: ChannelId) -> str:
    """That a copy is no move, and how to make it one."""
    if not (transfer.adds or transfer.same):
        return ""
    return (
        f"<#{source_id}> keeps its subscriptions, too. To move them, use `/unsubscribe keywords:all of them` "
        "there."
    )


def _feed(transfer: FeedTransfer, *, has_happened: bool) -> str:
    return "\n".join(_lines(transfer, has_happened=has_happened))


def _lines(transfer: FeedTransfer, *, has_happened: bool) -> Iterator[str]:
    where = f"<#{transfer.place.channel_id}>"
    if transfer.is_nothing:
        yield f"▫️ {where}: nothing changes"
        return
    is_new = transfer.feed is None or (has_happened and not transfer.known)
    yield f"{'🆕' if is_new else '✏️'} {where}{' (not set up yet)' if is_new and not has_happened else ''}"
    if transfer.adds:
        more = len(transfer.adds) - _MAX_NAMED
        named = ", ".join(
            f"*{query_words(query.text) or '…'}*"
            f"{focus_note(transfer.focus_of.get(query.canonical, Focus.EXACT))}"
            f"{mention_note(transfer.role_of.get(query.canonical))}"
            for query in transfer.adds[:_MAX_NAMED]
        )
        rest = f" and {more} more" if more > 0 else ""
        yield f"· {count(len(transfer.adds), 'new subscription')}: {named}{rest}"
    if transfer.resumed:
        returned = (
            f"; {count(transfer.returned, 'pending paper')} will be posted" if transfer.returned else ""
        )
        was = (
            "was removed before and continues where it"
            if transfer.resumed == 1
            else ("were removed before and continue where they")
        )
        yield f"· {transfer.resumed} of these {was} left off{returned}"
    for item in transfer.mentions[:_MAX_NAMED]:
        text = query_words(item.subscription.query.text) or "…"
        after = role_words(item.subscription.mention_role_id)
        yield f"· Mention of *{text}*: {role_words(item.before)} → {after}"
    if (more := len(transfer.mentions) - _MAX_NAMED) > 0:
        yield f"· and {more} more mentions"
    for item in transfer.refocused[:_MAX_NAMED]:
        text = query_words(item.subscription.query.text) or "…"
        yield f"· Focus of *{text}*: {item.before.value} → {item.subscription.focus.value}"
    if (more := len(transfer.refocused) - _MAX_NAMED) > 0:
        yield f"· Focus of {more} more"
    if transfer.same:
        yield f"· {count(transfer.same, 'subscription')} already there"
    yield from (f"· {line}" for line in merged_keywords(transfer.merged))
    if is_new:
        yield from (f"· {change.name}: {change.after}" for change in transfer.differences)
    else:
        yield from (f"· {change.name}: {change.before} → {change.after}" for change in transfer.differences)


def _next_post(transfer: FeedTransfer, *, now: datetime) -> str:
    if transfer.feed is None:
        return ""
    if transfer.feed.is_active and not transfer.known and not transfer.adds:
        return f"Nothing is posted: there are no subscriptions. {ADD_A_SUBSCRIPTION}"
    return next_post(transfer.feed, now=now)
