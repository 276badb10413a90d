"""Answers of one page or several, with buttons to turn the pages."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import discord
from typing_extensions import override

from bot.core.ids import ChannelId
from bot.core.mentions import channels_in
from bot.discord.permissions.viewer import Viewer
from bot.discord.ui.components import PersistentItem, SafeView, client_of
from bot.discord.ui.error_texts import UNREACHABLE
from bot.discord.ui.replies import is_personal, is_public, reply
from bot.discord.ui.sessions import Ended, Session, new_key
from bot.discord.ui.undelivered_notices import is_of_admin_command, mentioning_undelivered
from bot.errors import UserError


@dataclass(frozen=True, slots=True)
class Page:
    embed: discord.Embed
    items: tuple[discord.ui.Item[Any], ...] = ()  # below it, after the page buttons
    content: str | None = None  # text above it
    others: tuple[discord.Embed, ...] = ()  # below the first embed

    @property
    def embeds(self) -> list[discord.Embed]:
        return [self.embed, *self.others]


# Makes the page of a number, from 0.
PageLoader = Callable[[int], Awaitable[Page]]

# An interaction's token edits its answer for 15 minutes; the buttons are removed just before.
OPEN_SECONDS = 14 * 60.0


class PageButton(PersistentItem, template=r"page:(?P<key>[0-9a-f]{1,32}):(?P<page>\d{1,5})"):
    """Shows another page of an answer. If its pages are no longer known, it says why."""

    def __init__(
        self,
        *,
        key: str,
        page: int,
        label: str | None = None,
        emoji: str | None = None,
        is_disabled: bool = False,
    ) -> None:
        custom_id = f"page:{key}:{page}"
        super().__init__(
            discord.ui.Button(label=label, emoji=emoji, disabled=is_disabled, custom_id=custom_id)
        )
        self._key = key
        self._page = page

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(key=match["key"], page=int(match["page"]), emoji="📄")  # the emoji is not shown

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        pager = client_of(interaction).sessions.get(self._key, Pager)
        await pager.turn(interaction, page=self._page)


class Pager(SafeView, Session):
    """The pages of one answer, until its buttons are removed.

    Everyone who sees a public answer may turn its pages. The pages of an ephemeral answer can be turned only
    by its user, and only while the user may still see what it shows.
    """

    ended_texts = {  # noqa: RUF012 - ClassVar in the base class
        Ended.EXPIRED: "These pages have expired. Use the command again for an up-to-date answer.",
        Ended.UNKNOWN: (
            "I have been restarted or moved since then, so these pages can't be turned. Use the command "
            "again for an up-to-date answer."
        ),
    }

    def __init__(
        self,
        interaction: discord.Interaction,
        load: PageLoader,
        *,
        number: int,
        first: Page,
        channel_ids: frozenset[ChannelId],
    ) -> None:
        """`number` pages, the `first` of which is loaded; `channel_ids` are those that they may name."""
        super().__init__(timeout=OPEN_SECONDS)
        self._key = new_key()
        self._interaction = interaction  # the latest: its token edits the answer when this view times out
        self._load = load
        self._number = number
        self._items = first.items  # of the page that is shown
        self._user_id = None if is_public(interaction) else interaction.user.id
        self._is_personal = is_personal(interaction)
        self._is_for_admins = _is_for_admins(interaction)
        self._channel_ids = channel_ids
        self._set_page(0)
        client_of(interaction).sessions.open(self._key, self)

    async def turn(self, interaction: discord.Interaction, *, page: int) -> None:
        """Shows another page.

        Raises:
            UserError: the answer is another user's, or this user may no longer see it.
        """
        await interaction.response.defer()
        await self._check(interaction)
        page = min(page, self._number - 1)
        shown = await self._load(page)
        self._items = shown.items
        self._set_page(page)
        await reply(interaction, shown.content, embeds=shown.embeds, view=self)
        self._interaction = interaction

    async def _check(self, interaction: discord.Interaction) -> None:
        if self._user_id is None:
            return
        if interaction.user.id != self._user_id:
            raise UserError("These pages belong to someone else. Use the command to get your own.")
        if self._is_personal or not (self._channel_ids or self._is_for_admins):
            return
        viewer = Viewer.of(interaction)
        may_manage = viewer.manages_channels or not self._is_for_admins
        if not may_manage or not self._channel_ids <= await viewer.visible(self._channel_ids):
            raise UserError("Your permissions have changed. Use the command again for an up-to-date answer.")

    @override
    async def on_timeout(self) -> None:
        client_of(self._interaction).sessions.end(self._key, Ended.EXPIRED)
        self._set_items(())
        with suppress(*UNREACHABLE):  # the answer was deleted or dismissed
            await self._interaction.edit_original_response(view=self if self._items else None)

    def _set_page(self, page: int) -> None:
        is_first, is_last = page == 0, page == self._number - 1
        previous = PageButton(
            key=self._key, page=max(page - 1, 0), label="Previous", emoji="◀️", is_disabled=is_first
        )
        following = PageButton(key=self._key, page=page + 1, label="Next", emoji="▶️", is_disabled=is_last)
        self._set_items((previous, following))

    def _set_items(self, page_buttons: Sequence[PageButton]) -> None:
        self.clear_items()
        for item in (*page_buttons, *self._items):
            self.add_item(item)


def _is_for_admins(interaction: discord.Interaction) -> bool:
    """Whether the answer is to an admin command, or to a button that is not personal."""
    if interaction.type is not discord.InteractionType.application_command:
        return True
    return is_of_admin_command(interaction)


async def answer(
    interaction: discord.Interaction,
    embeds: Sequence[discord.Embed],
    *,
    buttons: Sequence[PersistentItem] = (),
) -> None:
    """Answers a deferred interaction with its page, or with the first of several and buttons to turn them.

    Args:
        interaction: deferred, as ephemeral or public.
        embeds: the pages.
        buttons: below every page, after the page buttons.
    """
    embeds = await mentioning_undelivered(interaction, embeds)

    async def load(number: int) -> Page:
        return Page(embeds[number], tuple(buttons))

    await _answer(interaction, load, number=len(embeds), embeds=embeds)


async def answer_lazily(interaction: discord.Interaction, load: PageLoader, *, number: int) -> None:
    """Answers a deferred interaction with the first of `number` pages, each loaded when it is shown."""
    await _answer(interaction, load, number=number)


async def _answer(
    interaction: discord.Interaction, load: PageLoader, *, number: int, embeds: Sequence[discord.Embed] = ()
) -> None:
    """Answers with the first page; `embeds` are those of all pages if they are known already."""
    first = await load(0)
    view: SafeView | None = None
    if number > 1:
        texts = [first.content, *(embed.to_dict() for embed in embeds or [first.embed])]
        view = Pager(interaction, load, number=number, first=first, channel_ids=channels_in(str(texts)))
    elif first.items:
        view = SafeView(*first.items)
    await reply(interaction, first.content, embeds=first.embeds, view=view)
