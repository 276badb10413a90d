"""What a run did, in words: papers to post, a quiet day, everything filtered out, or a failure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.archive import ArchiveExtent
from bot.core.cards import date_text
from bot.core.feeds import Feed, LastRun
from bot.core.plurals import count, is_or_are
from bot.core.runs import Outcome, Run
from bot.discord.answers.formatting import list_of
from bot.errors import ProblemKind


def run_result(figures: LastRun, *, feeds: Sequence[Feed], is_quiet: bool = True) -> str:
    """What a run did for these feeds: papers to post, a quiet day, or everything filtered, and by what.

    No day is quiet while posts are pending or have failed (`is_quiet`). Which paper was filtered out by what
    is not stored, so the reasons come from the feeds' filters as they are now.
    """
    listed = f"{count(figures.new, 'new paper')} {'was' if figures.new == 1 else 'were'} listed"
    filtered = figures.matched - figures.planned
    reason = f"{is_or_are(filtered)} {_filtered_because(feeds)}"
    if figures.planned:
        rest = f"; {filtered} more {reason}" if filtered else ""
        return f"**{count(figures.planned, 'paper')}** to post{rest} ({listed})"
    rest = f"; {count(filtered, 'matching paper')} {reason}" if filtered else ""
    if not figures.new:
        return f"{'**quiet**: ' if is_quiet else ''}nothing new was listed{rest}"
    return f"**filtered**: {listed}{rest or ', but nothing new matched'}"


def _filtered_because(feeds: Sequence[Feed]) -> str:
    """Why the feeds' filters hold papers back, as the end of a sentence about them."""
    awaited: list[str] = []
    if any(feed.settings.min_upvotes for feed in feeds):
        awaited.append("upvotes")
    if any(feed.settings.only_with_code for feed in feeds):
        awaited.append("code")
    reasons = ["excluded"] if any(feed.settings.exclude for feed in feeds) else []
    if awaited:
        reasons.append(f"waiting for {' or '.join(awaited)}")
    return " or ".join(reasons) or "filtered out"  # by a filter that was removed since


def failed_run(run: Run) -> str:
    """Why a run failed, and what follows; without a full stop."""
    if run.outcome is Outcome.SOURCE_FAILED:
        why = f"{list_of(run.problem_day)} could not be read completely, because {run.problem}"
    elif run.problem is not None and run.problem.kind is ProblemKind.DATABASE:
        why = f"{run.problem}; the bot's operator can find the reason in its log"
    else:
        why = "a bug stopped it; the bot's operator can find the details in its log"
    return f"**failed**: {why}. The next run catches up"


def days_read(known: int, *, of: int) -> str:
    """A note that counts may be too low, because some of the list days have not been read yet."""
    if of == 1:
        return "Today's list has not been read yet."
    if not known:
        return f"None of these {of} days' lists have been read yet."
    have = "has" if known == 1 else "have"
    return f"Only {known} of these {of} days' lists {have} been read so far, so the numbers may be low."


def archive_extent(archive: ArchiveExtent) -> str:
    """How far back the archive has been read, while it is not complete; else nothing."""
    if archive.is_complete:
        return ""
    if archive.oldest is None:
        return "The archive has not been read yet."
    gaps = f" (without {count(archive.gaps, 'list day')} in between)" if archive.gaps else ""
    older = "" if archive.unread == archive.gaps else "; older papers are still being read"
    return f"The archive is read back to {date_text(archive.oldest)}{gaps}{older}."
