"""Phrases that every answer uses: a moment, a count, a schedule, what a run came to, what is in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import TypeVar

from bot.core.access import Access
from bot.core.cards import date_text
from bot.core.feeds import Block, Feed, FeedKind, LastRun
from bot.core.ids import ServerId
from bot.core.markdown import clean
from bot.core.plurals import count, is_or_are
from bot.core.posts import FollowUp, FollowUpKind, FollowUpState, Post
from bot.core.query.compiled import Merged
from bot.core.runs import Outcome, Run
from bot.core.schedules import Cadence, Schedule, weekdays_text
from bot.errors import ProblemKind

# A backtick ends inline code whatever stands before it, so it is shown as a look-alike.
_CODE_LOOKALIKES = {ord("`"): "\N{MODIFIER LETTER GRAVE ACCENT}"}

_Item = TypeVar("_Item")
_MOST_MERGED = 5  # keywords, named one by one


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


def grouped(items: Iterable[_Item], *, by: Callable[[_Item], str]) -> dict[str, list[_Item]]:
    """The items that have the same to be said of them, in the order in which each first came."""
    groups: dict[str, list[_Item]] = {}
    for item in items:
        groups.setdefault(by(item), []).append(item)
    return groups


def merged(found: Sequence[Merged]) -> list[str]:
    """Which keywords were the same as others, and count once."""
    lines = [f"{code(one.text)} is the same as {code(one.same_as)}" for one in found[:_MOST_MERGED]]
    if len(found) > _MOST_MERGED:
        more = len(found) - _MOST_MERGED
        lines.append(f"{more} more {is_or_are(more)} the same as another keyword")
    return [f"{line} and counts once." for line in lines]


def message_link(server_id: ServerId, post: Post) -> str:
    """Where the message of a post that was sent stands; in a forum, where its thread begins."""
    if post.kind is FeedKind.FORUM:
        return f"https://discord.com/channels/{server_id}/{post.message_id}"
    return f"https://discord.com/channels/{server_id}/{post.channel_id}/{post.message_id}"


def days_read(known: int, *, of: int) -> str:
    """That the numbers are low, because not all of the list days asked for have been read."""
    if of == 1:
        return "This list day has not been read so far."
    has = "has" if known == 1 else "have"
    return f"Of these {of} list days, {known or 'none'} {has} been read so far."


def schedule(schedule: Schedule) -> str:
    """A schedule in a few words."""
    match schedule.cadence:
        case Cadence.LIVE:
            return "live, as soon as a paper is seen"
        case Cadence.WEEKLY:
            first = weekdays_text(frozenset({min(schedule.weekdays)}))
            of = f", the first of {weekdays_text(schedule.weekdays)}," if len(schedule.weekdays) > 1 else ""
            return (
                f"weekly, on {first}{of} at {schedule.time:%H:%M} {schedule.timezone}; the week's best first"
            )
        case Cadence.DAILY:
            days = weekdays_text(schedule.weekdays)
            when = "every day" if days == "all" else days
            return f"daily, {when}, at {schedule.time:%H:%M} {schedule.timezone}"


def next_post(feed: Feed, *, now: datetime) -> str:
    """When the feed posts next, or what keeps it from posting, and what to do about it."""
    if feed.block is not None:
        return (
            f"**Held** {past(feed.block.since)}: {feed.block.reason} {_how_a_block_ends(feed.block, now=now)}"
        )
    if feed.paused_at is not None:
        return (
            f"**Paused** {past(feed.paused_at)}: what is listed meanwhile waits. `/config resume` starts it "
            "again."
        )
    if feed.schedule.cadence is Cadence.LIVE:
        return "Next post: as soon as a paper is listed that matches."
    return f"Next post: {moment(feed.next_run_at, now=now)}."


def _how_a_block_ends(block: Block, *, now: datetime) -> str:
    if block.is_gone:
        return "Nothing is posted there any more; `/subscribe` in another channel brings papers to that one."
    if block.recheck_at is not None:
        return (
            f"Nothing is posted meanwhile and nothing is lost. I try again: "
            f"{moment(block.recheck_at, now=now)}; `/config resume` tries at once."
        )
    return (
        "Nothing is posted until that is mended, and nothing is lost. I start again by myself when I see "
        "that it is; `/config resume` does so at once."
    )


def filtered_out(feed: Feed) -> str:
    """The feed's filter: what a paper needs that matches."""
    needs: list[str] = []
    if feed.min_upvotes:
        needs.append(f"at least {count(feed.min_upvotes, 'upvote')}")
    if feed.only_with_code:
        needs.append("a code repository")
    if feed.exclude is not None:
        needs.append(f"no match of {code(feed.exclude.text)}")
    return "; ".join(needs) if needs else "none; every paper that matches is posted"


