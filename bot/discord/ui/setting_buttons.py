"""The buttons below answers of /config: *Undo* and *All settings*. Permissions are checked at each press."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Self

import discord
from typing_extensions import override

from bot.core.ids import ChangeId, ChannelId
from bot.discord.answers import defaults as default_answers
from bot.discord.answers import feed_settings as answers
from bot.discord.answers import notices as notice_answers
from bot.discord.answers import results as result_answers
from bot.discord.answers import setting_changes as change_answers
from bot.discord.permissions import targets
from bot.discord.permissions.targets import Target
from bot.discord.permissions.viewer import Viewer
from bot.discord.ui.components import PersistentItem, client_of
from bot.discord.ui.hint_buttons import InsteadButton
from bot.discord.ui.pages import answer
from bot.services.feeds.feeds import FeedState
from bot.services.feeds.servers import ServerDefaults


class UndoSettingButton(PersistentItem, template=r"undo-setting:(?P<change>\d{1,18})"):
    """Undoes one change of a channel's or a server's settings, for the person who made it."""

    def __init__(self, change_id: ChangeId) -> None:
        super().__init__(
            discord.ui.Button(
                label="Undo",
                emoji="↩️",
                style=discord.ButtonStyle.secondary,
                custom_id=f"undo-setting:{change_id}",
            )
        )
        self._change_id = change_id

    @classmethod
    def below(cls, change_id: ChangeId | None) -> list[UndoSettingButton]:
        return [] if change_id is None else [cls(change_id)]

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(ChangeId(int(match["change"])))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        services = client_of(interaction).services
        here = await targets.overseen(interaction, None)
        undoable = await services.undoing.find(
            self._change_id, server_id=here.server_id, user_id=here.user_id
        )
        if undoable.change.channel_id is not None:
            await targets.of_button(interaction, undoable.change.channel_id, pings=undoable.role_id)
        result = await services.undoing.undo(undoable, user_id=here.user_id)
        if isinstance(result, FeedState):
            embed = change_answers.undone(result, now=services.clock())
            await answer(interaction, [embed], buttons=[AllSettingsButton(result.feed.channel_id)])
        elif isinstance(result, ServerDefaults):
            await answer(interaction, [default_answers.defaults_changed(result, title="Undone")])
        else:
            named = filter(None, (result.before, result.after))
            seen = await Viewer.of(interaction).visible(named)
            await answer(interaction, [notice_answers.notices_changed(result, title="Undone", visible=seen)])


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
        await show_settings(interaction, await targets.of_button(interaction, self._channel_id))


def below_change(state: FeedState) -> Sequence[PersistentItem]:
    """The buttons below a change of a feed's settings."""
    return [*UndoSettingButton.below(state.change_id), AllSettingsButton(state.feed.channel_id)]


async def show_settings(interaction: discord.Interaction, target: Target) -> None:
    """Answers with all settings of a channel, or with what it would start with."""
    services = client_of(interaction).services
    state = await services.feeds.state(target.channel_id)
    if state is None:
        defaults = await services.servers.defaults(target.server_id)
        await answer(interaction, [default_answers.no_feed(target.channel_id, defaults)])
        return
    results = await services.results.of_feed(state.feed, state.subscriptions)
    named = filter(None, [state.notices_channel_id])
    seen = await Viewer.of(interaction).visible(named)
    settings = answers.feed_settings(state, now=services.clock(), visible=seen)
    await answer(
        interaction,
        result_answers.with_results(settings, results),
        buttons=InsteadButton.for_topics(target.channel_id, results),
    )
