"""/config history: who changed which settings."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.discord.answers import history as answers
from bot.discord.permissions import targets
from bot.discord.permissions.channel_option import ChannelOption
from bot.discord.permissions.viewer import Viewer
from bot.discord.ui.pages import answer


class HistoryCommand(commands.Cog):
    """A base of `ConfigCog`, which owns the group: discord.py collects commands from bases too."""

    @app_commands.command()
    @app_commands.describe(channel="The channel to show (default: every channel that you can see)")
    async def history(
        self, interaction: discord.Interaction[Client], channel: ChannelOption | None = None
    ) -> None:
        """Show who changed which settings in the last 90 days."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.overseen(interaction, channel)
        changes = await interaction.client.services.changes.history(
            target.server_id,
            channel_id=target.channel_id if channel else None,
            visible=Viewer.of(interaction).visible,
        )
        await answer(interaction, answers.history(changes))
