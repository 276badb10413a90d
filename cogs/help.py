"""/help: what Paperboy does and how to write keywords."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.discord.answers import help as answers
from bot.discord.ui.pages import answer
from bot.discord.ui.setup_entry import SetUpButton


class HelpCog(commands.Cog):
    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def help(self, interaction: discord.Interaction[Client]) -> None:
        """Learn what Paperboy does and how to write keywords."""
        await interaction.response.defer(ephemeral=True)
        # Where only the person has installed the bot, it is not a member of the server and can't post.
        is_foreign = interaction.is_user_integration() and not interaction.is_guild_integration()
        is_member = interaction.guild_id is not None and not is_foreign
        buttons = [SetUpButton()] if is_member and interaction.permissions.manage_channels else []
        pages = answers.help_pages(interaction.client.tree, policy_url=interaction.client.privacy_policy_url)
        await answer(interaction, pages, buttons=buttons)
