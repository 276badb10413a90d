"""Open papers and Save papers: commands on any message that links to papers."""

from __future__ import annotations

from typing import Final

from discord import app_commands
from discord.ext import commands

from bot.discord.ui.linked_papers import open_linked, save_linked

_ANYWHERE: Final = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
_BY_ANYONE: Final = app_commands.AppInstallationType(guild=True, user=True)


class MessagesCog(commands.Cog):
    # discord.py collects none from cogs, so the client adds these.
    message_commands = tuple(
        app_commands.ContextMenu(
            name=name, callback=callback, allowed_contexts=_ANYWHERE, allowed_installs=_BY_ANYONE
        )
        for name, callback in (("Open papers", open_linked), ("Save papers", save_linked))
    )
