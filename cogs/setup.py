"""/setup, and the button that opens the same panel."""

from __future__ import annotations

import re
from typing import Any, Self, cast

import discord
from discord import app_commands
from discord.ext import commands
from typing_extensions import override

from bot.client import Client
from bot.discord.ui.error_handler import errors_reported
from bot.discord.ui.setup_panel import Panel, PanelItem, tell_if_too_old
from bot.services.feeds.setup import Setup
from cogs.subscriptions import OlderButton


class SetUpButton(discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"setup"):
    """Opens a panel for whoever presses it; it works after a restart too."""

    def __init__(self) -> None:
        super().__init__(
            discord.ui.Button(label="Set up", style=discord.ButtonStyle.primary, custom_id="setup")
        )

    @override
    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls()

    @override
    async def callback(self, interaction: discord.Interaction) -> None:
        async with errors_reported(interaction):
            cog = cast("Client", interaction.client).get_cog(SetupCog.__name__)
            await cast("SetupCog", cog).open_panel(interaction)


class SetupCog(commands.Cog):
    buttons = (SetUpButton, PanelItem)

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    @app_commands.command(name="setup")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    async def set_up(self, interaction: discord.Interaction[Client]) -> None:
        """Set a channel up step by step: where, which papers, when."""
        await self.open_panel(interaction)

    async def open_panel(self, interaction: discord.Interaction) -> None:
        """What the command and the button do."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await Panel.start(interaction, self._setup, buttons=OlderButton.below)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        await tell_if_too_old(interaction)
