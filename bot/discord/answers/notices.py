"""What a server is told of its troubles, and what the button below that answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import discord

from bot.core.feeds import Feed
from bot.core.markdown import escape, length
from bot.core.mentions import without_unseen
from bot.core.notices import Delay, Failure, ProblemReport
from bot.core.plurals import count
from bot.discord.answers import phrases
from bot.discord.answers.pages import COLOUR, LONGEST_PAGE, pages
from bot.discord.answers.phrases import code, past
from bot.services.blocks.blocked_channels import Checked

_IDS_SHOWN = 10
_NOTHING_LOST = (
    "Subscriptions and settings are kept, and nothing is lost: what was not posted follows by itself once "
    "this is mended. **Check again** below tries it at once."
)


def notice(told: ProblemReport, *, server_name: str | None) -> discord.Embed:
    """The one message of these troubles; `server_name` where it is read outside of the server."""
    lines = [_blocked(feed) for feed in told.blocked]
    lines.extend(_delayed(delay) for delay in told.delayed)
    lines.extend(_failed(failure) for failure in told.failed)
    if told.source is not None:
        which = phrases.list_of(told.source.day)
        lines.append(
            f"🌐 For hours I could not read {which} completely, because {told.source.problem}. You don't "
            "need to do anything: I keep trying, and papers that match are posted once I can read them."
        )
    lines.extend(_unnamed(told.unnamed))
    shown, size = list[str](), 0
    for line in lines:
        size += length(line) + 2
        if size > LONGEST_PAGE:
            break
        shown.append(line)
    if hidden := len(lines) - len(shown):
        shown.append(f"… and {hidden} more: `/status` in the server shows them all.")
    if told.blocked or told.delayed or told.unnamed:
        shown.append(_NOTHING_LOST)
    if server_name is not None:
        shown.insert(0, f"In **{escape(server_name)[:200]}**, where you set me up:")
    return discord.Embed(title=_title(told), description="\n\n".join(shown), colour=COLOUR)


def checked(found: Sequence[Checked], *, now: datetime, is_whole: bool) -> list[discord.Embed]:
    """What the button came to: for each channel that was held, whether it goes on, and what to do if not.

    For a person who manages the whole server, or some of its channels.
    """
    whose = "in this server" if is_whole else "in the channels that you manage"
    return pages(
        [_checked(item, now=now) for item in found],
        title="Checked again",
        empty=f"Nothing is held {whose}: papers are posted as usual. `/status` shows when.",
    )


def _title(told: ProblemReport) -> str:
    if told.blocked:
        is_all = len(told.blocked) > 1 and not told.unnamed
        return "I cannot post papers" + (f" in {len(told.blocked)} channels" if is_all else "")
    if told.unnamed:
        return "Papers are not posted everywhere"
    if told.delayed:
        return "Papers are late"
    return "Some papers could not be posted" if told.failed else "The list could not be read"


def _blocked(feed: Feed) -> str:
    if feed.block is None:
        return ""
    said = f"⛔ <#{feed.channel_id}>: I stopped posting there {past(feed.block.since)}. {feed.block.reason}"
    if feed.block.is_gone:
        return f"{said} `/subscribe` in another channel brings papers there."
    if feed.block.recheck_at is not None:
        return f"{said} I try it again {past(feed.block.recheck_at)}."
    return f"{said} I start again by myself as soon as I see that it is mended."


def _unnamed(feeds: Sequence[Feed]) -> list[str]:
    """What may be said where not everybody sees the channels: neither which nor how many they are."""
    gone = {feed.block.reason for feed in feeds if feed.block is not None and feed.block.is_gone}
    lines = [
        f"⛔ I stopped posting in a channel. {without_unseen(reason, seen=())} `/subscribe` in another one "
        "posts papers there."
        for reason in sorted(gone)
    ]
    if any(feed.block is None or not feed.block.is_gone for feed in feeds):
        lines.append(
            "🔒 Papers cannot be posted in a channel that not everybody who reads this can see. `/status` "
            "shows which one, and why, to admins who can see it."
        )
    return lines


def _delayed(delay: Delay) -> str:
    return (
        f"🕒 Messages for <#{delay.feed.channel_id}> have not got through for hours. {delay.reason} You need "
        "do nothing: I go on trying."
    )


def _failed(failure: Failure) -> str:
    """Papers by their ids alone: their titles and links may be what Discord refuses."""
    ids = failure.paper_ids
    shown = ", ".join(code(paper_id) for paper_id in ids[:_IDS_SHOWN])
    more = f" and {len(ids) - _IDS_SHOWN} more" if len(ids) > _IDS_SHOWN else ""
    return (
        f"⚠️ In <#{failure.feed.channel_id}>, {count(len(ids), 'paper')} could not be posted: {shown}{more}. "
        f"{failure.reason} `/explain` there says more about each, and `/deliver` tries again. The other "
        "papers are posted as usual."
    )


def _checked(item: Checked, *, now: datetime) -> str:
    feed = item.feed
    went_out = f" {count(item.sent, 'message')} went out just now." if item.sent else ""
    if feed.block is not None:
        return f"⛔ <#{feed.channel_id}> is still held.{went_out} {feed.block.reason} {_then(feed, now=now)}"
    waiting = f" {count(item.waiting, 'message')} still on the way." if item.waiting else ""
    resumed = "is posted to again." if item.was_blocked else "was looked at again."
    following = phrases.next_post(feed, now=now)
    if not item.subscriptions:
        following = "It has no subscriptions: `/subscribe` makes the first one."
    return f"✅ <#{feed.channel_id}> {resumed}{went_out}{waiting} {following}"


def _then(feed: Feed, *, now: datetime) -> str:
    if feed.block is None or feed.block.is_gone:
        return "`/subscribe` in another channel brings papers there."
    if feed.block.recheck_at is not None:
        return f"I try it again: {phrases.moment(feed.block.recheck_at, now=now)}."
    return "Once that is mended I start again by myself; nothing is lost."
