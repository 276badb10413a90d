"""/subscribe, /unsubscribe and /subscriptions."""

from __future__ import annotations

import re
from typing import Self, cast

import discord
from discord import app_commands
from discord.ext import commands
from typing_extensions import override

from bot.client import Client
from bot.core.ids import ChannelId
from bot.discord.answers import subscriptions as answers
from bot.discord.permissions import targets
from bot.discord.permissions.targets import ChannelOption
from bot.discord.ui.confirm import question
from bot.discord.ui.error_handler import errors_reported
from bot.discord.ui.options import Keywords, choices
from bot.discord.ui.pages import answer
from bot.discord.ui.replies import reply
from bot.services.clock import Clock
from bot.services.feeds.subscriptions import OLDER_MATCHES, Subscribed, Subscriptions
from bot.services.feeds.unsubscribing import ALL_OF_THEM, new_key

_OLDER_WAIT_SECONDS = 60.0


class OlderButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"older:(?P<channel>\d{1,20}):(?P<first>\d{1,18})-(?P<last>\d{1,18})",
):
    """Posts older matches of the subscriptions that one /subscribe added; it works after a restart too."""

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
    def below(cls, result: Subscribed) -> list[OlderButton]:
        """The button, where there may be anything older to post."""
        # The ids of one /subscribe are next to each other: they were written in one transaction.
        ids = [item.subscription.id for item in result.wanted if item.is_new]
        if not ids or not result.may_have_older:
            return []
        return [cls(result.feed.channel_id, range(min(ids), max(ids) + 1))]

    @override
    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction,
        item: discord.ui.Item[discord.ui.View],
        match: re.Match[str],
        /,
    ) -> Self:
        return cls(ChannelId(int(match["channel"])), range(int(match["first"]), int(match["last"]) + 1))

    @override
    async def callback(self, interaction: discord.Interaction) -> None:
        async with errors_reported(interaction):
            cog = cast("Client", interaction.client).get_cog(SubscriptionsCog.__name__)
            await cast("SubscriptionsCog", cog).post_older(
                interaction, self._channel_id, self._subscription_ids
            )


class UndoButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"undo:(?P<channel>\d{1,20}):(?P<key>[0-9a-f]{1,32})",
):
    """Makes again what one /unsubscribe removed; it works after a restart too."""

    def __init__(self, channel_id: ChannelId, key: str) -> None:
        super().__init__(
            discord.ui.Button(
                label="Undo",
                emoji="↩️",
                style=discord.ButtonStyle.secondary,
                custom_id=f"undo:{channel_id}:{key}",
            )
        )
        self._channel_id = channel_id
        self._key = key

    @override
    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction,
        item: discord.ui.Item[discord.ui.View],
        match: re.Match[str],
        /,
    ) -> Self:
        return cls(ChannelId(int(match["channel"])), match["key"])

    @override
    async def callback(self, interaction: discord.Interaction) -> None:
        async with errors_reported(interaction):
            cog = cast("Client", interaction.client).get_cog(SubscriptionsCog.__name__)
            await cast("SubscriptionsCog", cog).undo(interaction, self._channel_id, self._key)


class SubscriptionsCog(commands.Cog):
    buttons = (OlderButton, UndoButton)

    def __init__(self, subscriptions: Subscriptions, *, clock: Clock) -> None:
        self._subscriptions = subscriptions
        self._clock = clock

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    @app_commands.describe(
        keywords="What papers must match, such as: diffusion model, RLHF AND reward (commas separate)",
        channel="Where the papers go (here, if left out)",
    )
    async def subscribe(
        self,
        interaction: discord.Interaction[Client],
        keywords: Keywords,
        channel: ChannelOption | None = None,
    ) -> None:
        """Bring papers that match keywords to a channel."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.postable(interaction, channel)
        result = await self._subscriptions.subscribe(keywords, place=target.place, user_id=target.user_id)
        embeds = answers.subscribed(result, now=self._clock())
        await answer(interaction, embeds, buttons=OlderButton.below(result))

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    @app_commands.describe(
        keywords="The subscription to end, as it was typed; or: all of them",
        channel="Whose subscription it is (this channel's, if left out)",
    )
    async def unsubscribe(
        self,
        interaction: discord.Interaction[Client],
        keywords: Keywords,
        channel: ChannelOption | None = None,
    ) -> None:
        """End a subscription of a channel, or all of them."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.managed(interaction, channel)
        if await self._subscriptions.means_all(keywords, channel_id=target.channel_id):
            await self._ask_to_end_all(interaction, target)
            return
        result = await self._subscriptions.unsubscribe(
            keywords, channel_id=target.channel_id, user_id=target.user_id
        )
        undo = UndoButton(target.channel_id, result.key)
        await answer(interaction, answers.unsubscribed(result, now=self._clock()), buttons=[undo])

    async def _ask_to_end_all(self, interaction: discord.Interaction[Client], target: targets.Target) -> None:
        found = await self._subscriptions.to_end(target.channel_id)
        key = new_key()

        async def end(pressed: discord.Interaction) -> list[discord.Embed]:
            # Permissions and subscriptions may be others than when it was shown.
            still = await targets.of_button(pressed, target.channel_id)
            result = await self._subscriptions.unsubscribe(
                ALL_OF_THEM,
                channel_id=still.channel_id,
                user_id=still.user_id,
                only=[item.id for item in found.subscriptions],
                key=key,
            )
            return answers.unsubscribed(result, now=self._clock())

        undo = UndoButton(target.channel_id, key)
        buttons = question(interaction, label="Unsubscribe", do=end, then=[undo])
        await answer(interaction, answers.to_end(found), buttons=buttons)

    @unsubscribe.autocomplete("keywords")
    async def _complete_keywords(
        self, interaction: discord.Interaction[Client], current: str
    ) -> list[app_commands.Choice[str]]:
        channel_id = await targets.named_while_typing(interaction)
        if channel_id is None:
            return []
        return choices(await self._subscriptions.offered(current, channel_id=channel_id))

    @app_commands.command(name="subscriptions")
    @app_commands.guild_only()
    @app_commands.describe(channel="Whose subscriptions (this channel's, if left out)")
    async def list_subscriptions(
        self, interaction: discord.Interaction[Client], channel: ChannelOption | None = None
    ) -> None:
        """List what a channel is subscribed to."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.visible(interaction, channel)
        found = await self._subscriptions.of_channel(target.channel_id)
        await answer(interaction, answers.of_channel(found, channel_id=target.channel_id, now=self._clock()))

    async def undo(self, interaction: discord.Interaction, channel_id: ChannelId, key: str) -> None:
        """What the button below /unsubscribe does; the person's permissions may have changed since."""
        await interaction.response.defer()
        target = await targets.of_button(interaction, channel_id)
        result = await self._subscriptions.undo(channel_id, key, user_id=target.user_id)
        embeds = answers.subscribed(result, now=self._clock(), title="Undone")
        await answer(interaction, embeds)

    async def post_older(
        self, interaction: discord.Interaction, channel_id: ChannelId, subscription_ids: range
    ) -> None:
        """What the button below /subscribe does; the person's permissions may have changed since."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        target = await targets.of_button(interaction, channel_id)
        result = await self._subscriptions.post_older(
            channel_id, subscription_ids, timeout_seconds=_OLDER_WAIT_SECONDS
        )
        await reply(interaction, answers.older_posted(result, target))
