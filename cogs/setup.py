"""/setup."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.focus import Focus
from bot.core.schedules import Cadence
from bot.discord.permissions.channel_option import ChannelOption
from bot.discord.ui.options import CadenceChoice, FocusChoice
from bot.discord.ui.setup_entry import answer_form
from bot.discord.ui.setup_panel import Panel


class SetupCog(commands.Cog):
    @app_commands.command(name="setup")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    @app_commands.describe(
        channel="Where to post (default: this channel)",
        cadence="live: as soon as a paper is listed; daily: once a day; weekly: the best of the week",
        focus="How close to the topic: exact, strict, balanced (other words, too), broad (default: exact)",
    )
    async def set_up(
        self,
        interaction: discord.Interaction[Client],
        channel: ChannelOption | None = None,
        cadence: CadenceChoice | None = None,
        focus: FocusChoice | None = None,
    ) -> None:
        """Set up a channel in one panel: where, which papers and when."""
        await Panel.start(
            interaction,
            channel=channel,
            cadence=Cadence(cadence) if cadence else None,
            focus=Focus(focus) if focus else None,
        )

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        await answer_form(interaction)
