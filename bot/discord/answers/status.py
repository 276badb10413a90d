"""The answer of /status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import discord

from bot.core.feeds import Feed
from bot.core.plurals import count
from bot.core.posts import Post, Step
from bot.core.runs import Outcome
from bot.discord import phrases
from bot.discord.answers.feeds import obstacles_to_steps
from bot.discord.paging import pages
from bot.discord.phrases import code
from bot.services.status import FeedStatus, Status


def status(found: Status) -> list[discord.Embed]:
    """How the bot stands, for the admins of one server."""
    now = found.now
    lines = ["\n".join(_feed(item, found)) for item in found.feeds]
    failed = phrases.grouped(found.failed, by=lambda post: f"{post.channel_id} {post.reason}")
    lines.extend(map(_failed, failed.values()))
    of_id = {item.feed.id: item.feed for item in found.feeds}
    lines.extend(_step(step, of_id[step.feed_id], found) for step in found.steps if step.feed_id in of_id)
    intro = [
        f"Last run: {_last_run(found)}.",
        f"Next run: {phrases.moment(found.next_run_at, now=now)}.",
        _source(found),
        f"Known: {count(found.papers, 'paper')}.",
    ]
    if found.untold:
        intro.append(
            "⚠️ I had something to tell this server and reached nobody. `/config notices` chooses a channel."
        )
    return pages(
        lines,
        title="Status",
        intro="\n".join(intro),
        empty="This server has no feeds. `/subscribe` in a channel makes the first one.",
    )


def _feed(item: FeedStatus, found: Status) -> Iterator[str]:
    """The feed with when it posts next or why not, and below it what its last run came to and what waits."""
    feed, now = item.feed, found.now
    sign = "⛔" if feed.hold else "⏸️" if feed.paused_at else "✅"
    if item.subscriptions or not feed.is_active:
        next_post = phrases.next_post(feed, now=now)
        yield f"{sign} <#{feed.channel_id}>: {count(item.subscriptions, 'subscription')}. {next_post}"
    else:
        yield f"▫️ <#{feed.channel_id}>: no subscriptions."
    if item.missed_run is not None and feed.is_active:
        when = phrases.past(item.missed_run.finished_at)
        yield f"· Last run {when}: {phrases.failed_run(item.missed_run)}."
    elif feed.last_run is not None and feed.last_run_at is not None:
        yield f"· Last run {phrases.past(feed.last_run_at)}: {phrases.came_to(feed.last_run, feeds=[feed])}."
    if item.waiting:
        yield f"· {count(item.waiting, 'message')} waiting{_why_waiting(item, found)}"
    if item.doubtful:
        one = len(item.doubtful) == 1
        since = phrases.past(min(post.doubtful_since or now for post in item.doubtful))
        yield f"· {count(len(item.doubtful), 'message')} in doubt, {since}. {phrases.doubt(is_one=one)}"
    if item.subscriptions:
        yield from _warnings(item)


def _warnings(item: FeedStatus) -> Iterator[str]:
    """What is seen to be in the way, beside what a hold or a doubt has told already."""
    if item.access.obstacle and item.feed.hold is None:
        yield f"· ⚠️ {item.access.obstacle}"
    if not item.doubtful and (warning := phrases.history_warning(item.access)):
        yield f"· {warning}"
    yield from (
        f"· {obstacle}"
        for obstacle in obstacles_to_steps(item.feed, item.access, ping_obstacle=item.ping_obstacle)
    )


def _why_waiting(item: FeedStatus, found: Status) -> str:
    if item.delayed is None:
        return "."
    next_at = phrases.moment(item.delayed.next_attempt_at, now=found.now)
    return f": the last attempt did not succeed. {item.delayed.reason} The next attempt: {next_at}."


def _failed(alike: Sequence[Post]) -> str:
    """What failed in one channel for one reason."""
    papers = count(sum(len(post.entries) for post in alike), "paper")
    return (
        f"⚠️ In <#{alike[0].channel_id}>, {papers} could not be posted: {alike[0].reason} `/deliver` there "
        "tries again."
    )


def _step(step: Step, feed: Feed, found: Status) -> str:
    where = f"https://discord.com/channels/{step.server_id}/{step.channel_id}/{step.message_id}"
    return f"⚠️ {where}: {phrases.step(step, now=found.now, is_active=feed.is_active)}"


def _last_run(found: Status) -> str:
    run = found.last_run
    if run is None:
        return "none yet since the bot was set up"
    when = phrases.past(run.finished_at)
    if run.outcome is not Outcome.OK:
        return f"{when}, {phrases.failed_run(run)}"
    if found.came_to is not None:
        came_to = phrases.came_to(found.came_to, feeds=[item.feed for item in found.feeds])
        return f"{when}, for {count(found.ran, 'channel')} of this server; {came_to}"
    if run.new_papers:
        return f"{when}, {count(run.new_papers, 'new paper')} read; no channel of this server was due"
    return f"{when}, **quiet**: nothing new was listed, and no channel of this server was due"


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
