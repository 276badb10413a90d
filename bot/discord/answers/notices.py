"""What a server is told of its troubles, and what the button below that answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import discord

from bot.core.feeds import Feed
from bot.core.markdown import escape, length
from bot.core.notices import Delay, Told
from bot.core.plurals import count
from bot.discord import phrases
from bot.discord.paging import COLOUR, LONGEST_PAGE, pages
from bot.discord.phrases import past
from bot.services.holds import Checked

_NOTHING_LOST = (
    "Subscriptions and settings are kept, and nothing is lost: what was not posted follows by itself once "
    "this is mended. **Check again** below tries it at once."
)


def notice(told: Told, *, server_name: str | None) -> discord.Embed:
    """The one message of these troubles; `server_name` where it is read outside of the server."""
    lines = [_held(feed) for feed in told.held]
    lines.extend(_delayed(delay) for delay in told.delayed)
    if told.is_source_down:
        lines.append(
            "🌐 Hugging Face has not answered for hours, so there are no new papers to post. You need do "
            "nothing: I ask again all the time, and what is listed meanwhile is posted once it answers."
        )
    shown, size = list[str](), 0
    for line in lines:
        size += length(line) + 2
        if size > LONGEST_PAGE:
            break
        shown.append(line)
    if hidden := len(lines) - len(shown):
        shown.append(f"… and {hidden} more: `/status` in the server shows them all.")
    if told.held or told.delayed:
        shown.append(_NOTHING_LOST)
    if server_name is not None:
        shown.insert(0, f"In **{escape(server_name)[:200]}**, where you set me up:")
    return discord.Embed(title=_title(told), description="\n\n".join(shown), colour=COLOUR)


def checked(found: Sequence[Checked], *, now: datetime) -> list[discord.Embed]:
    """What the button came to: for each channel that was held, whether it goes on, and what to do if not."""
    return pages(
        [_checked(item, now=now) for item in found],
        title="Checked again",
        empty="Nothing is held in this server: papers are posted as usual. `/status` shows when.",
    )


def _title(told: Told) -> str:
    if told.held:
        return "I cannot post papers" + ("" if len(told.held) == 1 else f" in {len(told.held)} channels")
    return "Papers are late" if told.delayed else "No new papers for now"


def _held(feed: Feed) -> str:
    if feed.hold is None:
        return ""
    said = f"⛔ <#{feed.channel_id}>: I stopped posting there {past(feed.hold.since)}. {feed.hold.reason}"
    if feed.hold.is_gone:
        return f"{said} `/subscribe` in another channel brings papers there."
    if feed.hold.look_at is not None:
        return f"{said} I try it again {past(feed.hold.look_at)}."
    return f"{said} I start again by myself as soon as I see that it is mended."


def _delayed(delay: Delay) -> str:
    return (
        f"🕒 Messages for <#{delay.feed.channel_id}> have not got through for hours. {delay.reason} You need "
        "do nothing: I go on trying."
    )


def _checked(item: Checked, *, now: datetime) -> str:
    feed = item.feed
    went_out = f" {count(item.sent, 'message')} went out just now." if item.sent else ""
    if feed.hold is not None:
        return f"⛔ <#{feed.channel_id}> is still held.{went_out} {feed.hold.reason} {_then(feed, now=now)}"
    waiting = f" {count(item.waiting, 'message')} still on the way." if item.waiting else ""
    resumed = "is posted to again." if item.was_held else "was looked at again."
    following = phrases.next_post(feed, now=now)
    if not item.subscriptions:
        following = "It has no subscriptions: `/subscribe` makes the first one."
    return f"✅ <#{feed.channel_id}> {resumed}{went_out}{waiting} {following}"


def _then(feed: Feed, *, now: datetime) -> str:
    if feed.hold is None or feed.hold.is_gone:
        return "`/subscribe` in another channel brings papers there."
    if feed.hold.look_at is not None:
        return f"I try it again: {phrases.moment(feed.hold.look_at, now=now)}."
    return "Once that is mended I start again by myself; nothing is lost."
