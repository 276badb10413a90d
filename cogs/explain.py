"""/preview and /explain: what would be posted, and why or why not."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.papers import parse_paper_id
from bot.discord.answers import explain as explained
from bot.discord.answers import papers as answers
from bot.discord.permissions import targets
from bot.discord.permissions.targets import ChannelOption
from bot.discord.ui.options import Keywords, PaperText
from bot.discord.ui.pages import answer
from bot.services.clock import Clock
from bot.services.queries.explain import Explanations
from bot.services.queries.search import MOST_DAYS, RECENT_DAYS, Search


class ExplainingCog(commands.Cog):
    def __init__(self, search: Search, explanations: Explanations, *, clock: Clock) -> None:
        self._search = search
        self._explaining = explanations
        self._clock = clock

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.describe(
        keywords="The keywords to try, as /subscribe takes them",
        days=f"How many list days to look back over ({RECENT_DAYS}, if left out)",
    )
    async def preview(
        self,
        interaction: discord.Interaction[Client],
        keywords: Keywords,
        days: app_commands.Range[int, 1, MOST_DAYS] = RECENT_DAYS,
    ) -> None:
        """Show what keywords would have brought, without subscribing."""
        await interaction.response.defer(ephemeral=True)
        found = await self._search.preview(keywords, days=days)
        await answer(interaction, answers.preview(found))

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        paper="An arXiv id such as 2401.12345, or a link to the paper",
        channel="The channel to explain it for (this one, if left out)",
    )
    async def explain(
        self,
        interaction: discord.Interaction[Client],
        paper: PaperText,
        channel: ChannelOption | None = None,
    ) -> None:
        """Say why a paper was posted in a channel, or was not."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.visible(interaction, channel)
        found = await self._explaining.explain(parse_paper_id(paper), channel_id=target.channel_id)
        await answer(interaction, [explained.explained(found, now=self._clock())])
