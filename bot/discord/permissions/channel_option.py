"""The `channel` option of commands."""

from __future__ import annotations

import discord
from discord import app_commands
from typing_extensions import override

OptionChannel = app_commands.AppCommandChannel | app_commands.AppCommandThread


class _AnyChannel(app_commands.Transformer):
    """Accepts channels of every type: discord.py's list of types lacks media channels, and our own refusal
    says more than a picker that hides some.
    """

    @property
    @override
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @override
    async def transform(self, interaction: discord.Interaction, value: OptionChannel, /) -> OptionChannel:
        return value


# The value of a `channel` option.
ChannelOption = app_commands.Transform[OptionChannel, _AnyChannel]
