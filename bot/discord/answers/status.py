"""The answer of /status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import discord

from bot.core.feeds import Feed
from bot.core.plurals import count
from bot.core.posts import FollowUp, Post
from bot.core.runs import Outcome
from bot.discord.answers.feed_settings import follow_up_obstacles
from bot.discord.answers.feed_status import (
    ADD_A_SUBSCRIPTION,
    failed_post,
    follow_up_problem,
    history_warning,
    next_post,
    unconfirmed_posts,
)
from bot.discord.answers.formatting import code, grouped, list_of, moment, relative
from bot.discord.answers.pages import pages
from bot.discord.answers.run_results import archive_extent, failed_run, run_result
from bot.services.queries.status import FeedStatus, Status
from bot.store.list_days import DayRead

_MAX_INCOMPLETE_LISTS = 3
_MAX_IDS = 5


def status_pages(status: Status, *, is_whole: bool) -> list[discord.Embed]:
    """The bot's status for one server, all of it (`is_whole`) or the channels that the admin can see."""
    lines = ["\n".join(_feed(item, status)) for item in status.feeds]
    failed = grouped(status.failed, by=lambda post: f"{post.channel_id} {failed_post(post)}")
    lines.extend(map(_failed, failed.values()))
    feeds = {item.feed.id: item.feed for item in status.feeds}
    lines.extend(
        _follow_up(follow_up, feeds[follow_up.feed_id], status)
        for follow_up in status.follow_ups
        if follow_up.feed_id in feeds
    )
    scope = "in this server" if is_whole else "that you can see"
    intro = [
        f"Last run: {_last_run(status, scope)}.",
        f"Next run: {moment(status.next_run_at, now=status.now)}.",
        _source(status),
        *_unreadable(status.incomplete),
        f"Known papers: {status.papers:,}. {archive_extent(status.archive)}".strip(),
    ]
    if status.undeliverable:
        intro.append(
            "⚠️ There was a notice for this server that I couldn't post in any channel. `/config notices` "
            "sets a channel for notices."
        )
    return pages(
        lines,
        title="Status",
        intro="\n".join(intro),
        footer="" if is_whole else "Channels that you can't see are left out.",
        empty=f"No channel {scope} has subscriptions. {ADD_A_SUBSCRIPTION}",
    )


def _feed(item: FeedStatus, status: Status) -> Iterator[str]:
    """The feed with its next post, or why there is none; below it its last run and what is pending."""
    feed, now = item.feed, status.now
    sign = "⛔" if feed.block else "⏸️" if feed.paused_at else "⚠️" if item.failed or item.delayed else "✅"
    if item.subscriptions or not feed.is_active:
        subscriptions = count(item.subscriptions, "subscription")
        yield f"{sign} <#{feed.channel_id}>: {subscriptions}. {next_post(feed, now=now)}"
    else:
        yield f"▫️ <#{feed.channel_id}>: no subscriptions."
    if item.missed_run is not None and feed.is_active:
        yield f"· Last run {relative(item.missed_run.finished_at)}: {failed_run(item.missed_run)}."
    elif feed.last_run is not None and feed.last_run_at is not None:
        result = run_result(feed.last_run, feeds=[feed], is_quiet=item.is_quiet)
        yield f"· Last run {relative(feed.last_run_at)}: {result}."
    if item.failed:
        yield f"· ⚠️ {count(item.failed, 'paper')} could not be posted. Use `/deliver` there to try again."
    if item.waiting:
        yield f"· {count(item.waiting, 'message')} pending{_delay(item, status)}"
    if item.coming:
        yield f"· Once resumed, it posts {count(item.coming, 'more paper' if item.waiting else 'paper')}."
    if item.unconfirmed:
        is_one = len(item.unconfirmed) == 1
        since = relative(min(post.unconfirmed_since or now for post in item.unconfirmed))
        messages = count(len(item.unconfirmed), "message")
        yield f"· {messages} unconfirmed ({since}). {unconfirmed_posts(is_one=is_one)}"
    if item.subscriptions:
        yield from _warnings(item)