def result(figures: LastRun, *, feeds: Sequence[Feed], is_quiet: bool = True) -> str:
    """What a run came to for these feeds: papers, a quiet day, or everything filtered, and by what.

    With posts that failed or are pending, no day is quiet (`is_quiet`).
    Which paper lacked what is not kept: the feeds' filters, as they are now, tell what it can have been.
    """
    new = f"{count(figures.new, 'new paper')} {'was' if figures.new == 1 else 'were'} listed"
    number = figures.matched - figures.planned
    why = _why_filtered_out(number, feeds)
    if figures.planned:
        rest = f"; {number} more {why}" if number else ""
        return f"**{count(figures.planned, 'paper')}** to post{rest} ({new})"
    kept = f"; {count(number, 'paper')} that {_match(number)} {why}" if number else ""
    if not figures.new:
        return f"{'**quiet**: ' if is_quiet else ''}nothing new was listed{kept}"
    return f"**filtered**: {new}{kept or ', and none matched that was not posted already'}"


def _why_filtered_out(number: int, feeds: Sequence[Feed]) -> str:
    """What keeps so many papers out, as the end of a sentence about them."""
    awaited = {
        "upvotes": any(feed.min_upvotes for feed in feeds),
        "code": any(feed.only_with_code for feed in feeds),
    }
    is_one = number == 1
    reasons: list[str] = []
    if any(feed.exclude for feed in feeds):
        reasons.append("is excluded" if is_one else "are excluded")
    if any(awaited.values()):
        what = " or ".join(name for name, is_awaited in awaited.items() if is_awaited)
        reasons.append(f"{'waits' if is_one else 'wait'} for {what}")
    if not reasons:  # the filter was ended since
        return "did not pass the filter"
    return " or ".join(reasons)


def _match(number: int) -> str:
    return "matches" if number == 1 else "match"


def list_of(day: date | None) -> str:
    """`the list of Wed 19 Aug 2026`."""
    return f"the list of {date_text(day)}" if day else "the list"


def failed_run(run: Run) -> str:
    """How a run failed, and what follows."""
    if run.outcome is Outcome.SOURCE_FAILED:
        why = f"{list_of(run.problem_day)} could not be read completely, because {run.problem}"
    elif run.problem is not None and run.problem.kind is ProblemKind.DATABASE:
        why = f"{run.problem}; whoever runs the bot finds the reason in the log"
    else:
        why = "a bug stopped it; whoever runs the bot finds it in the log"
    return f"**failed**: {why}. The next run makes up for it"


def unreadable(items: int, *, day: date) -> str:
    """That so many items of a list could not be read."""
    return f"{count(items, 'item')} on {list_of(day)} could not be read"


def failed(post: Post) -> str:
    """Why a post failed, and what can be done."""
    why = post.reason or ""
    if post.refusal is not None:
        why = f"{post.refusal} Its title and link alone were refused too"
        why += "." if post.reason in {None, post.refusal} else f": {post.reason}"
    return f"{why} `/deliver` there tries again."


def history_warning(access: Access) -> str | None:
    """What it costs that the bot may not read the channel's history; None where it may.

    Where the same is in the way of posting at all, that is what is to be told.
    """
    if access.history_obstacle in {None, access.obstacle}:
        return None
    return (
        f"⚠️ {access.history_obstacle} Without it I cannot look whether a message stands there, so one that a "
        "crash leaves in doubt is held back."
    )


def unconfirmed(*, is_one: bool) -> str:
    """Why doubtful posts are held back, and what to do."""
    they, them = ("It", "it") if is_one else ("They", "them")
    return (
        f"{they} may stand in the channel or not, and I may not look: give me **Read Message History** "
        f"there, then I look for {them} (`/deliver` at once). Nothing is posted twice."
    )


def follow_up(follow_up: FollowUp, *, now: datetime, is_active: bool = True) -> str:
    """What did not succeed after a message, and what follows; '' where nothing is wrong."""
    is_publishing = follow_up.kind is FollowUpKind.PUBLISH
    if follow_up.state is FollowUpState.FAILED:
        what = "It could not be published" if is_publishing else "Its thread could not be opened"
        return f"{what}: {follow_up.reason} `/deliver` tries again."
    if follow_up.state is FollowUpState.DONE:
        return ""
    what = "It is not published yet" if is_publishing else "Its thread is not opened yet"
    why = f": {follow_up.reason}" if follow_up.reason else "."
    attempt = f" The next attempt: {moment(follow_up.next_attempt_at, now=now)}." if is_active else ""
    return f"{what}{why}{attempt}"
