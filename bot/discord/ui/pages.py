"""Answers over one page or several, with buttons to turn them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self
from weakref import WeakKeyDictionary

import discord
from discord import app_commands
from typing_extensions import override

from bot.core.ids import ServerId
from bot.core.mentions import channels_in
from bot.discord.embeds import MessageParts
from bot.discord.permissions.visibility import Viewer
from bot.discord.ui.error_handler import errors_reported
from bot.discord.ui.error_texts import UNREACHABLE
from bot.discord.ui.panels import Ended, Sessions
from bot.discord.ui.replies import is_public, reply
from bot.errors import UserError

# Follow-ups to a command work for 15 minutes; the buttons go a moment earlier.
TURNING_SECONDS = 14 * 60.0
_KEY_BYTES = 8

_TEXTS = {
    Ended.EXPIRED: "These pages have expired: type the command again for an up-to-date answer.",
    Ended.UNKNOWN: (
        "I was restarted since this was shown, so its pages cannot be turned. Type the command again for an "
        "up-to-date answer."
    ),
}


class PageButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"page:(?P<pager>[0-9a-f]{1,32}):(?P<to>\d{1,5})",
):
    """Turns an answer to a page; where its pages are gone, it says why.

    A dynamic item, for discord.py brings clicks on anything older than the process to nobody else. A view
    must not mix dynamic items with others: when it ends, discord.py 2.7.1 forgets the former everywhere.
    """

    def __init__(
        self,
        *,
        pager: str,
        to: int,
        label: str | None = None,
        emoji: str | None = None,
        is_disabled: bool = False,
    ) -> None:
        custom_id = f"page:{pager}:{to}"
        super().__init__(
            discord.ui.Button(label=label, emoji=emoji, disabled=is_disabled, custom_id=custom_id)
        )
        self._pager = pager
        self._to = to

    @override
    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        # The face belongs to the message, and is not shown again from here.
        return cls(pager=match["pager"], to=int(match["to"]), emoji="📄")

    @override
    async def callback(self, interaction: discord.Interaction) -> None:
        async with errors_reported(interaction):
            pager = _turnable(interaction).get(self._pager)
            await pager.turn(interaction, to=self._to)


class Pager(discord.ui.View):
    """One answer's pages, until the buttons are put away.

    Whoever sees a public answer may turn them. Those of one person are theirs, and only while they still have
    the right to what the answer shows.
    """

    def __init__(
        self,
        interaction: discord.Interaction,
        embeds: Sequence[discord.Embed],
        *,
        below: Sequence[discord.ui.Item[Any]] = (),
        server_id: ServerId | None = None,
    ) -> None:
        super().__init__(timeout=TURNING_SECONDS)
        self._key = secrets.token_hex(_KEY_BYTES)
        self._interaction = interaction  # the latest one, whose token still edits the answer
        self._embeds = embeds
        self._below = below
        self._user_id = None if is_public(interaction) else interaction.user.id
        self._server_id = server_id or (ServerId(interaction.guild_id) if interaction.guild_id else None)
        self._is_for_admins = _is_for_admins(interaction)
        self._channel_ids = channels_in("\n".join(str(embed.to_dict()) for embed in embeds))
        self._show(0)
        _turnable(interaction).start(self._key, self)

    async def turn(self, interaction: discord.Interaction, *, to: int) -> None:
        """Shows another page.

        Raises:
            UserError: it is another person's, or the person may not see it any more.
        """
        await interaction.response.defer()
        await self._check(interaction)
        shown = min(to, len(self._embeds) - 1)
        self._show(shown)
        await reply(interaction, embeds=[self._embeds[shown]], view=self)
        self._interaction = interaction

    async def _check(self, interaction: discord.Interaction) -> None:
        if self._user_id is None:
            return
        if interaction.user.id != self._user_id:
            raise UserError("These pages are another person's. Type the command for an answer of your own.")
        if self._server_id is None or not (self._channel_ids or self._is_for_admins):
            return
        viewer = await Viewer.in_server(interaction, self._server_id)
        may_manage = viewer.manages_channels or not self._is_for_admins
        if not may_manage or not self._channel_ids <= await viewer.visible(self._channel_ids):
            raise UserError(
                "What you may see has changed since. Type the command again for an answer of now."
            )

    @override
    async def on_timeout(self) -> None:
        _turnable(self._interaction).end(self._key, Ended.EXPIRED)
        self._put(())
        with suppress(*UNREACHABLE):  # deleted or dismissed: there is nothing left to put away
            await self._interaction.edit_original_response(view=self if self._below else None)

    def _show(self, shown: int) -> None:
        last = len(self._embeds) - 1
        previous = PageButton(
            pager=self._key, to=max(shown - 1, 0), label="Previous", emoji="◀️", is_disabled=shown == 0
        )
        following = PageButton(
            pager=self._key, to=shown + 1, label="Next", emoji="▶️", is_disabled=shown == last
        )
        self._put((previous, following))

    def _put(self, turning: Sequence[PageButton]) -> None:
        self.clear_items()
        for item in (*turning, *self._below):
            self.add_item(item)


def _is_for_admins(interaction: discord.Interaction) -> bool:
    """Whether the answer is to a command of admins, or to a button: those that have pages are of admins."""
    command = interaction.command
    if not isinstance(command, app_commands.Command):
        return interaction.type is not discord.InteractionType.application_command
    needed = (command.root_parent or command).default_permissions
    return needed is not None and needed.manage_channels


_of_clients: WeakKeyDictionary[discord.Client, Sessions[Pager]] = WeakKeyDictionary()


def _turnable(interaction: discord.Interaction) -> Sessions[Pager]:
    """The answers of this client whose pages can be turned now, by the key in their buttons."""
    return _of_clients.setdefault(interaction.client, Sessions(_TEXTS))


async def answer(
    interaction: discord.Interaction,
    embeds: Sequence[discord.Embed],
    *,
    buttons: Sequence[discord.ui.DynamicItem[Any]] = (),
    server_id: ServerId | None = None,
) -> None:
    """Answers a deferred command: with the page, or with the first of several and buttons to turn them.

    Args:
        interaction: deferred; whether the answer is seen by one person was said there.
        embeds: the pages.
        buttons: the answer's own, dynamic items all; with several pages they stand behind the pager's.
        server_id: the server that it is about, where it is read in direct messages.
    """
    view: discord.ui.View | None = None
    if len(embeds) > 1:
        view = Pager(interaction, embeds, below=buttons, server_id=server_id)
    elif buttons:
        view = discord.ui.View(timeout=None)
        for button in buttons:
            view.add_item(button)
    await reply(interaction, embeds=embeds[:1], view=view)


async def answer_with(interaction: discord.Interaction, parts: MessageParts) -> None:
    """Answers a deferred command with a message as a channel would get it."""
    await reply(interaction, parts.content, embeds=parts.embeds, view=parts.view)
