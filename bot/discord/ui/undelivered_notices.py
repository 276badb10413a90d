"""Problems that no channel of a server accepts a notice of: the next answers to its admins mention them."""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord import app_commands

from bot.core.ids import ChannelId, ServerId
from bot.core.markdown import length
from bot.discord.answers.notices import undeliverable
from bot.discord.permissions.viewer import Viewer
from bot.discord.ui.components import client_of

_MAX_DESCRIPTION_LENGTH = 4_096  # Discord's limit
_SHOWS_THEM = "status"


def is_of_admin_command(interaction: discord.Interaction) -> bool:
    """Whether the interaction is a command that only people who manage channels may use."""
    command = interaction.command
    if not isinstance(command, app_commands.Command):
        return False
    needed = (command.root_parent or command).default_permissions
    return needed is not None and needed.manage_channels


async def mentioning_undelivered(
    interaction: discord.Interaction, embeds: Sequence[discord.Embed]
) -> Sequence[discord.Embed]:
    """The pages of an answer. An admin's mentions problems in channels that they see, on the last page."""
    command, guild = interaction.command, interaction.guild
    if guild is None or command is None or not embeds or not is_of_admin_command(interaction):
        return embeds
    if command.qualified_name == _SHOWS_THEM:
        return embeds
    found = await client_of(interaction).services.notices.undeliverable(ServerId(guild.id))
    channel_ids = {channel_id for channel_id in found if channel_id is not None}
    seen = await Viewer.of(interaction).visible(channel_ids) if channel_ids else frozenset[ChannelId]()
    number = sum(channel_id is None or channel_id in seen for channel_id in found)
    if not number:
        return embeds
    last = embeds[-1].copy()
    text = f"{last.description or ''}\n\n{undeliverable(number)}".strip()
    if length(text) > _MAX_DESCRIPTION_LENGTH:
        return embeds
    last.description = text
    return [*embeds[:-1], last]
