"""The buttons below changes of a channel's settings and subscriptions, and the page with all settings.

They share a module because the answer to one shows others. Permissions are checked at each press.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any, Self

import discord
from typing_extensions import override

from bot.core.focus import Focus
from bot.core.ids import ChangeId, ChannelId
from bot.core.query.hints import MAX_HINTS
from bot.core.query.rewrites import as_topic
from bot.core.results import Result
from bot.discord.answers import defaults as default_answers
from bot.discord.answers import feed_settings as settings_answers
from bot.discord.answers import focus as focus_answers
from bot.discord.answers import notices as notice_answers
from bot.discord.answers import results as result_answers
from bot.discord.answers import subscriptions as subscription_answers
from bot.discord.answers import undoing as answers
from bot.discord.answers.hints import focus_label, instead_label
from bot.discord.permissions import targets
from bot.discord.permissions.targets import Target
from bot.discord.permissions.viewer import Viewer
from bot.discord.ui.button_keywords import (
    KEYWORDS,
    ButtonKeywords,
    fitting,
    in_ranges,
    of_ranges,
    replacements,
)
from bot.discord.ui.components import PersistentItem, client_of
from bot.discord.ui.pages import answer
from bot.discord.ui.subscription_buttons import PostOlderButton
from bot.services.feeds.feeds import FeedState
from bot.services.feeds.notices_channel import NoticesChannel
from bot.services.feeds.servers import ServerDefaults
from bot.services.feeds.subscribed import Subscribed
from bot.services.feeds.unsubscribing import by_id


class UndoSettingButton(PersistentItem, template=r"undo-setting:(?P<first>\d{1,18})(?:-(?P<last>\d{1,18}))?"):
    """Undoes changes of settings that were made together, for the person who made them."""

    def __init__(self, change_ids: range) -> None:
        first, last = change_ids[0], change_ids[-1]
        super().__init__(
            discord.ui.Button(
                label="Undo",
                emoji="↩️",
                custom_id=f"undo-setting:{first}" + (f"-{last}" if last != first else ""),
            )
        )
        self._change_ids = change_ids

    @classmethod
    def below(cls, *change_ids: ChangeId | None) -> list[UndoSettingButton]:
        """The button, unless nothing changed."""
        # The ids of changes that were made together are consecutive: they were written in one transaction.
        ids = [change_id for change_id in change_ids if change_id is not None]
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
        managed = await targets.overseen(interaction, None)
        undoable = await services.undoing.find(
            self._change_ids, server_id=managed.server_id, user_id=managed.user_id
        )
        for channel_id in undoable.of_channels:
            for role_id in undoable.roles(channel_id) or {None}:
                await targets.of_button(interaction, channel_id, pings=role_id)
        result = await services.undoing.undo(undoable, user_id=managed.user_id)
        if isinstance(result, ServerDefaults):
            await answer(interaction, [default_answers.defaults_changed(result, title="Undone")])
        elif isinstance(result, NoticesChannel):
            named = filter(None, (result.before, result.after))
            seen = await Viewer.of(interaction).visible(named)
            await answer(interaction, [notice_answers.notices_changed(result, title="Undone", visible=seen)])
        else:
            ids = [undone.state.feed.channel_id for undone in result]
            buttons = [AllSettingsButton(ids[0])] if len(ids) == 1 else []
            await answer(interaction, answers.undone(result, now=services.clock()), buttons=buttons)


class AllSettingsButton(PersistentItem, template=r"settings:(?P<channel>\d{1,20})"):
    """Shows what /config show does, below the answer."""

    def __init__(self, channel_id: ChannelId) -> None:
        super().__init__(discord.ui.Button(label="All settings", custom_id=f"settings:{channel_id}"))
        self._channel_id = channel_id

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(ChannelId(int(match["channel"])))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_settings(interaction, await targets.of_button(interaction, self._channel_id))


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
    settings = settings_answers.feed_settings(state, now=services.clock(), visible=seen)
    await answer(
        interaction,
        result_answers.with_results(settings, results),
        buttons=InsteadButton.for_topics(target.channel_id, results),
    )


class FocusButton(
    PersistentItem,
    template=rf"focus:(?P<channel>\d{{1,20}}):(?P<id>\d{{1,18}}):(?P<focus>{'|'.join(Focus)})",
):
    """Gives a subscription another focus."""

    def __init__(
        self, channel_id: ChannelId, subscription_id: int, focus: Focus, *, label: str = "Focus"
    ) -> None:
        super().__init__(
            discord.ui.Button(label=label, custom_id=f"focus:{channel_id}:{subscription_id}:{focus.value}")
        )
        self._channel_id = channel_id
        self._subscription_id = subscription_id
        self._focus = focus

    @classmethod
    def below(cls, result: Subscribed) -> list[FocusButton]:
        """A button for each subscription for which another focus is better, of the first few."""
        buttons = [
            cls(
                result.feed.channel_id,
                item.subscription.id,
                item.better_focus,
                label=focus_label(item.better_focus, item.subscription.query.text),
            )
            for item in result.wanted
            if item.better_focus is not None
        ]
        return [*buttons[:MAX_HINTS]]

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(ChannelId(int(match["channel"])), int(match["id"]), Focus(match["focus"]))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        target = await targets.of_button(interaction, self._channel_id)
        services = client_of(interaction).services
        result = await services.focus.change(
            by_id(self._subscription_id),
            self._focus,
            channel_id=target.channel_id,
            user_id=target.user_id,
        )
        pages = focus_answers.focus_changed(result, now=services.clock())
        await answer(interaction, pages, buttons=UndoSettingButton.below(*result.change_ids))


class InsteadButton(
    PersistentItem,
    template=rf"instead:(?P<channel>\d{{1,20}}):(?P<ids>\d{{1,18}}(?:[.-]\d{{1,18}})*){KEYWORDS}",
):
    """Subscribes a channel to other keywords instead of some of its subscriptions."""

    def __init__(self, channel_id: ChannelId, ids: Collection[int], keywords: ButtonKeywords) -> None:
        super().__init__(
            discord.ui.Button(
                label=instead_label(keywords.text),
                custom_id=keywords.id_behind(f"instead:{channel_id}:{in_ranges(ids)}"),
            )
        )
        self._channel_id = channel_id
        self._ids = ids
        self._keywords = keywords

    @classmethod
    def below(cls, result: Subscribed) -> list[InsteadButton]:
        """A button for each hint."""
        channel_id = result.feed.channel_id
        return fitting(cls(channel_id, ids, keywords) for ids, keywords in replacements(result))

    @classmethod
    def for_topics(cls, channel_id: ChannelId, results: Iterable[Result]) -> list[InsteadButton]:
        """For the subscriptions whose papers mostly only mention them, those with the most papers first."""
        mentioned = [item for item in results if item.relevance and item.relevance.is_mostly_mentioned]
        return fitting(
            cls(channel_id, [item.subscription.id], ButtonKeywords(rewrite.text))
            for item in sorted(mentioned, key=lambda item: -item.papers)[:MAX_HINTS]
            for rewrite in as_topic(item.subscription.query.text)
        )

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        ids = of_ranges(match["ids"])
        return cls(ChannelId(int(match["channel"])), ids, ButtonKeywords.of(match))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        target = await targets.of_button(interaction, self._channel_id)
        services = client_of(interaction).services
        replaced = await services.subscriptions.replace(
            self._ids,
            self._keywords.in_message(interaction.message),
            channel_id=target.channel_id,
            user_id=target.user_id,
        )
        pages = subscription_answers.replaced(replaced, now=services.clock())
        await answer(interaction, pages, buttons=below_subscribe(replaced.result))


def below_change(state: FeedState) -> list[PersistentItem]:
    """The buttons below a change of a feed's settings."""
    return below_changes(state.feed.channel_id, [state.change_id])


def below_changes(channel_id: ChannelId, change_ids: Iterable[ChangeId | None]) -> list[PersistentItem]:
    """The buttons below these changes of a channel's feed."""
    return [*UndoSettingButton.below(*change_ids), AllSettingsButton(channel_id)]


def below_subscribe(result: Subscribed) -> list[PersistentItem]:
    """The buttons below what was subscribed to."""
    return [
        *InsteadButton.below(result),
        *FocusButton.below(result),
        *PostOlderButton.below(result),
        *UndoSettingButton.below(*result.change_ids),
    ]
