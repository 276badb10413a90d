"""/my saved and /my export: the papers that a person saved."""

from __future__ import annotations

from io import BytesIO

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.ids import UserId
from bot.core.limits import Costly
from bot.core.paper_choices import paper_choices
from bot.discord.answers import citations as citation_answers
from bot.discord.answers import library as answers
from bot.discord.ui.cooldowns import use
from bot.discord.ui.library_buttons import UnsaveMenu
from bot.discord.ui.opened_paper import PaperMenu
from bot.discord.ui.options import ExportChoice, Keywords
from bot.discord.ui.pages import Page, answer_lazily
from bot.discord.ui.replies import defer_personally, reply
from bot.services.library.citations import Format


class LibraryCommands(commands.Cog):
    """A base of `MyCog`, which owns the group: discord.py collects commands from bases too."""

    @app_commands.command()
    @app_commands.describe(keywords="Only those that match, written as for /subscribe (default: all)")
    async def saved(self, interaction: discord.Interaction[Client], keywords: Keywords | None = None) -> None:
        """Show the papers that you saved."""
        await defer_personally(interaction)
        services = interaction.client.services
        library = await services.library.saved(UserId(interaction.user.id), keywords)

        async def page(number: int) -> Page:
            shown = await services.library.papers_of(library.rows[answers.rows_of(number)])
            choices = paper_choices(paper.paper for paper in shown)
            menus = (PaperMenu(choices), UnsaveMenu(choices)) if choices else ()
            return Page(answers.library_page(library, shown, number=number), menus)

        await answer_lazily(interaction, page, number=answers.number_of_pages(library))

    @app_commands.command()
    @app_commands.describe(
        format="bibtex for LaTeX; ris for reference managers; csv for spreadsheets; markdown for notes",
        keywords="Only those that match, written as for /subscribe (default: all)",
    )
    async def export(
        self,
        interaction: discord.Interaction[Client],
        format: ExportChoice,  # noqa: A002 - an option of the command
        keywords: Keywords | None = None,
    ) -> None:
        """Download the papers that you saved, for LaTeX, a reference manager, a spreadsheet or notes."""
        await defer_personally(interaction)
        use(interaction, Costly.EXPORT)
        chosen = Format(format)
        result = await interaction.client.services.citations.export(
            UserId(interaction.user.id), chosen, keywords
        )
        files = [
            discord.File(BytesIO(data), filename=f"saved-papers{number}.{chosen.suffix}")
            for number, data in zip(_numbers(len(result.files)), result.files, strict=True)
        ]
        await reply(interaction, citation_answers.export(result), files=files[:1])
        for file in files[1:]:
            await reply(interaction, files=[file])


def _numbers(files: int) -> list[str]:
    """What tells the names of several files apart."""
    return [""] if files == 1 else [f"-{number}" for number in range(1, files + 1)]
