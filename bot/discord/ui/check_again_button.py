"""The button below notices and /status that checks blocked channels again."""

from __future__ import annotations

import re
from typing import Any, Self

import discord
from typing_extensions import override

from bot.core.ids import ServerId
from bot.discord.answers import notices as answers
from bot.discord.permissions.viewer import Viewer
from bot.discord.ui.components import PersistentItem, client_of
from bot.discord.ui.pages import answer
from bot.errors import UserError


class CheckAgainButton(PersistentItem, template=r"check:(?P<server>\d{1,20})(?::(?P<nonce>[0-9a-z]{1,25}))?"):
    """Checks the blocked channels of a server that the user manages.

    Below a notice, the custom id also carries the notice's nonce, by which its message is recognized.
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
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(ServerId(int(match["server"])), nonce=match["nonce"])

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        if interaction.guild_id != self._server_id:
            raise UserError("This button belongs to another server. Nothing was checked.")
        services = client_of(interaction).services
        viewer = Viewer.of(interaction)
        checked = await services.blocked_channels.check(self._server_id, managed=viewer.managed)
        if not checked and not viewer.manages_channels:
            raise UserError(
                f"You need **Manage Channels** in <#{interaction.channel_id}> for this. Nothing was checked. "
                "Ask an admin of this server."
            )
        pages = answers.checked(checked, now=services.clock(), is_whole=viewer.sees_everything)
        await answer(interaction, pages)
