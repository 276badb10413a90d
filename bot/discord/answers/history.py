"""The answer of /config history."""

from __future__ import annotations

import discord

from bot.core.changes import KEPT_DAYS, Change
from bot.discord.answers import phrases
from bot.discord.answers.pages import pages
from bot.services.changes import MOST_SHOWN, History


def history(found: History) -> list[discord.Embed]:
    """Who changed what and when, newest first."""
    where = f" of <#{found.channel_id}>" if found.channel_id else ""
    footer = f"Changes are kept for {KEPT_DAYS} days."
    if found.has_more:
        footer = f"These are the newest {MOST_SHOWN}. {footer}"
    return pages(
        map(_line, found.changes),
        title="History",
        intro=f"Changes{where}, newest first:" if found.changes else "",
        footer=footer,
        empty=f"Nothing{where} was changed in the last {KEPT_DAYS} days.",
    )


def _line(change: Change) -> str:
    where = f" <#{change.channel_id}>" if change.channel_id else ""
    return f"{phrases.past(change.changed_at)} <@{change.user_id}>{where}: {change.what}"
