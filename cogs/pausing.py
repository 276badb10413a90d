"""/config pause and /config resume."""

from __future__ import annotations

from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.ids import ServerId
from bot.discord.answers import pausing as answers
from bot.discord.permissions import targets
from bot.discord.permissions.channel_option import ChannelOption
from bot.discord.permissions.viewer import Viewer
from bot.discord.ui.options import ShortText, choices
from bot.discord.ui.pages import answer
from bot.discord.ui.setting_buttons import UndoSettingButton, below_change, below_changes
from bot.errors import UserError
from bot.services.feeds.pausing import Missed


class PauseCommands(commands.Cog):
    """A base of `ConfigCog`, which owns the group: discord.py collects commands from bases too."""

    @app_commands.command()
    @app_commands.describe(
        until="The day on which posting resumes, such as monday, 24 dec or in 2 weeks (default: none)",
        everywhere="Pause every channel that you manage in this server",
        channel="The channel to pause (default: this one)",
    )
    async def pause(
        self,
        interaction: discord.Interaction[Client],
        until: ShortText | None = None,
        everywhere: bool = False,  # noqa: FBT001, FBT002 - an option of the command
        channel: ChannelOption | None = None,
    ) -> None:
        """Stop posting in a channel, or everywhere, until it is resumed. Nothing is lost."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.managed(interaction, channel)
        services = interaction.client.services
        if everywhere:
            _check_alone(channel)
            managed = await Viewer.of(interaction).managed(await services.pausing.channels(target.server_id))
            result = await services.pausing.pause_all(
                managed, server_id=target.server_id, user_id=target.user_id, until=until
            )
            undo = UndoSettingButton.below(*result.change_ids)
            await answer(interaction, [answers.paused_everywhere(result)], buttons=undo)
            return
        state = await services.pausing.pause(target.channel_id, user_id=target.user_id, until=until)
        await answer(interaction, [answers.paused(state, now=services.clock())], buttons=below_change(state))

    @pause.autocomplete("until")
    async def _complete_until(
        self, interaction: discord.Interaction[Client], current: str
    ) -> list[app_commands.Choice[str]]:
        if interaction.guild_id is None:
            return []
        return choices(
            await interaction.client.services.pausing.days_like(
                current, server_id=ServerId(interaction.guild_id)
            )
        )

    @app_commands.command()
    @app_commands.describe(
        everywhere="Resume every channel that you manage in this server",
        missed="post: papers listed during the pause are posted (default); skip: they never are",
        channel="The channel to resume (default: this one)",
    )
    async def resume(
        self,
        interaction: discord.Interaction[Client],
        everywhere: bool = False,  # noqa: FBT001, FBT002 - an option of the command
        missed: Literal["post", "skip"] = "post",
        channel: ChannelOption | None = None,
    ) -> None:
        """Resume posting in a paused or blocked channel, or everywhere."""
        await interaction.response.defer(ephemeral=True)
        services = interaction.client.services
        if everywhere:
            _check_alone(channel)
            target = await targets.managed(interaction, None)
            managed = await Viewer.of(interaction).managed(await services.pausing.channels(target.server_id))
            result = await services.pausing.resume_all(
                managed, server_id=target.server_id, user_id=target.user_id, missed=Missed(missed)
            )
            undo = UndoSettingButton.below(*result.change_ids)
            await answer(interaction, [answers.resumed_everywhere(result)], buttons=undo)
            return
        target = await targets.postable(interaction, channel)
        resumed = await services.pausing.resume(
            target.channel_id, user_id=target.user_id, missed=Missed(missed)
        )
        embed = answers.resumed(resumed, now=services.clock())
        await answer(interaction, [embed], buttons=below_changes(target.channel_id, resumed.change_ids))


def _check_alone(channel: ChannelOption | None) -> None:
    if channel is not None:
        raise UserError("Give `channel` or `everywhere`, not both. Nothing was changed.")
