"""/setup."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.discord.ui.setup_panel import Panel, answer_old_form


class SetupCog(commands.Cog):
    @app_commands.command(name="setup")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    async def set_up(self, interaction: discord.Interaction[Client]) -> None:
        """Set up a channel in one panel: where, which papers and when."""
        await Panel.start(interaction)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        await answer_old_form(interaction)
