"""The notice of a server's problems, and the answer of the button below it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import discord

from bot.core.feeds import Block, Feed
from bot.core.ids import ChannelId
from bot.core.markdown import length
from bot.core.mentions import without_unseen
from bot.core.notices import Delay, Failure, ProblemReport
from bot.core.plurals import count
from bot.discord.answers.feed_status import ADD_A_SUBSCRIPTION, POST_ELSEWHERE, next_post
from bot.discord.answers.formatting import code, list_of, relative
from bot.discord.answers.pages import COLOR, MAX_PAGE_LENGTH, pages
from bot.services.blocks.blocked_channels import Checked
from bot.services.feeds.notices_channel import NoticesChannel

_MAX_IDS = 10
_NOTHING_LOST = (
    "Nothing is lost: subscriptions, settings and pending papers are kept. Press **Check again** to try now."
)


def notice(report: ProblemReport) -> discord.Embed:
    """One message about all the problems."""
    lines = [_blocked(feed) for feed in report.blocked]
    lines.extend(_delayed(delay) for delay in report.delayed)
    lines.extend(_failed(failure) for failure in report.failed)
    if report.source is not None:
        lines.append(
            f"🌐 I haven't been able to read {list_of(report.source.day)} completely for hours, because "
            f"{report.source.problem}. You don't need to do anything: I keep trying, and matching papers are "
            "posted once I can read it."
        )
    lines.extend(_unnamed(report.unnamed))
    shown, size = list[str](), 0
    for line in lines:
        size += length(line) + 2
        if size > MAX_PAGE_LENGTH:
            break
        shown.append(line)
    if hidden := len(lines) - len(shown):
        shown.append(f"… and {hidden} more: `/status` in the server shows them all.")
    if report.blocked or report.delayed or report.unnamed:
        shown.append(_NOTHING_LOST)
    return discord.Embed(title=_title(report), description="\n\n".join(shown), color=COLOR)


def notices_changed(
    result: NoticesChannel, *, title: str = "Notices changed", visible: Collection[ChannelId] = ()
) -> discord.Embed:
    """Where the server's notices go now, old → new; a channel is named only if it is visible."""
    after = _destination(result.after, visible)
    if result.before == result.after:
        title, change = "Notices: nothing changed", f"Notices already go to {after}."
    else:
        change = f"Notices: {_destination(result.before, visible)} → **{after}**"
    return discord.Embed(
        title=title,
        description=(
            f"{change}\nThis server is notified there once about each problem: a blocked channel and how to "
            "fix it, papers that could not be posted, messages delayed for hours, or Hugging Face not "
            "answering for hours.\n-# If I can't post there, I use another channel that I can post in. If "
            "there is none, answers to admin commands say so. `/status` shows problems too."
        ),
        color=COLOR,
    )


def _destination(channel_id: ChannelId | None, visible: Collection[ChannelId]) -> str:
    if channel_id is None:
        return "a channel that I can post in"
    return f"<#{channel_id}>" if channel_id in visible else "a channel that you can't see"


def undeliverable(number: int) -> str:
    """That no channel accepted notices of problems, for the answer to an admin."""
    problems = count(number, "problem")
    return (
        f"⚠️ I couldn't report {problems} in any channel of this server: `/status` shows what is wrong. "
        "`/config notices` sets a channel for notices."
    )


def checked(channels: Sequence[Checked], *, now: datetime, is_whole: bool) -> list[discord.Embed]:
    """For each channel that was blocked, whether posting resumes, and what to do if not.

    `is_whole` says whether the person manages the whole server, or only some of its channels.
    """
    where = "in this server" if is_whole else "in the channels that you manage"
    return pages(
        [_checked(channel, now=now) for channel in channels],
        title="Checked again",
        empty=f"Nothing is blocked {where}: papers are posted as usual. `/status` shows when.",
    )


def _title(report: ProblemReport) -> str:
    if report.blocked:
        is_all = len(report.blocked) > 1 and not report.unnamed
        return "I can't post papers" + (f" in {len(report.blocked)} channels" if is_all else "")
    if report.unnamed:
        return "I can't post papers in every channel"
    if report.delayed:
        return "Papers are delayed"
    return "Some papers could not be posted" if report.failed else "I can't read the list of papers"


def _blocked(feed: Feed) -> str:
    if feed.block is None:
        return ""
    return f"⛔ <#{feed.channel_id}> is blocked: {feed.block.reason} {_unblocking(feed.block)}"


def _unblocking(block: Block) -> str:
    if block.is_gone:
        return POST_ELSEWHERE
    if block.recheck_at is not None:
        return f"Next attempt: {relative(block.recheck_at)}."
    return "Posting resumes automatically once it's fixed."


def _unnamed(feeds: Sequence[Feed]) -> list[str]:
    """What may be said where not everyone sees the channels: neither which nor how many they are."""
    gone = {feed.block.reason for feed in feeds if feed.block is not None and feed.block.is_gone}
    lines = [
        f"⛔ A channel is blocked: {without_unseen(reason, seen=())} {POST_ELSEWHERE}"
        for reason in sorted(gone)
    ]
    if any(feed.block is None or not feed.block.is_gone for feed in feeds):
        lines.append(
            "🔒 I can't post papers in a channel that not everyone reading this can see. `/status` shows "
            "admins who can see it which one it is, and why."
        )
    return lines


def _delayed(delay: Delay) -> str:
    return (
        f"🕒 Messages for <#{delay.feed.channel_id}> have been delayed for hours. {delay.reason} You don't "
        "need to do anything: I keep trying."
    )


def _failed(failure: Failure) -> str:
    """Names papers only by their ids: their titles and links may be what Discord refuses."""
    ids = failure.paper_ids
    shown = ", ".join(code(paper_id) for paper_id in ids[:_MAX_IDS])
    more = f" and {len(ids) - _MAX_IDS} more" if len(ids) > _MAX_IDS else ""
    return (
        f"⚠️ In <#{failure.feed.channel_id}>, {count(len(ids), 'paper')} could not be posted: {shown}{more}. "
        f"{failure.reason} `/explain` there says more about each, and `/deliver` tries again. Other papers "
        "are posted as usual."
    )


def _checked(channel: Checked, *, now: datetime) -> str:
    feed = channel.feed
    sent = f" {count(channel.sent, 'message')} sent just now." if channel.sent else ""
    if feed.block is not None:
        return (
            f"⛔ <#{feed.channel_id}> is still blocked: {feed.block.reason} {_unblocking(feed.block)}{sent}"
        )
    pending = f" {count(channel.waiting, 'message')} still pending." if channel.waiting else ""
    outcome = "is unblocked." if channel.was_blocked else "was checked."
    following = next_post(feed, now=now)
    if not channel.subscriptions:
        following = f"It has no subscriptions. {ADD_A_SUBSCRIPTION}"
    return f"✅ <#{feed.channel_id}> {outcome}{sent}{pending} {following}"
