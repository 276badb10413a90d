"""What a focus is, in words, and the answer of /config focus."""

from __future__ import annotations

from datetime import datetime

import discord

from bot.core.closeness import Closeness
from bot.core.feed_settings import query_words
from bot.core.feeds import Subscription
from bot.core.focus import Focus
from bot.core.list_days import WINDOW_DAYS
from bot.core.plurals import count
from bot.discord.answers.feed_status import next_post
from bot.discord.answers.formatting import code
from bot.discord.answers.pages import pages
from bot.services.feeds.focus import FocusChanged

MEANINGS = {
    Focus.EXACT: "papers that match the keywords",
    Focus.STRICT: "only the matching papers that are about the topic",
    Focus.BALANCED: "fewer papers that mention it in passing, and close papers that say it in other words",
    Focus.BROAD: "every matching paper, and close papers that say it in other words",
}


def closeness_text(subscription: Subscription, closeness: Closeness) -> str:
    """How close a paper is to a subscription that is not exact, and what its focus asks for."""
    query, focus = f"*{query_words(subscription.query.text)}*", subscription.focus
    if closeness.score is None:
        return f"close to {query}: unknown for these words, so {focus.value} works like exact"
    asked = closeness.asked_by(focus)
    if asked is not None:
        asks = f"{focus.value} asks for {asked:.1f}"
        if closeness.is_hit and closeness.in_title:
            asks += " of a title that matches"
        elif not closeness.is_hit:
            asks += " of a paper that doesn't match"
    elif not closeness.is_hit:
        asks = f"{focus.value} adds no papers that don't match"
    elif focus is Focus.BROAD:
        asks = "broad takes every paper that matches"
    else:
        asks = f"{focus.value} takes it, because its title matches"
    return f"close to {query}: {closeness.score:.1f}; {asks}"


def focus_changed(result: FocusChanged, *, now: datetime) -> list[discord.Embed]:
    """Which subscriptions have another focus, old → new, and from when; or that nothing changed."""
    changed = [
        f"• {code(item.subscription.query.text)}: {item.before.value} → {item.subscription.focus.value}"
        for item in result.changed
    ]
    unchanged = [f"• {code(item.query.text)}: already {item.focus.value}" for item in result.unchanged]
    channel = f"<#{result.feed.channel_id}>"
    lines = [f"{result.focus.value}: {MEANINGS[result.focus]}."]
    if changed:
        lines.append(
            "Applies from the next run; pending papers are still posted. The papers of the last "
            f"{WINDOW_DAYS} days are rechecked."
        )
        if coming := result.coming.planned:
            lines.append(f"The next post has {count(coming, 'paper')} for that so far.")
    lines.append(next_post(result.feed, now=now))
    return pages(
        [*changed, *unchanged],
        title="Focus changed" if changed else "Focus: nothing changed",
        intro=f"{channel}:" if changed else f"Nothing changed: {channel} has it already.",
        footer="\n".join(lines),
    )
