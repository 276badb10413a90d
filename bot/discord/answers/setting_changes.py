"""Answers to changes of a feed's settings: what changed (old → new) and from when, or that nothing did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import discord

from bot.core.feed_settings import differences
from bot.core.feeds import Feed, Style
from bot.core.list_days import WINDOW_DAYS
from bot.core.plurals import count, is_or_are
from bot.core.posts import PostState
from bot.core.query.rewrites import Kind
from bot.core.schedules import Cadence, in_effect, weekdays_text
from bot.discord.answers.feed_settings import NO_THREADS_IN_DIGESTS, next_post_of, warnings
from bot.discord.answers.formatting import moment
from bot.discord.answers.hints import hint_lines, reading_line
from bot.discord.answers.pages import COLOR
from bot.services.feeds.feeds import FeedState
from bot.services.feeds.filters import FilterChange, FilterChanged
from bot.services.feeds.timezones import note
from bot.services.queries.search import RECENT_DAYS

# Hints on an exclusion: what narrows or widens it is not for the bot to advise.
_CORRECTIONS = {
    *(Kind.OPERATOR, Kind.SURNAME_FIRST, Kind.NUMBER, Kind.SPELLING, Kind.NAME_AND_WORDS, Kind.TWO_WORDS),
}


def changed(
    state: FeedState,
    *,
    name: str,
    now: datetime,
    effect: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> discord.Embed:
    """What a change did, old → new, and from when; or that nothing changed.

    Args:
        state: the feed, with its settings before the change.
        name: of the setting.
        now: when it is read.
        effect: what the change does; left out where nothing changed.
        notes: shown in either case, such as that an option has no effect there.
    """
    after = state.feed.settings
    before = state.before or after
    if not state.has_changed:
        already = f"It was already set that way in <#{state.feed.channel_id}>."
        return change_embed(f"{name}: nothing changed", [already, *notes, *warnings(state)])
    is_saved_for_later = before == replace(after, schedule=before.schedule) and (
        in_effect(before.schedule) == in_effect(after.schedule)
    )
    title = f"{name} saved for later" if is_saved_for_later else f"{name} changed"
    when = next_post_of(state, now=now) if is_saved_for_later else applies(state, now=now)
    return change_embed(title, [*old_and_new(state), when, *effect, *notes, *warnings(state)])


def applies(state: FeedState, *, now: datetime) -> str:
    """Where and from when a changed setting applies."""
    feed = state.feed
    where = f"Applies to <#{feed.channel_id}>"
    if not feed.is_active:
        return f"{where} once it posts again. {next_post_of(state, now=now)}"
    if not state.subscriptions:
        return f"{where}. {next_post_of(state, now=now)}"
    if feed.settings.schedule.cadence is Cadence.LIVE:
        return f"{where} from the next run. {next_post_of(state, now=now)}"
    return f"{where} from the next run: {moment(feed.next_run_at, now=now)}."


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


def filter_effect(result: FilterChanged, change: FilterChange) -> list[str]:
    """How much of the last days' papers the filter would have kept, and what happens to other papers."""
    if change.min_upvotes is None and change.only_with_code is None and change.exclude is None:
        return []
    lines: list[str] = []
    is_about_exclusion = change == FilterChange(exclude=change.exclude)
    if result.matched and not is_about_exclusion:
        papers = count(result.matched, "matching paper" if result.state.subscriptions else "paper")
        lines.append(f"In the last {RECENT_DAYS} days it would have kept {result.kept:,} of {papers}.")
    if pending := result.state.posts.get(PostState.PENDING, 0):
        lines.append(f"{count(pending, 'message')} already pending {is_or_are(pending)} still posted.")
    lines.append(
        f"-# Papers that are filtered out are rechecked for {WINDOW_DAYS} days and posted once they pass."
    )
    return lines


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
    return f"⚠️ {text} If that is too many, press *Undo*, or remove it with `/config filter exclude:-`."


def mention_effect(state: FeedState) -> list[str]:
    """What the role and silence do, if they changed."""
    after = state.feed.settings
    before = state.before or after
    lines: list[str] = []
    if after.mention_role_id != before.mention_role_id:
        own = any(item.mention_role_id for item in state.subscriptions)
        lines.append(
            f"The first message of each run pings <@&{after.mention_role_id}>; the others do not."
            if after.mention_role_id
            else "Only the roles of individual subscriptions are pinged: `/subscriptions` shows them."
            if own
            else "Nobody is pinged any more, not even by pending messages."
        )
    if after.is_silent != before.is_silent:
        lines.append(
            "Messages are posted without push notifications; pings still show in the channel list."
            if after.is_silent
            else "Messages are posted with push notifications again."
        )
    return lines


def threads_effect(feed: Feed) -> str:
    if not feed.settings.opens_threads:
        return "No new threads are opened; existing ones stay."
    if feed.settings.style is Style.DIGEST:
        return ""
    return (
        "Each card becomes a separate message with a thread under it. Papers beyond the maximum follow as "
        "a list, without threads."
    )


def thread_notes(feed: Feed) -> list[str]:
    """A note that threads are on without effect, if that is so."""
    if feed.settings.opens_threads and feed.settings.style is Style.DIGEST:
        return [f"Threads are on, but {NO_THREADS_IN_DIGESTS}."]
    return []


def publishing_effect(feed: Feed) -> str:
    if not feed.settings.publishes:
        return "New messages are no longer published; published ones stay with the channel's followers."
    return (
        "Each message is published to the servers that follow the channel. Discord limits how many can be "
        "published per hour; the rest are published later."
    )


def old_and_new(state: FeedState) -> list[str]:
    changes = differences(state.before or state.feed.settings, state.feed.settings)
    return [f"{change.name}: {change.before} → **{change.after}**" for change in changes]


def change_embed(title: str, lines: Iterable[str]) -> discord.Embed:
    return discord.Embed(title=title, description="\n".join(filter(None, lines)), color=COLOR)