def _warnings(item: FeedStatus) -> Iterator[str]:
    """What prevents the feed from posting as set, unless a block or an unconfirmed post has said it."""
    if item.access.obstacle and item.feed.block is None:
        yield f"· ⚠️ {item.access.obstacle}"
    if not item.unconfirmed and (warning := history_warning(item.access)):
        yield f"· {warning}"
    yield from (f"· {obstacle}" for obstacle in follow_up_obstacles(item.feed, item.access, pings=item.pings))


def _delay(item: FeedStatus, status: Status) -> str:
    if item.delayed is None:
        return "."
    attempt = moment(item.delayed.next_attempt_at, now=status.now)
    return f": the last attempt failed. {item.delayed.reason} Next attempt: {attempt}."


def _failed(alike: Sequence[Post]) -> str:
    """What failed in one channel for one reason; names papers by id: their titles may be the reason."""
    ids = [code(entry.paper_id) for post in alike for entry in post.entries]
    more = f" and {len(ids) - _MAX_IDS} more" if len(ids) > _MAX_IDS else ""
    papers = f"{', '.join(ids[:_MAX_IDS])}{more}"
    return f"⚠️ In <#{alike[0].channel_id}>, {papers} could not be posted. {failed_post(alike[0])}"


def _follow_up(follow_up: FollowUp, feed: Feed, status: Status) -> str:
    where = (
        f"https://discord.com/channels/{follow_up.server_id}/{follow_up.channel_id}/{follow_up.message_id}"
    )
    return f"⚠️ {where}: {follow_up_problem(follow_up, now=status.now, is_active=feed.is_active)}"


def _last_run(status: Status, scope: str) -> str:
    run = status.last_run
    if run is None:
        return "none yet"
    when = relative(run.finished_at)
    if run.outcome is not Outcome.OK:
        return f"{when}, {failed_run(run)}{_remaining(status)}"
    is_quiet = all(item.is_quiet for item in status.feeds)
    if status.result is not None:
        result = run_result(status.result, feeds=[item.feed for item in status.feeds], is_quiet=is_quiet)
        return f"{when}, for {count(status.ran, 'channel')} {scope}; {result}{_remaining(status)}"
    if run.new_papers:
        read = f"{count(run.new_papers, 'new paper')} read; no channel {scope} was due"
        return f"{when}, {read}{_remaining(status)}"
    quiet = "**quiet**: " if is_quiet else ""
    return f"{when}, {quiet}nothing new was listed, and no channel {scope} was due{_remaining(status)}"


def _remaining(status: Status) -> str:
    """What this run and earlier ones have left."""
    remaining: list[str] = []
    if status.failed_papers:
        remaining.append(f"**{count(status.failed_papers, 'paper')}** could not be posted")
    if status.waiting:
        remaining.append(f"**{count(status.waiting, 'message')}** pending")
    return "".join(f"; {part}" for part in remaining)


def _source(status: Status) -> str:
    health = status.source
    if health.last_success_at is None and health.last_failure_at is None:
        return "Hugging Face: no request yet."
    if health.is_failing and health.last_failure_at is not None:
        return (
            f"Hugging Face: the last request failed {relative(health.last_failure_at)}, because "
            f"{health.last_failure}. I'll try again at every run."
        )
    return f"Hugging Face: answered {relative(health.last_success_at or status.now)}."


def _unreadable(incomplete: Sequence[DayRead]) -> Iterator[str]:
    """What is missing from recent lists."""
    for read in incomplete[:_MAX_INCOMPLETE_LISTS]:
        yield (
            f"⚠️ {count(read.unreadable, 'item')} on {list_of(read.day)} could not be read "
            f"{relative(read.read_at)}, and {count(read.papers, 'paper')} could. The list is read again "
            "automatically."
        )
    more = len(incomplete) - _MAX_INCOMPLETE_LISTS
    if more > 0:
        yield f"⚠️ {count(more, 'older list')} also had items that could not be read."
