"""/explain: why a paper was or wasn't posted."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.ids import UserId
from bot.core.papers import parse_paper_id
from bot.discord.answers import explain as explain_answers
from bot.discord.permissions import targets
from bot.discord.permissions.channel_option import ChannelOption
from bot.discord.permissions.viewer import Viewer
from bot.discord.ui.options import PaperText, complete_paper
from bot.discord.ui.pages import answer


class ExplainCog(commands.Cog):
    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.describe(
        paper="Words of a recent title, an arXiv ID such as 2401.12345, or a link",
        channel="The channel to check (default: all that you can see; by direct message, what you follow)",
    )
    @app_commands.autocomplete(paper=complete_paper)
    async def explain(
        self,
        interaction: discord.Interaction[Client],
        paper: PaperText,
        channel: ChannelOption | None = None,
    ) -> None:
        """Explain why a paper was or wasn't posted."""
        await interaction.response.defer(ephemeral=True)
        paper_id = parse_paper_id(paper)
        services = interaction.client.services
        if interaction.guild is None:  # direct messages, or a server without the bot
            own = await services.explanations.for_person(paper_id, user_id=UserId(interaction.user.id))
            await answer(interaction, explain_answers.explained([own], now=services.clock()))
            return
        target = await targets.visible(interaction, channel)
        if channel is not None:
            explanations = [await services.explanations.explain(paper_id, channel_id=target.channel_id)]
        else:
            explanations = await services.explanations.everywhere(
                paper_id, server_id=target.server_id, visible=Viewer.of(interaction).visible
            )
        await answer(interaction, explain_answers.explained(explanations, now=services.clock()))
