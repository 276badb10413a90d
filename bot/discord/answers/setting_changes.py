"""Answers to changes of settings: what changed, old → new, what has no effect, or that nothing changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

import discord

from bot.core.feed_settings import differences, settings_of
from bot.core.feeds import Feed, Style
from bot.core.ids import ChannelId
from bot.core.plurals import count, is_or_are
from bot.core.schedules import Cadence, in_effect, weekdays_text
from bot.discord.answers import phrases
from bot.discord.answers.feed_settings import NO_THREADS_FOR_LINES, shown
from bot.discord.answers.pages import COLOUR
from bot.services.feeds.feeds import FeedState, Resumed
from bot.services.feeds.timezones import note


def changed(
    state: FeedState,
    *,
    name: str,
    now: datetime,
    said: str = "",
    notes: Sequence[str] = (),
    seen: Collection[ChannelId] = (),
) -> discord.Embed:
    """What a change did, old → new, or that it did nothing; and the feed at a glance.

    Args:
        state: with what the change found.
        name: of what was to be changed.
        now: when it is read.
        said: what comes of the change, where there is one.
        notes: what is to be said in any case, such as that an option has no effect there.
        seen: the other channels that may be named to the person.
    """
    after = settings_of(state.feed)
    before = state.before or after
    found = differences(before, after)
    if not found:
        title, lines = f"{name}: nothing changed", ["It was set like this already."]
    else:
        is_kept = before == replace(after, schedule=before.schedule) and (
            in_effect(before.schedule) == in_effect(after.schedule)
        )
        title = f"{name}: kept for later" if is_kept else f"{name} changed"
        lines = [*(f"**{one.name}:** {one.before} → {one.after}" for one in found), said]
    return shown(state, title=title, now=now, said="\n".join(filter(None, (*lines, *notes))), seen=seen)


def schedule_notes(feed: Feed, *, are_times_given: bool) -> list[str]:
    """Which options of /config schedule have no effect as the schedule is now, and what its zone has not."""
    schedule = feed.schedule
    if not are_times_given:
        return []
    notes = list(filter(None, [note(schedule.timezone)]))
    if schedule.cadence is Cadence.LIVE:
        notes.append(
            f"The time, time zone and days have no effect while <#{feed.channel_id}> is live: papers are "
            "posted as soon as they are listed. They are kept for when you choose `/config schedule "
            "cadence:daily` or `cadence:weekly`."
        )
    elif schedule.cadence is Cadence.WEEKLY and len(schedule.weekdays) > 1:
        first = weekdays_text(frozenset({min(schedule.weekdays)}))
        notes.append(f"A weekly channel posts on the first of its days, {first}; the others have no effect.")
    return notes


def resumed(result: Resumed, *, now: datetime, seen: Collection[ChannelId] = ()) -> discord.Embed:
    """What /config resume did."""
    state, pending = result.state, count(result.pending, "pending message")
    where = f"<#{state.feed.channel_id}>"
    tried = f"{pending} {is_or_are(result.pending)} tried now." if result.pending else ""
    if not result.was_running:
        return shown(state, title="Resumed", now=now, said=tried, seen=seen)
    said = f"{where} was neither paused nor blocked, so nothing changed. {tried}"
    return shown(state, title="Already running", now=now, said=said.strip(), seen=seen)


def paused(state: FeedState, *, now: datetime, seen: Collection[ChannelId] = ()) -> discord.Embed:
    """What /config pause did."""
    if state.has_changed:
        return shown(state, title="Paused", now=now, seen=seen)
    since = phrases.past(state.feed.paused_at or now)
    said = f"It was paused already, {since}, so nothing changed."
    return shown(state, title="Already paused", now=now, said=said, seen=seen)


def mention_changed(feed: Feed) -> str:
    """What comes of /config mention."""
    if feed.mention_role_id is None:
        return "Nobody is pinged any more. `/config mention` with a `role` starts it again."
    return (
        f"The first message of each run pings <@&{feed.mention_role_id}> from now on; the others ping nobody."
    )


def threads_changed(feed: Feed) -> str:
    """What comes of /config threads."""
    if not feed.opens_threads:
        return "No threads are opened any more; those that there are stay."
    if feed.style is Style.DIGEST:
        return ""
    return (
        "From the next run on, each card is a message of its own with a thread under it. What exceeds the "
        "cards follows as a list, whose lines get no threads."
    )


def thread_notes(feed: Feed) -> list[str]:
    """That threads are on and have no effect, where that is so."""
    if feed.opens_threads and feed.style is Style.DIGEST:
        return [f"Threads are on, but the style is digest, and {NO_THREADS_FOR_LINES}."]
    return []


def publishing_changed(feed: Feed) -> str:
    """What comes of /config publish."""
    if not feed.publishes:
        return "Messages are not published any more; what was published stays with the channel's followers."
    return (
        "From the next run on, each message is published to the servers that follow the channel. Discord "
        "allows only some an hour: what exceeds them is published later."
    )


def notices_chosen(
    channel_id: ChannelId, *, before: ChannelId | None, seen: Collection[ChannelId] = ()
) -> discord.Embed:
    """What comes of /config notices; `before` is the channel of until now, named where it is `seen`."""
    if before == channel_id:
        title = "Notices: nothing changed"
        did = f"This server is notified of problems in <#{channel_id}> already."
    else:
        title = "Notices changed"
        was = "a channel that I can post in"
        if before is not None:
            was = f"<#{before}>" if before in seen else "a channel that you cannot see"
        did = f"**Notices:** {was} → <#{channel_id}>"
    return discord.Embed(
        title=title,
        description=(
            f"{did}\nThis server is notified there of each problem once: a channel that no longer takes "
            "posts, with what to do; papers that could not be posted; messages that are not delivered for "
            "hours; Hugging Face not answering for hours.\nWhere I cannot post there, I use another channel "
            "that I can post in, or send a direct message to whoever set up the channel in question. "
            "`/status` says it as well."
        ),
        colour=COLOUR,
    )
