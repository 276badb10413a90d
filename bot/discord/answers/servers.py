"""Answers about a server as a whole: what its new channels begin with."""

from __future__ import annotations

import discord

from bot.discord import phrases
from bot.discord.paging import COLOUR
from bot.services.servers import FORGET, Beginning


def no_feed(channel_id: int, beginning: Beginning) -> discord.Embed:
    """A channel without a feed, and what one would begin with."""
    return discord.Embed(
        title="Settings",
        description=(
            f"<#{channel_id}> gets no papers yet: `/subscribe` there makes the first subscription, `/setup` "
            f"leads you through all of it.\nIt would begin with: {_said(beginning)}."
        ),
        colour=COLOUR,
    )


def beginning(beginning: Beginning, *, is_changed: bool) -> discord.Embed:
    """What /config defaults did, or shows."""
    after = "Channels that get papers already stay as they are: `/config schedule` changes those."
    if not is_changed:
        after += f" `time`, `timezone` and `weekdays` change this; `{FORGET}` takes the bot's own again."
    return discord.Embed(
        title="Defaults changed" if is_changed else "Defaults",
        description=f"New channels of this server begin with: {_said(beginning)}.\n{after}",
        colour=COLOUR,
    )


def _said(beginning: Beginning) -> str:
    own = beginning.own
    chosen = (("the time", own.time), ("the time zone", own.timezone), ("the days", own.weekdays))
    names = [name for name, value in chosen if value is not None]
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
    whose = f"{listed} chosen by this server" if names else "as the bot has it"
    return f"**{phrases.schedule(beginning.schedule)}** ({whose})"
