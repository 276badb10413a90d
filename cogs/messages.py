"""Open papers and Save papers: commands on any message that links to papers."""

from __future__ import annotations

from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.discord.ui.linked_papers import open_linked, save_linked

_ANYWHERE: Final = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
_BY_ANYONE: Final = app_commands.AppInstallationType(guild=True, user=True)


class MessagesCog(commands.Cog):
    def __init__(self) -> None:
        # discord.py collects none from cogs, so the client adds these.
        self.message_commands = tuple(
            app_commands.ContextMenu(
                name=name, callback=callback, allowed_contexts=_ANYWHERE, allowed_installs=_BY_ANYONE
            )
            for name, callback in (("Open papers", self.open_papers), ("Save papers", self.save_papers))
        )

    async def open_papers(self, interaction: discord.Interaction[Client], message: discord.Message) -> None:
        await open_linked(interaction, message)

    async def save_papers(self, interaction: discord.Interaction[Client], message: discord.Message) -> None:
        await save_linked(interaction, message)
