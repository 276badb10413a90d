"""/papers and /paper: public answers. Input is checked before the public reply begins."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.limits import Costly
from bot.core.papers import parse_paper_id
from bot.discord.answers import papers as answers
from bot.discord.ui.cooldowns import use
from bot.discord.ui.opened_paper import open_paper
from bot.discord.ui.options import (
    Keywords,
    PaperText,
    PeriodChoice,
    ShortText,
    SortChoice,
    choices,
    complete_paper,
)
from bot.discord.ui.pages import Page, answer, answer_lazily
from bot.discord.ui.replies import defer_publicly
from bot.services.queries.archive import MAX_DAYS, Period, Sort


class PapersCog(commands.Cog):
    group = app_commands.Group(
        name="papers",
        description="Browse Hugging Face's Daily Papers",
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
    )

    @group.command()
    async def today(self, interaction: discord.Interaction[Client]) -> None:
        """Show the latest list of papers."""
        await defer_publicly(interaction)
        services = interaction.client.services
        papers = await services.papers.today()
        await answer(interaction, answers.list_day(papers, now=services.clock()))

    @group.command()
    @app_commands.describe(date="The day, such as 2026-11-26, Nov 26, last friday or yesterday")
    async def date(self, interaction: discord.Interaction[Client], date: ShortText) -> None:
        """Show the papers listed on a day."""
        services = interaction.client.services
        day = services.papers.day(date)
        await defer_publicly(interaction)
        papers = await services.papers.on(day)
        await answer(interaction, answers.list_day(papers, now=services.clock()))

    @date.autocomplete("date")
    async def _complete_date(
        self, interaction: discord.Interaction[Client], current: str
    ) -> list[app_commands.Choice[str]]:
        return choices(interaction.client.services.papers.days_like(current))

    @group.command()
    @app_commands.describe(
        keywords="What to look for, written as for /subscribe",
        days="Search only the lists of this many days (default: the whole archive)",
        sort="match: in the title first; upvotes: most first; day: newest first (default: match)",
    )
    async def search(
        self,
        interaction: discord.Interaction[Client],
        keywords: Keywords,
        days: app_commands.Range[int, 1, MAX_DAYS] | None = None,
        sort: SortChoice = "match",
    ) -> None:
        """Search all Daily Papers, back to the first list."""
        services = interaction.client.services
        query = services.archive.query(keywords)
        await defer_publicly(interaction)
        use(interaction, Costly.SEARCH)
        results = await services.archive.search(query, days=days, sort=Sort(sort))

        async def page(number: int) -> Page:
            shown = await services.archive.by_ids(results.ids[answers.results_of(number)])
            return Page(answers.search_page(results, shown, number=number))

        await answer_lazily(interaction, page, number=answers.number_of_pages(results))

    @group.command()
    @app_commands.describe(period="The last 7, 30 or 365 days of lists")
    async def top(self, interaction: discord.Interaction[Client], period: PeriodChoice) -> None:
        """Show the most upvoted papers of the last week, month or year."""
        await defer_publicly(interaction)
        await answer(interaction, answers.top(await interaction.client.services.archive.top(Period(period))))

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.describe(paper="Words of a recent title, an arXiv ID such as 2401.12345, or a link")
    @app_commands.autocomplete(paper=complete_paper)
    async def paper(self, interaction: discord.Interaction[Client], paper: PaperText) -> None:
        """Show a paper."""
        paper_id = parse_paper_id(paper)
        await defer_publicly(interaction)
        await open_paper(interaction, paper_id)
