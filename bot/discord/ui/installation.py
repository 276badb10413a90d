"""Installation: whether a server has the bot, or only the person who uses it there."""

from __future__ import annotations

import discord


def is_only_installed_by_user(interaction: discord.Interaction) -> bool:
    """Whether the bot answers because the person installed it, in a place where it is not a member."""
    return interaction.is_user_integration() and not interaction.is_guild_integration()
