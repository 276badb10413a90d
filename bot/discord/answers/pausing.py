"""Answers of /config pause and /config resume."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import discord

from bot.core.ids import ChannelId
from bot.core.plurals import count, is_or_are
from bot.core.typed_dates import date_label
from bot.discord.answers.feed_settings import next_post_of, warnings
from bot.discord.answers.setting_changes import change_embed, old_and_new
from bot.services.feeds.feeds import FeedState
from bot.services.feeds.pausing import PausedEverywhere, Resumed, ResumedEverywhere
from bot.store.cancelled_papers import Cancelled


def paused(state: FeedState, *, now: datetime) -> discord.Embed:
    title = "Paused" if state.has_changed else "Already paused"
    first = [] if state.has_changed else ["Nothing changed."]
    was_paused = state.before is not None and state.before.is_paused
    if state.has_changed and was_paused:
        first = old_and_new(state)
    where = f"<#{state.feed.channel_id}>: {next_post_of(state, now=now)}"
    return change_embed(title, [*first, where])


def resumed(result: Resumed, *, now: datetime) -> discord.Embed:
    state = result.state
    where = f"<#{state.feed.channel_id}>"
    if result.was_running:
        title, first = "Already running", f"Nothing changed: {where} was neither paused nor blocked."
    else:
        title, first = "Resumed", f"{where} posts again."
    return change_embed(
        title,
        [
            first,
            *_sending(result.pending),
            *_skipped(result.skipped),
            next_post_of(state, now=now),
            *warnings(state),
        ],
    )


def paused_everywhere(result: PausedEverywhere) -> discord.Embed:
    if not (result.paused or result.unchanged):
        return _nothing_there()
    until = f" until {date_label(result.until)}" if result.until else ""
    lines = [f"Paused{until}: {_named(result.paused)}."] if result.paused else ["Nothing changed."]
    if result.unchanged:
        lines.append(f"Already paused this way: {_named(result.unchanged)}.")
    lines.append("Papers listed meanwhile are not lost; `/config resume everywhere:True` resumes posting.")
    return change_embed("Paused everywhere" if result.paused else "Already paused everywhere", lines)


def resumed_everywhere(result: ResumedEverywhere) -> discord.Embed:
    if not (result.resumed or result.unchanged):
        return _nothing_there()
    lines = [f"Resumed: {_named(result.resumed)}."] if result.resumed else ["Nothing changed."]
    if result.unchanged:
        lines.append(f"Neither paused nor blocked: {_named(result.unchanged)}.")
    lines += [*_sending(result.pending), *_skipped(result.skipped)]
    lines.append("`/status` shows when each channel posts next.")
    return change_embed("Resumed everywhere" if result.resumed else "Already running everywhere", lines)


def _nothing_there() -> discord.Embed:
    return change_embed("Nothing changed", ["No channel that you manage has subscriptions or settings."])


def _named(channel_ids: Sequence[ChannelId]) -> str:
    return ", ".join(f"<#{channel_id}>" for channel_id in channel_ids)


def _sending(pending: int) -> Iterator[str]:
    if pending:
        yield f"Sending {count(pending, 'pending message')} now."


def _skipped(skipped: Cancelled | None) -> Iterator[str]:
    if skipped is None:
        return
    pending = f"{count(skipped.papers, 'pending paper')} and all" if skipped.papers else "All"
    yield f"{pending} papers of lists before today's are skipped."
    if skipped.under_way:
        are = is_or_are(skipped.under_way)
        yield f"{count(skipped.under_way, 'paper')} {are} not skipped: sending began before the pause."
