"""Phrases that every answer uses: a query as typed, a moment, a count, a feed's schedule."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.core.feeds import Feed, FeedKind
from bot.core.ids import ServerId
from bot.core.markdown import clean
from bot.core.posts import Post
from bot.core.schedules import Cadence, Schedule, weekdays_text

# A backtick ends inline code whatever stands before it, so it is shown as a look-alike.
_CODE_LOOKALIKES = {ord("`"): "\N{MODIFIER LETTER GRAVE ACCENT}"}


def code(text: str) -> str:
    """Outside text as inline code, in which nothing pings or links."""
    return f"`{clean(text).translate(_CODE_LOOKALIKES) or ' '}`"


def moment(at: datetime, *, now: datetime) -> str:
    """A moment in the reader's own zone, and how far off it is; the past of something due means now."""
    if at <= now:
        return "now"
    stamp = int(at.astimezone(UTC).timestamp())
    return f"<t:{stamp}:f> (<t:{stamp}:R>)"


def past(at: datetime) -> str:
    """A moment that has been, such as *3 hours ago*, in the reader's language."""
    return f"<t:{int(at.astimezone(UTC).timestamp())}:R>"


def count(number: int, noun: str) -> str:
    """`1 paper`, `2 papers`, `no papers`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def message_link(server_id: ServerId, post: Post) -> str:
    """Where the message of a post that was sent stands; in a forum, where its thread begins."""
    if post.kind is FeedKind.FORUM:
        return f"https://discord.com/channels/{server_id}/{post.message_id}"
    return f"https://discord.com/channels/{server_id}/{post.channel_id}/{post.message_id}"


def days_read(known: int, *, of: int) -> str:
    """That the numbers are low, because not all of the list days asked for have been read."""
    has = "has" if known == 1 else "have"
    return f"Of these {count(of, 'list day')}, {known or 'none'} {has} been read so far."


def schedule(schedule: Schedule) -> str:
    """A schedule in a few words."""
    match schedule.cadence:
        case Cadence.LIVE:
            return "live, as soon as a paper is seen"
        case Cadence.WEEKLY:
            first = weekdays_text(frozenset({min(schedule.weekdays)}))
            of = f", the first of {weekdays_text(schedule.weekdays)}," if len(schedule.weekdays) > 1 else ""
            return (
                f"weekly, on {first}{of} at {schedule.time:%H:%M} {schedule.timezone}; the week's best first"
            )
        case Cadence.DAILY:
            days = weekdays_text(schedule.weekdays)
            when = "every day" if days == "all" else days
            return f"daily, {when}, at {schedule.time:%H:%M} {schedule.timezone}"


def next_post(feed: Feed, *, now: datetime) -> str:
    """When the feed posts next, or what keeps it from posting, and what to do about it."""
    if feed.hold is not None:
        return (
            f"**Held** {past(feed.hold.since)}: {feed.hold.reason} Nothing is posted until that is mended; "
            "then `/config resume` starts it again."
        )
    if feed.paused_at is not None:
        return (
            f"**Paused** {past(feed.paused_at)}: what is listed meanwhile waits. `/config resume` starts it "
            "again."
        )
    if feed.schedule.cadence is Cadence.LIVE:
        return "Next post: as soon as a paper is listed that matches."
    return f"Next post: {moment(feed.next_run_at, now=now)}."
