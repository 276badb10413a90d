"""/config focus: how close papers must be to the topic of a subscription."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.focus import Focus
from bot.discord.answers import focus as answers
from bot.discord.permissions import targets
from bot.discord.permissions.channel_option import ChannelOption
from bot.discord.ui.options import FocusChoice, Keywords, complete_subscription
from bot.discord.ui.pages import answer
from bot.discord.ui.setting_buttons import below_changes


class FocusCommand(commands.Cog):
    """A base of `ConfigCog`, which owns the group: discord.py collects commands from bases too."""

    @app_commands.command()
    @app_commands.describe(
        keywords="The subscription to change, or: all of them",
        focus="How close to the topic: exact, strict, balanced (other words, too) or broad",
        channel="The channel to configure (default: this one)",
    )
    @app_commands.autocomplete(keywords=complete_subscription)
    async def focus(
        self,
        interaction: discord.Interaction[Client],
        keywords: Keywords,
        focus: FocusChoice,
        channel: ChannelOption | None = None,
    ) -> None:
        """Set how close papers must be to the topic of a subscription."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.postable(interaction, channel)
        services = interaction.client.services
        result = await services.focus.change(
            keywords, Focus(focus), channel_id=target.channel_id, user_id=target.user_id
        )
        pages = answers.focus_changed(result, now=services.clock())
        buttons = below_changes(target.channel_id, result.change_ids)
        await answer(interaction, pages, buttons=buttons)
