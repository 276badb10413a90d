"""The button that has held channels looked at again. It stands below notices and below /status."""

from __future__ import annotations

import re
from typing import Any, Protocol, Self, cast

import discord
from discord.ext import commands
from typing_extensions import override

from bot.core.ids import ServerId
from bot.discord.ui.error_handler import errors_reported

CHECKING_COG = "HoldsCog"


class ChecksAgain(Protocol):
    """The cog that does what the button says."""

    async def check_again(self, interaction: discord.Interaction, server_id: ServerId) -> None: ...


class CheckAgainButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"check:(?P<server>\d{1,20})(?::(?P<nonce>[0-9a-z]{1,25}))?",
):
    """Looks again at what is held in a server; it works after a restart too.

    Below a notice it carries the notice's nonce, by which the message is known again.
    """

    def __init__(self, server_id: ServerId, *, nonce: str | None = None) -> None:
        super().__init__(
            discord.ui.Button(
                label="Check again",
                emoji="🔄",
                style=discord.ButtonStyle.primary,
                custom_id=f"check:{server_id}" + (f":{nonce}" if nonce else ""),
            )
        )
        self._server_id = server_id

    @override
    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(ServerId(int(match["server"])), nonce=match["nonce"])

    @override
    async def callback(self, interaction: discord.Interaction) -> None:
        async with errors_reported(interaction):
            cog = cast("commands.Bot", interaction.client).get_cog(CHECKING_COG)
            await cast("ChecksAgain", cog).check_again(interaction, self._server_id)
