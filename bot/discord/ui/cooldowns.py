"""Cooldowns of the person who uses a command or presses a button."""

from __future__ import annotations

from collections.abc import Collection

import discord

from bot.core.ids import PaperId, UserId
from bot.core.limits import Costly
from bot.discord.ui.components import client_of


def use(interaction: discord.Interaction, costly: Costly) -> None:
    """Counts one use; raises UserError, with when to try again, if there were too many lately."""
    client_of(interaction).services.cooldowns.use(UserId(interaction.user.id), costly)


async def use_for_unknown(interaction: discord.Interaction, paper_ids: Collection[PaperId]) -> None:
    """As `use`, for those of the papers that are not stored; the others are free."""
    services = client_of(interaction).services
    unknown = await services.papers.unknown(paper_ids)
    services.cooldowns.use(UserId(interaction.user.id), Costly.UNKNOWN_PAPER, times=len(unknown))
