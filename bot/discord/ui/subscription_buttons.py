"""The buttons below /subscribe and /unsubscribe. Permissions are checked again when they are pressed."""

from __future__ import annotations

import re
from typing import Any, Self

import discord
from typing_extensions import override

from bot.core.ids import ChannelId
from bot.discord.answers import subscriptions as answers
from bot.discord.permissions import targets
from bot.discord.ui.components import PersistentItem, client_of
from bot.discord.ui.pages import answer
from bot.discord.ui.replies import reply
from bot.services.feeds.older_matches import OLDER_MATCHES
from bot.services.feeds.subscribed import Subscribed

_POSTING_SECONDS = 60.0


class PostOlderButton(
    PersistentItem, template=r"older:(?P<channel>\d{1,20}):(?P<first>\d{1,18})-(?P<last>\d{1,18})"
):
    """Posts older matches of the subscriptions that one /subscribe added."""

    def __init__(self, channel_id: ChannelId, subscription_ids: range) -> None:
        super().__init__(
            discord.ui.Button(
                label=f"Post the last {OLDER_MATCHES} older matches now",
                style=discord.ButtonStyle.primary,
                custom_id=f"older:{channel_id}:{subscription_ids[0]}-{subscription_ids[-1]}",
            )
        )
        self._channel_id = channel_id
        self._subscription_ids = subscription_ids

    @classmethod
    def below(cls, result: Subscribed) -> list[PostOlderButton]:
        """The button, if there may be older matches to post."""
        # The ids of one /subscribe are consecutive: they were written in one transaction.
        ids = [item.subscription.id for item in result.wanted if item.is_new]
        if not ids or not result.may_have_older:
            return []
        return [cls(result.feed.channel_id, range(min(ids), max(ids) + 1))]

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(ChannelId(int(match["channel"])), range(int(match["first"]), int(match["last"]) + 1))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        target = await targets.of_button(interaction, self._channel_id)
        result = await client_of(interaction).services.older_matches.post(
            self._channel_id, self._subscription_ids, timeout_seconds=_POSTING_SECONDS
        )
        await reply(interaction, answers.older_posted(result, target))


class UndoButton(PersistentItem, template=r"undo:(?P<channel>\d{1,20}):(?P<key>[0-9a-f]{1,32})"):
    """Restores the subscriptions that one /unsubscribe removed."""

    def __init__(self, channel_id: ChannelId, key: str) -> None:
        super().__init__(discord.ui.Button(label="Undo", emoji="↩️", custom_id=f"undo:{channel_id}:{key}"))
        self._channel_id = channel_id
        self._key = key

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(ChannelId(int(match["channel"])), match["key"])

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        target = await targets.of_button(interaction, self._channel_id)
        services = client_of(interaction).services
        result = await services.subscriptions.undo(self._channel_id, self._key, user_id=target.user_id)
        await answer(interaction, answers.subscribed(result, now=services.clock(), title="Undone"))
