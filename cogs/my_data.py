"""/my data: what is kept about a person."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.ids import UserId
from bot.core.limits import Costly
from bot.discord.answers import personal_data as answers
from bot.discord.ui.components import PersistentItem
from bot.discord.ui.confirmation import ask
from bot.discord.ui.cooldowns import use
from bot.discord.ui.options import DataChoice
from bot.discord.ui.pages import answer
from bot.discord.ui.replies import reply


class DataCommands(commands.Cog):
    """A base of `MyCog`, which owns the group: discord.py collects commands from bases too."""

    @app_commands.command()
    @app_commands.describe(action="export: get everything as a file; delete: delete everything (asks first)")
    async def data(self, interaction: discord.Interaction[Client], action: DataChoice) -> None:
        """Export or delete everything that is kept about you."""
        await interaction.response.defer(ephemeral=True)
        user_id = UserId(interaction.user.id)
        policy_url = interaction.client.privacy_policy_url
        services = interaction.client.services
        if action == "export":
            use(interaction, Costly.EXPORT)
            result = await services.personal_data.export(user_id)
            file = discord.File(BytesIO(result.file), filename=result.name)
            await reply(interaction, embeds=[answers.export(result, policy_url=policy_url)], files=[file])
            return
        kept = await services.personal_data.kept(user_id)
        if kept.is_empty:
            await answer(interaction, [answers.nothing(policy_url=policy_url)])
            return

        async def delete(
            _pressed: discord.Interaction,
        ) -> tuple[Sequence[discord.Embed], Sequence[PersistentItem]]:
            return [answers.deleted(await services.personal_data.delete(user_id))], ()

        buttons = ask(interaction, label="Delete my data", action=delete)
        await answer(interaction, [answers.question(kept, policy_url=policy_url)], buttons=buttons)
