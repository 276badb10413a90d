"""/status: runs, pending papers and blocked channels of a server."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.discord.answers import status as answers
from bot.discord.permissions import targets
from bot.discord.permissions.viewer import Viewer
from bot.discord.ui.check_again_button import CheckAgainButton
from bot.discord.ui.pages import answer


class StatusCog(commands.Cog):
    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    async def status(self, interaction: discord.Interaction[Client]) -> None:
        """Show the last run, pending papers and blocked channels."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.managed(interaction, None)
        viewer = Viewer.of(interaction)
        status = await interaction.client.services.status.of_server(target.server_id, visible=viewer.visible)
        buttons = [CheckAgainButton(target.server_id)] if status.can_be_checked else []
        shown = answers.status_pages(status, is_whole=viewer.sees_everything)
        await answer(interaction, shown, buttons=buttons)
