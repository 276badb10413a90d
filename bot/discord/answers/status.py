"""The answer of /status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import discord

from bot.core.feeds import Feed
from bot.core.plurals import count
from bot.core.posts import FollowUp, Post
from bot.core.runs import Outcome
from bot.discord.answers import phrases
from bot.discord.answers.feed_settings import obstacles_to_follow_ups
from bot.discord.answers.pages import pages
from bot.discord.answers.phrases import code
from bot.services.queries.status import FeedStatus, Status
from bot.store.list_days import DayRead

_MOST_INCOMPLETE = 3

_IDS_SHOWN = 5


def status(found: Status, *, is_whole: bool) -> list[discord.Embed]:
    """How the bot stands, for an admin of one server who sees the whole of it, or some of its channels."""
    now = found.now
    lines = ["\n".join(_feed(item, found)) for item in found.feeds]
    failed = phrases.grouped(found.failed, by=lambda post: f"{post.channel_id} {phrases.failed(post)}")
    lines.extend(map(_failed, failed.values()))
    of_id = {item.feed.id: item.feed for item in found.feeds}
    lines.extend(
        _follow_up(follow_up, of_id[follow_up.feed_id], found)
        for follow_up in found.follow_ups
        if follow_up.feed_id in of_id
    )
    whose = "of this server" if is_whole else "that you can see"
    intro = [
        f"Last run: {_last_run(found, whose)}.",
        f"Next run: {phrases.moment(found.next_run_at, now=now)}.",
        _source(found),
        *_unreadable(found.incomplete),
        f"Known: {count(found.papers, 'paper')}.",
    ]
    if found.undeliverable:
        intro.append(
            "⚠️ I had something to tell this server and reached nobody. `/config notices` chooses a channel."
        )
    return pages(
        lines,
        title="Status",
        intro="\n".join(intro),
        footer="" if is_whole else "Channels that you cannot see are left out.",
        empty=f"No channel {whose} gets papers. `/subscribe` makes the first subscription.",
    )


def _feed(item: FeedStatus, found: Status) -> Iterator[str]:
    """The feed with when it posts next or why not, and below it what its last run came to and what waits."""
    feed, now = item.feed, found.now
    sign = "⛔" if feed.block else "⏸️" if feed.paused_at else "⚠️" if item.failed or item.delayed else "✅"
    if item.subscriptions or not feed.is_active:
        next_post = phrases.next_post(feed, now=now)
        yield f"{sign} <#{feed.channel_id}>: {count(item.subscriptions, 'subscription')}. {next_post}"
    else:
        yield f"▫️ <#{feed.channel_id}>: no subscriptions."
    if item.missed_run is not None and feed.is_active:
        when = phrases.past(item.missed_run.finished_at)
        yield f"· Last run {when}: {phrases.failed_run(item.missed_run)}."
    elif feed.last_run is not None and feed.last_run_at is not None:
        result = phrases.result(feed.last_run, feeds=[feed], is_quiet=item.is_quiet)
        yield f"· Last run {phrases.past(feed.last_run_at)}: {result}."
    if item.failed:
        yield f"· ⚠️ {count(item.failed, 'paper')} could not be posted. `/deliver` there tries again."
    if item.waiting:
        yield f"· {count(item.waiting, 'message')} waiting{_why_waiting(item, found)}"
    if item.unconfirmed:
        one = len(item.unconfirmed) == 1
        since = phrases.past(min(post.unconfirmed_since or now for post in item.unconfirmed))
        messages = count(len(item.unconfirmed), "message")
        yield f"· {messages} in doubt, {since}. {phrases.unconfirmed(is_one=one)}"
    if item.subscriptions:
        yield from _warnings(item)


def _warnings(item: FeedStatus) -> Iterator[str]:
    """What is seen to be in the way, beside what a hold or a doubt has told already."""
    if item.access.obstacle and item.feed.block is None:
        yield f"· ⚠️ {item.access.obstacle}"
    if not item.unconfirmed and (warning := phrases.history_warning(item.access)):
        yield f"· {warning}"
    yield from (
        f"· {obstacle}"
        for obstacle in obstacles_to_follow_ups(item.feed, item.access, ping_obstacle=item.ping_obstacle)
    )


def _why_waiting(item: FeedStatus, found: Status) -> str:
    if item.delayed is None:
        return "."
    next_at = phrases.moment(item.delayed.next_attempt_at, now=found.now)
    return f": the last attempt did not succeed. {item.delayed.reason} The next attempt: {next_at}."


def _failed(alike: Sequence[Post]) -> str:
    """What failed in one channel for one reason: by the papers' ids, for it may be their titles."""
    ids = [code(entry.paper_id) for post in alike for entry in post.entries]
    more = f" and {len(ids) - _IDS_SHOWN} more" if len(ids) > _IDS_SHOWN else ""
    papers = f"{', '.join(ids[:_IDS_SHOWN])}{more}"
    return f"⚠️ In <#{alike[0].channel_id}>, {papers} could not be posted. {phrases.failed(alike[0])}"


def _follow_up(follow_up: FollowUp, feed: Feed, found: Status) -> str:
    where = (
        f"https://discord.com/channels/{follow_up.server_id}/{follow_up.channel_id}/{follow_up.message_id}"
    )
    return f"⚠️ {where}: {phrases.follow_up(follow_up, now=found.now, is_active=feed.is_active)}"


def _last_run(found: Status, whose: str) -> str:
    run = found.last_run
    if run is None:
        return "none yet since the bot was set up"
    when = phrases.past(run.finished_at)
    if run.outcome is not Outcome.OK:
        return f"{when}, {phrases.failed_run(run)}{_left(found)}"
    is_quiet = all(item.is_quiet for item in found.feeds)
    if found.result is not None:
        feeds = [item.feed for item in found.feeds]
        result = phrases.result(found.result, feeds=feeds, is_quiet=is_quiet)
        return f"{when}, for {count(found.ran, 'channel')} {whose}; {result}{_left(found)}"
    if run.new_papers:
        read = f"{count(run.new_papers, 'new paper')} read; no channel {whose} was due"
        return f"{when}, {read}{_left(found)}"
    quiet = "**quiet**: " if is_quiet else ""
    return f"{when}, {quiet}nothing new was listed, and no channel {whose} was due{_left(found)}"


def _left(found: Status) -> str:
    """What is left of this run and of earlier ones."""
    left: list[str] = []
    if found.failed_papers:
        left.append(f"**{count(found.failed_papers, 'paper')}** could not be posted")
    if found.waiting:
        left.append(f"**{count(found.waiting, 'message')}** pending")
    return "".join(f"; {one}" for one in left)


def _source(found: Status) -> str:
    health = found.source
    if health.last_success_at is None and health.last_failure_at is None:
        return "Hugging Face: not asked yet."
    if health.is_failing and health.last_failure_at is not None:
        return (
            f"Hugging Face: the last request failed {phrases.past(health.last_failure_at)}, because "
            f"{health.last_failure}. It is asked again at every run."
        )
    return f"Hugging Face: answered {phrases.past(health.last_success_at or found.now)}."


def _unreadable(incomplete: Sequence[DayRead]) -> Iterator[str]:
    """What is missing of the last lists."""
    for read in incomplete[:_MOST_INCOMPLETE]:
        yield (
            f"⚠️ {phrases.unreadable(read.unreadable, day=read.day)} {phrases.past(read.read_at)}, when "
            f"{count(read.papers, 'paper')} could. This list is read again automatically."
        )
    more = len(incomplete) - _MOST_INCOMPLETE
    if more > 0:
        yield f"⚠️ {count(more, 'older list')} also had items that could not be read."
