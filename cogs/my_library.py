"""/my saved and /my export: the papers that a person saved."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.ids import UserId
from bot.discord.answers import library as answers
from bot.discord.ui.options import Keywords
from bot.discord.ui.pages import answer_lazily
from bot.services.library.library import Library


class LibraryCommands(commands.Cog):
    """A base of `MyCog`, which owns the group: discord.py collects commands from bases too."""

    _library: Library

    @app_commands.command()
    @app_commands.describe(keywords="Only those that match, written as for /subscribe (default: all)")
    async def saved(self, interaction: discord.Interaction[Client], keywords: Keywords | None = None) -> None:
        """Show the papers that you saved."""
        await interaction.response.defer(ephemeral=True)
        found = await self._library.saved(UserId(interaction.user.id), keywords)

        async def page(number: int) -> discord.Embed:
            shown = await self._library.papers_of(found.rows[answers.rows_of(number)])
            return answers.library_page(found, shown, number=number)

        await answer_lazily(interaction, page, number=answers.number_of_pages(found))
