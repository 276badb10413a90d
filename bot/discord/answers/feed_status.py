"""A feed's schedule, filter, next post and problems in words, for every answer that mentions them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from discord.utils import format_dt

from bot.core.access import Access
from bot.core.feeds import Block, Feed
from bot.core.plurals import count, is_or_are
from bot.core.posts import FollowUp, FollowUpKind, FollowUpState, Post
from bot.core.query.compiled import Merged
from bot.core.schedules import Cadence, Schedule, first_run, weekdays_text
from bot.discord.answers.formatting import code, day_text, moment, relative

ADD_A_SUBSCRIPTION = "Add one with `/subscribe`."
RESUMING = "Once that's done, press **Try again** or use `/my resume`."
POST_ELSEWHERE = "To post papers elsewhere, use `/subscribe` in another channel."
_MAX_MERGED_SHOWN = 5


def schedule_text(schedule: Schedule) -> str:
    match schedule.cadence:
        case Cadence.LIVE:
            return "live, as soon as a paper is listed"
        case Cadence.WEEKLY:
            first = weekdays_text(frozenset({min(schedule.weekdays)}))
            note = f" (the first of {weekdays_text(schedule.weekdays)})" if len(schedule.weekdays) > 1 else ""
            at = f"{schedule.time:%H:%M} {schedule.timezone}"
            return f"weekly, on {first}{note} at {at}; the week's best first"
        case Cadence.DAILY:
            days = weekdays_text(schedule.weekdays)
            when = "every day" if days == "all" else days
            return f"daily, {when}, at {schedule.time:%H:%M} {schedule.timezone}"


def next_post(feed: Feed, *, now: datetime) -> str:
    """When the feed posts next, or why it does not, and what to do about it."""
    if feed.user_id is not None:
        return next_delivery(feed, now=now)
    if feed.block is not None:
        end = _unblocking(feed.block, now=now)
        return f"**Blocked** {relative(feed.block.since)}: {feed.block.reason} {end}"
    if feed.paused_at is not None:
        return _paused(feed, feed.paused_at)
    if feed.settings.schedule.cadence is Cadence.LIVE:
        return "Next post: as soon as a matching paper is listed."
    return f"Next post: {moment(feed.next_run_at, now=now)}."


def next_delivery(feed: Feed, *, now: datetime) -> str:
    """As `next_post`, to the person whose feed it is."""
    if feed.block is not None:
        return f"**Blocked** {relative(feed.block.since)}: {feed.block.reason} {RESUMING} Nothing is lost."
    if feed.paused_at is not None:
        return (
            f"**Paused** {relative(feed.paused_at)}. Papers listed meanwhile are not lost; `/my resume` "
            "resumes deliveries."
        )
    return f"Next delivery by direct message: {moment(feed.next_run_at, now=now)}."


def _paused(feed: Feed, since: datetime) -> str:
    """Since when it is paused, and when posting resumes."""
    paused = f"**Paused** {relative(since)}"
    resumes_at, schedule = feed.settings.resumes_at, feed.settings.schedule
    if resumes_at is None:
        return f"{paused}. Papers listed meanwhile are not lost; `/config resume` resumes posting."
    is_live = schedule.cadence is Cadence.LIVE
    first = f"with the post of {format_dt(first_run(schedule, since=resumes_at), 'F')}"
    return (
        f"{paused}. Posting resumes {f'on {day_text(resumes_at)}' if is_live else first}; papers listed "
        "meanwhile are not lost. "
        "`/config resume` resumes it now."
    )


def _unblocking(block: Block, *, now: datetime) -> str:
    """When posting resumes in a blocked channel, and what to do until then."""
    if block.is_gone:
        return POST_ELSEWHERE
    if block.recheck_at is not None:
        return (
            f"Nothing is lost. Next attempt: {moment(block.recheck_at, now=now)}; `/config resume` tries now."
        )
    return "Posting resumes automatically once it's fixed; nothing is lost. `/config resume` tries now."


def filter_text(feed: Feed) -> str:
    """What the feed's filter requires of a matching paper."""
    needs: list[str] = []
    if feed.settings.min_upvotes:
        needs.append(f"at least {count(feed.settings.min_upvotes, 'upvote')}")
    if feed.settings.only_with_code:
        needs.append("a code repository")
    if feed.settings.exclude is not None:
        needs.append(f"no match for {code(feed.settings.exclude.text)}")
    return "; ".join(needs) if needs else "none; every matching paper is posted"


def merged_keywords(merged: Sequence[Merged]) -> list[str]:
    """Notes on keywords that repeat another one in different words."""
    lines = [f"{code(item.text)} is the same as {code(item.same_as)}" for item in merged[:_MAX_MERGED_SHOWN]]
    if more := len(merged[_MAX_MERGED_SHOWN:]):
        lines.append(f"{more} more {is_or_are(more)} the same as another keyword")
    return [f"{line} and counts once." for line in lines]


def failed_post(post: Post) -> str:
    """Why a post failed, and what to do."""
    why = post.reason or ""
    if post.refusal is not None:
        why = f"{post.refusal} Discord also refused a version with only its title and link"
        why += "." if post.reason in {None, post.refusal} else f": {post.reason}"
    return f"{why} Use `/deliver` there to try again."


def unconfirmed_posts(*, is_one: bool) -> str:
    """Why unconfirmed posts are held back, and what to do."""
    they, them = ("It", "it") if is_one else ("They", "them")
    return (
        f"{they} may or may not have been posted, and I can't check: give me **Read Message History** there, "
        f"and I'll look for {them} (`/deliver` makes me look now). Nothing is posted twice."
    )


def history_warning(access: Access) -> str | None:
    """What goes wrong while the bot may not read the channel's history; None if it may.

    None, too, where the same obstacle prevents posting: that is reported instead.
    """
    if access.history_obstacle in {None, access.obstacle}:
        return None
    return (
        f"⚠️ {access.history_obstacle} Without it I can't check whether a message arrived, so after a crash "
        "some posts may stay unconfirmed."
    )


def follow_up_problem(follow_up: FollowUp, *, now: datetime, is_active: bool = True) -> str:
    """What failed after a message was sent, and what follows; '' if nothing is wrong."""
    is_publishing = follow_up.kind is FollowUpKind.PUBLISH
    if follow_up.state is FollowUpState.FAILED:
        what = "It could not be published" if is_publishing else "Its thread could not be opened"
        return f"{what}: {follow_up.reason} Use `/deliver` to try again."
    if follow_up.state is FollowUpState.DONE:
        return ""
    what = "It has not been published yet" if is_publishing else "Its thread has not been opened yet"
    why = f": {follow_up.reason}" if follow_up.reason else "."
    attempt = f" Next attempt: {moment(follow_up.next_attempt_at, now=now)}." if is_active else ""
    return f"{what}{why}{attempt}"
