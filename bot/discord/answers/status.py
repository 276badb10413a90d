"""The answer of /status."""

from __future__ import annotations

import discord

from bot.core.runs import Outcome, Run
from bot.discord import phrases
from bot.discord.paging import pages
from bot.discord.phrases import code, count
from bot.services.status import FeedStatus, Status


def status(found: Status) -> list[discord.Embed]:
    """How the bot stands, for the admins of one server."""
    now = found.now
    lines = [_feed(item, found) for item in found.feeds]
    lines.extend(
        f"⚠️ In <#{post.channel_id}>, {count(len(post.entries), 'paper')} could not be posted: {post.reason} "
        "`/deliver` there tries again."
        for post in found.failed
    )
    intro = [_last_run(found.last_run), f"Next run: {phrases.moment(found.next_run_at, now=now)}."]
    intro.append(_source(found))
    intro.append(f"Known: {count(found.papers, 'paper')}.")
    return pages(
        lines,
        title="Status",
        intro="\n".join(intro),
        empty="This server has no feeds. `/subscribe` in a channel makes the first one.",
    )


def _feed(item: FeedStatus, found: Status) -> str:
    feed = item.feed
    sign = "⛔" if feed.hold else "⏸️" if feed.paused_at else "✅"
    waiting = f", {count(item.waiting, 'message')} waiting" if item.waiting else ""
    if not item.subscriptions and feed.is_active:
        return f"▫️ <#{feed.channel_id}>: no subscriptions{waiting}."
    return (
        f"{sign} <#{feed.channel_id}>: {count(item.subscriptions, 'subscription')}{waiting}. "
        f"{phrases.next_post(feed, now=found.now)}"
    )


def _last_run(run: Run | None) -> str:
    if run is None:
        return "Last run: none yet since the bot was set up."
    when = phrases.past(run.finished_at)
    match run.outcome:
        case Outcome.OK if not run.posts:
            what = f"quiet, nothing to post ({count(run.new_papers, 'new paper')})"
        case Outcome.OK:
            what = f"{count(run.posts, 'message')} planned from {count(run.new_papers, 'new paper')}"
        case Outcome.SOURCE_FAILED:
            what = f"**failure**: the list could not be read whole ({code((run.problem or '')[:200])})"
        case Outcome.FAILED:
            what = "**failure**: a bug; the log has it"
    return f"Last run: {when}, {what}."


def _source(found: Status) -> str:
    health = found.source
    if health.last_success_at is None and health.last_failure_at is None:
        return "Hugging Face: not asked yet."
    if health.is_failing and health.last_failure_at is not None:
        return (
            f"Hugging Face: **not answering** since {phrases.past(health.last_failure_at)} "
            f"({code((health.last_failure or '')[:200])}); it is asked again at every run."
        )
    return f"Hugging Face: answered {phrases.past(health.last_success_at or found.now)}."
