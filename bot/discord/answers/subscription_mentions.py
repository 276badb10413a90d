"""The answer of /config mention with keywords."""

from __future__ import annotations

from datetime import datetime

import discord

from bot.core.feed_settings import role_words
from bot.discord.answers.feed_status import next_post
from bot.discord.answers.formatting import code
from bot.discord.answers.pages import pages
from bot.services.feeds.subscription_mentions import MentionsChanged


def mentions_changed(result: MentionsChanged, *, now: datetime) -> list[discord.Embed]:
    """Which subscriptions ping another role, old → new, and from when; or that nothing changed."""
    changed = [
        f"• {code(item.subscription.query.text)}: {role_words(item.before)} → "
        f"**{role_words(item.subscription.mention_role_id)}**"
        for item in result.changed
    ]
    unchanged = [
        f"• {code(item.query.text)}: already {role_words(item.mention_role_id)}" for item in result.unchanged
    ]
    channel = f"<#{result.feed.channel_id}>"
    lines = ["Applies to pending messages too: each pings the roles of its papers' subscriptions, each once."]
    return pages(
        [*changed, *unchanged],
        title="Mention changed" if changed else "Mention: nothing changed",
        intro=f"{channel}:" if changed else f"Nothing changed in {channel}.",
        footer="\n".join([*(lines if changed else []), next_post(result.feed, now=now)]),
    )
