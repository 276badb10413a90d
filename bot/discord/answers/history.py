"""The answer of /config history."""

from __future__ import annotations

import discord

from bot.core.changes import KEPT_DAYS, Change
from bot.discord.answers.formatting import relative
from bot.discord.answers.pages import pages
from bot.services.changes import MAX_SHOWN, History


def history(result: History) -> list[discord.Embed]:
    """Who changed what and when, newest first."""
    to = f" to <#{result.channel_id}>" if result.channel_id else ""
    footer = f"Changes are kept for {KEPT_DAYS} days." if result.changes else ""
    if result.has_more:
        footer = f"Only the newest {MAX_SHOWN} are shown. {footer}"
    return pages(
        map(_line, result.changes),
        title="History",
        intro=f"Changes{to}, newest first:" if result.changes else "",
        footer=footer,
        empty=f"No changes{to} in the last {KEPT_DAYS} days.",
    )


def _line(change: Change) -> str:
    where = f" <#{change.channel_id}>" if change.channel_id else ""
    who = f"<@{change.user_id}>" if change.user_id else "*someone who deleted their data*"
    return f"{relative(change.changed_at)} {who}{where}: {change.what}"
