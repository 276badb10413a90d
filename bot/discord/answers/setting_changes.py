"""Answers to changes of a feed's settings: what changed (old → new) and from when, or that nothing did."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

import discord

from bot.core.feed_settings import differences
from bot.core.feeds import Feed, Style
from bot.core.ids import ChannelId
from bot.core.list_days import WINDOW_DAYS
from bot.core.plurals import count
from bot.core.query.rewrites import Kind
from bot.core.schedules import Cadence, in_effect, weekdays_text
from bot.discord.answers.feed_settings import NO_THREADS_IN_DIGESTS, feed_settings
from bot.discord.answers.hints import hint_lines, reading_line
from bot.discord.answers.pages import COLOUR
from bot.services.feeds.feeds import FeedState, Resumed
from bot.services.feeds.filters import FilterChange, FilterChanged
from bot.services.feeds.timezones import note
from bot.services.queries.search import RECENT_DAYS

FILTER_EFFECT = (
    "Applies from the next run; pending papers are still posted. Papers that were filtered out are rechecked "
    f"for {WINDOW_DAYS} days and posted once they pass."
)

# Hints on an exclusion: what narrows or widens it is not for the bot to advise.
_CORRECTIONS = {Kind.OPERATOR, Kind.SURNAME_FIRST, Kind.SPELLING, Kind.NAME_AND_WORDS, Kind.TWO_WORDS}


def changed(
    state: FeedState,
    *,
    name: str,
    now: datetime,
    effect: str = "",
    notes: Sequence[str] = (),
    visible: Collection[ChannelId] = (),
) -> discord.Embed:
    """What a change did, old → new, or that nothing changed; and the feed's settings.

    Args:
        state: the feed, with its settings before the change.
        name: of the setting.
        now: when it is read.
        effect: what the change does and from when; left out where nothing changed.
        notes: shown in either case, such as that an option has no effect there.
        visible: the other channels that may be named to the person.
    """
    after = state.feed.settings
    before = state.before or after
    changes = differences(before, after)
    if not changes:
        title, lines = f"{name}: nothing changed", ["It was already set that way."]
    else:
        is_saved_for_later = before == replace(after, schedule=before.schedule) and (
            in_effect(before.schedule) == in_effect(after.schedule)
        )
        title = f"{name} saved for later" if is_saved_for_later else f"{name} changed"
        lines = [*(f"**{change.name}:** {change.before} → {change.after}" for change in changes), effect]
    intro = "\n".join(filter(None, (*lines, *notes)))
    return feed_settings(state, title=title, now=now, intro=intro, visible=visible)


def schedule_notes(feed: Feed, *, are_times_given: bool) -> list[str]:
    """Which options of /config schedule have no effect under this schedule, and what to know of its zone."""
    schedule = feed.settings.schedule
    if not are_times_given:
        return []
    notes = list(filter(None, [note(schedule.timezone)]))
    if schedule.cadence is Cadence.LIVE:
        notes.append(
            f"The time, time zone and days have no effect while <#{feed.channel_id}> is live: papers are "
            "posted as soon as they are listed. They are saved for `/config schedule cadence:daily` or "
            "`cadence:weekly`."
        )
    elif schedule.cadence is Cadence.WEEKLY and len(schedule.weekdays) > 1:
        first = weekdays_text(frozenset({min(schedule.weekdays)}))
        notes.append(
            f"A weekly channel posts only on the first of its days, {first}; the others have no effect."
        )
    return notes


def filter_notes(result: FilterChanged, change: FilterChange) -> list[str]:
    """How much an exclusion would have filtered out recently, and which options have no effect."""
    notes = _exclusion_read(result) if change.exclude is not None else []
    if change.exclude is not None and result.filtered_out:
        notes.append(_exclusion_effect(result))
    if change.max_papers is not None and result.state.feed.settings.style is Style.DIGEST:
        notes.append(
            "`max_papers` has no effect in digests, which have no cards. It is saved for `/config style "
            "style:cards`."
        )
    return notes


def _exclusion_read(result: FilterChanged) -> list[str]:
    """How the exclusion was read, and hints on words that it may mean."""
    exclude = result.state.feed.settings.exclude
    if exclude is None:
        return []
    study = replace(
        result.study, hints=tuple(hint for hint in result.study.hints if hint.rewrite.kind in _CORRECTIONS)
    )
    return [*filter(None, [reading_line(exclude, study)]), *hint_lines(study)]


def _exclusion_effect(result: FilterChanged) -> str:
    matched, out = result.matched, result.filtered_out
    papers = count(matched, "matching paper" if result.state.subscriptions else "paper")
    text = f"Of the last {RECENT_DAYS} days' {papers}, this exclusion would have filtered out {out}."
    if out * 2 <= matched:
        return text
    return f"⚠️ {text} If that is too many, remove it with `/config filter exclude:-`."


def resumed(result: Resumed, *, now: datetime, visible: Collection[ChannelId] = ()) -> discord.Embed:
    state = result.state
    pending = f"Sending {count(result.pending, 'pending message')} now." if result.pending else ""
    if not result.was_running:
        return feed_settings(state, title="Resumed", now=now, intro=pending, visible=visible)
    intro = f"Nothing changed: it was neither paused nor blocked. {pending}".strip()
    return feed_settings(state, title="Already running", now=now, intro=intro, visible=visible)


def paused(state: FeedState, *, now: datetime, visible: Collection[ChannelId] = ()) -> discord.Embed:
    if state.has_changed:
        return feed_settings(state, title="Paused", now=now, visible=visible)
    return feed_settings(state, title="Already paused", now=now, intro="Nothing changed.", visible=visible)


def mention_effect(feed: Feed) -> str:
    role_id = feed.settings.mention_role_id
    if role_id is None:
        return "Nobody is pinged any more. To ping a role again, use `/config mention` with a `role`."
    return f"From now on, the first message of each run pings <@&{role_id}>; the others do not."


def threads_effect(feed: Feed) -> str:
    if not feed.settings.opens_threads:
        return "No new threads are opened; existing ones stay."
    if feed.settings.style is Style.DIGEST:
        return ""
    return (
        "Applies from the next run: each card becomes a message of its own with a thread under it. Papers "
        "beyond the maximum follow as a list, without threads."
    )


def thread_notes(feed: Feed) -> list[str]:
    """A note that threads are on without effect, where that is so."""
    if feed.settings.opens_threads and feed.settings.style is Style.DIGEST:
        return [f"Threads are on, but {NO_THREADS_IN_DIGESTS}."]
    return []


def publishing_effect(feed: Feed) -> str:
    if not feed.settings.publishes:
        return "New messages are no longer published; published ones stay with the channel's followers."
    return (
        "Applies from the next run: each message is published to the servers that follow the channel. "
        "Discord limits how many can be published per hour; the rest are published later."
    )


def notices_changed(
    channel_id: ChannelId, *, before: ChannelId | None, visible: Collection[ChannelId] = ()
) -> discord.Embed:
    """Where the server's notices go now; the channel `before` is named only where it is visible."""
    if before == channel_id:
        title = "Notices: nothing changed"
        change = f"Notices already go to <#{channel_id}>."
    else:
        title = "Notices changed"
        old = "a channel that I can post in"
        if before is not None:
            old = f"<#{before}>" if before in visible else "a channel that you cannot see"
        change = f"**Notices:** {old} → <#{channel_id}>"
    return discord.Embed(
        title=title,
        description=(
            f"{change}\nThis server is notified there once about each problem: a blocked channel and how to "
            "fix it, papers that could not be posted, messages delayed for hours, or Hugging Face not "
            "answering for hours.\nIf I cannot post there, I use another channel that I can post in, or send "
            "a direct message to the person who set up the affected channel. `/status` shows problems too."
        ),
        colour=COLOUR,
    )
