"""The buttons below answers of /config: *Undo* and *All settings*. Permissions are checked at each press."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Self

import discord
from typing_extensions import override

from bot.core.ids import ChangeId, ChannelId
from bot.discord.answers import defaults as default_answers
from bot.discord.answers import notices as notice_answers
from bot.discord.answers import undoing as answers
from bot.discord.permissions import targets
from bot.discord.permissions.viewer import Viewer
from bot.discord.ui.components import PersistentItem, client_of
from bot.discord.ui.pages import answer
from bot.services.feeds.feeds import FeedState
from bot.services.feeds.notices_channel import NoticesChannel
from bot.services.feeds.servers import ServerDefaults


class UndoSettingButton(PersistentItem, template=r"undo-setting:(?P<first>\d{1,18})(?:-(?P<last>\d{1,18}))?"):
    """Undoes changes of settings that were made together, for the person who made them."""

    def __init__(self, change_ids: range) -> None:
        first, last = change_ids[0], change_ids[-1]
        super().__init__(
            discord.ui.Button(
                label="Undo",
                emoji="↩️",
                style=discord.ButtonStyle.secondary,
                custom_id=f"undo-setting:{first}" + (f"-{last}" if last != first else ""),
            )
        )
        self._change_ids = change_ids

    @classmethod
    def below(cls, *change_ids: ChangeId | None) -> list[UndoSettingButton]:
        """The button, unless nothing changed."""
        # The ids of changes that were made together are consecutive: they were written in one transaction.
        ids = [one for one in change_ids if one is not None]
        return [cls(range(min(ids), max(ids) + 1))] if ids else []

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        first = int(match["first"])
        return cls(range(first, max(first, int(match["last"] or 0)) + 1))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        services = client_of(interaction).services
        here = await targets.overseen(interaction, None)
        undoable = await services.undoing.find(
            self._change_ids, server_id=here.server_id, user_id=here.user_id
        )
        for channel_id in undoable.of_channels:
            for role_id in undoable.roles(channel_id) or {None}:
                await targets.of_button(interaction, channel_id, pings=role_id)
        result = await services.undoing.undo(undoable, user_id=here.user_id)
        if isinstance(result, ServerDefaults):
            await answer(interaction, [default_answers.defaults_changed(result, title="Undone")])
        elif isinstance(result, NoticesChannel):
            named = filter(None, (result.before, result.after))
            seen = await Viewer.of(interaction).visible(named)
            await answer(interaction, [notice_answers.notices_changed(result, title="Undone", visible=seen)])
        else:
            ids = [one.state.feed.channel_id for one in result]
            buttons = [AllSettingsButton(ids[0])] if len(ids) == 1 else []
            await answer(interaction, answers.undone(result, now=services.clock()), buttons=buttons)


class AllSettingsButton(PersistentItem, template=r"settings:(?P<channel>\d{1,20})"):
    """Shows what /config show does, below the answer."""

    def __init__(self, channel_id: ChannelId) -> None:
        super().__init__(
            discord.ui.Button(
                label="All settings",
                style=discord.ButtonStyle.secondary,
                custom_id=f"settings:{channel_id}",
            )
        )
        self._channel_id = channel_id

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(ChannelId(int(match["channel"])))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        # Imported here, because that page has buttons whose answers have these.
        from bot.discord.ui.settings_page import show_settings  # noqa: PLC0415

        await show_settings(interaction, await targets.of_button(interaction, self._channel_id))


def below_change(state: FeedState, change_ids: Iterable[ChangeId | None] = ()) -> Sequence[PersistentItem]:
    """The buttons below a change of a feed's settings, or below these changes."""
    return [*UndoSettingButton.below(state.change_id, *change_ids), AllSettingsButton(state.feed.channel_id)]
