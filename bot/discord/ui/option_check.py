"""The check of a command's options, which Discord checks against the commands that it knows."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.discord.ui.error_texts import not_offered
from bot.errors import UserError


def bad_option(interaction: discord.Interaction[Any]) -> UserError | None:
    """The error for an option whose value is not offered.

    discord.py checks no choices or bounds, and Discord checks them against the command that it knows, which
    may be from before an update.
    """
    command = interaction.command
    if not isinstance(command, app_commands.Command):
        return None
    for option in command.parameters:
        value = getattr(interaction.namespace, option.display_name, None)
        if value is None:
            continue
        offered = {choice.value for choice in option.choices}
        is_number = isinstance(value, int | float)
        size = value if is_number else len(value) if isinstance(value, str) else None
        is_too_small = size is not None and option.min_value is not None and size < option.min_value
        is_too_large = size is not None and option.max_value is not None and size > option.max_value
        if (offered and value not in offered) or is_too_small or is_too_large:
            return UserError(not_offered(str(value), option.display_name))
    return None
