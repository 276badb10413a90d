"""/deliver: posting pending papers without waiting for the schedule."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.discord.answers import delivery as answers
from bot.discord.permissions import targets
from bot.discord.permissions.channel_option import ChannelOption
from bot.discord.ui.pages import answer


class DeliveryCog(commands.Cog):
    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    @app_commands.describe(channel="The channel to post in (default: this one)")
    async def deliver(
        self, interaction: discord.Interaction[Client], channel: ChannelOption | None = None
    ) -> None:
        """Post pending papers now. The schedule stays the same."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.postable(interaction, channel)
        services = interaction.client.services
        result = await services.feeds.deliver(target.channel_id)
        await answer(interaction, [answers.delivered(result, now=services.clock())])
