"""/preview and /explain: which papers match, and why a paper was or wasn't posted."""

from __future__ import annotations

import asyncio

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.focus import Focus
from bot.core.papers import parse_paper_id
from bot.discord.answers import explain as explain_answers
from bot.discord.answers import papers as answers
from bot.discord.permissions import targets
from bot.discord.permissions.targets import ChannelOption
from bot.discord.ui.hint_buttons import PreviewButton
from bot.discord.ui.options import FocusChoice, Keywords, PaperText, choices
from bot.discord.ui.pages import answer
from bot.services.clock import Clock
from bot.services.queries.explanations import Explanations
from bot.services.queries.search import MAX_DAYS, RECENT_DAYS, Search
from bot.services.queries.titles import Titles


class ExplainCog(commands.Cog):
    def __init__(self, search: Search, explanations: Explanations, *, titles: Titles, clock: Clock) -> None:
        self._search = search
        self._explanations = explanations
        self._titles = titles
        self._clock = clock

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.describe(
        keywords="The keywords to try, written as for /subscribe",
        days=f"How many days of lists to search (default: {RECENT_DAYS})",
        focus="How close to the topic: exact, strict, balanced (other words, too), broad (default: exact)",
    )
    async def preview(
        self,
        interaction: discord.Interaction[Client],
        keywords: Keywords,
        days: app_commands.Range[int, 1, MAX_DAYS] = RECENT_DAYS,
        focus: FocusChoice = "exact",
    ) -> None:
        """Show which recent papers match keywords, without subscribing."""
        await interaction.response.defer(ephemeral=True)
        preview = await self._search.preview(keywords, days=days, focus=Focus(focus))
        pages = await asyncio.to_thread(answers.preview, preview)  # marks what matched in many abstracts
        await answer(interaction, pages, buttons=PreviewButton.below(preview))

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        paper="Words of a recent title, an arXiv ID such as 2401.12345, or a link",
        channel="The channel to check (default: this one)",
    )
    async def explain(
        self,
        interaction: discord.Interaction[Client],
        paper: PaperText,
        channel: ChannelOption | None = None,
    ) -> None:
        """Explain why a paper was or wasn't posted in a channel."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.visible(interaction, channel)
        explanation = await self._explanations.explain(parse_paper_id(paper), channel_id=target.channel_id)
        await answer(interaction, [explain_answers.explained(explanation, now=self._clock())])

    @explain.autocomplete("paper")
    async def _complete_paper(
        self, _: discord.Interaction[Client], current: str
    ) -> list[app_commands.Choice[str]]:
        return choices(await self._titles.like(current))
