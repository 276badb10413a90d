"""Answers about a server as a whole: what its new channels begin with."""

from __future__ import annotations

import discord

from bot.discord.answers import phrases
from bot.discord.answers.pages import COLOUR
from bot.services.feeds.servers import FORGET, ServerDefaults
from bot.services.feeds.timezones import note


def no_feed(channel_id: int, defaults: ServerDefaults) -> discord.Embed:
    """A channel without a feed, and what one would begin with."""
    return discord.Embed(
        title="Settings",
        description=(
            f"<#{channel_id}> gets no papers yet: `/subscribe` there makes the first subscription, `/setup` "
            f"leads you through all of it.\nIt would begin with: {_said(defaults)}."
        ),
        colour=COLOUR,
    )


def defaults(defaults: ServerDefaults, *, is_asked_to_change: bool) -> discord.Embed:
    """What /config defaults did, or shows."""
    after = "Channels that get papers already stay as they are: `/config schedule` changes those."
    lines = [f"New channels of this server begin with: {_said(defaults)}.", after]
    if not is_asked_to_change:
        title = "Defaults"
        lines[1] += f" `time`, `timezone` and `weekdays` change this; `{FORGET}` takes the bot's own again."
    elif defaults.before is None:
        title = "Defaults: nothing changed"
        lines.insert(0, "They were set like this already.")
    else:
        title = "Defaults changed"
        was = phrases.schedule(defaults.before)
        lines.insert(0, f"**Defaults:** {was} → {phrases.schedule(defaults.schedule)}")
    lines.extend(filter(None, [note(defaults.schedule.timezone)]))
    return discord.Embed(title=title, description="\n".join(lines), colour=COLOUR)


def _said(defaults: ServerDefaults) -> str:
    own = defaults.own
    chosen = (("the time", own.time), ("the time zone", own.timezone), ("the days", own.weekdays))
    names = [name for name, value in chosen if value is not None]
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
    whose = f"{listed} chosen by this server" if names else "as the bot has it"
    return f"**{phrases.schedule(defaults.schedule)}** ({whose})"
