"""Phrases that every answer uses: a query as typed, a moment, a count, a feed's schedule."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.core.feeds import Feed
from bot.core.markdown import clean
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


def schedule(schedule: Schedule) -> str:
    """A schedule in a few words."""
    match schedule.cadence:
        case Cadence.LIVE:
            return "live, as soon as a paper is seen"
        case Cadence.WEEKLY:
            days = weekdays_text(frozenset({min(schedule.weekdays)}))
            return f"weekly on {days} at {schedule.time:%H:%M} {schedule.timezone}"
        case Cadence.DAILY:
            days = weekdays_text(schedule.weekdays)
            when = "every day" if days == "all" else days
            return f"daily, {when}, at {schedule.time:%H:%M} {schedule.timezone}"


def next_post(feed: Feed, *, now: datetime) -> str:
    """When the feed posts next, or what keeps it from posting, and what to do about it."""
    if feed.hold is not None:
        return f"**Held** {past(feed.hold.since)}: {feed.hold.reason} Then use `/config resume`."
    if feed.paused_at is not None:
        return f"**Paused** {past(feed.paused_at)}. `/config resume` starts it again."
    if feed.schedule.cadence is Cadence.LIVE:
        return "Next post: as soon as a paper is listed that matches."
    return f"Next post: {moment(feed.next_run_at, now=now)}."
