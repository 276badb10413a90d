"""/subscribe, /unsubscribe and /subscriptions."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.focus import Focus
from bot.core.ids import RoleId
from bot.discord.answers import subscriptions as answers
from bot.discord.permissions import targets
from bot.discord.permissions.channel_option import ChannelOption
from bot.discord.ui.confirmation import ask
from bot.discord.ui.options import FocusChoice, Keywords, complete_subscription
from bot.discord.ui.pages import answer
from bot.discord.ui.setting_buttons import below_subscribe
from bot.discord.ui.subscription_buttons import UndoButton
from bot.services.feeds.unsubscribing import ALL_OF_THEM


class SubscriptionsCog(commands.Cog):
    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    @app_commands.describe(
        keywords="What to look for, such as: diffusion model, RLHF AND reward. Commas separate subscriptions",
        channel="The channel to post in (default: this one)",
        focus="How close to the topic: exact, strict, balanced (other words, too), broad (default: exact)",
        mention="The role to ping with papers for these keywords (default: none)",
    )
    async def subscribe(
        self,
        interaction: discord.Interaction[Client],
        keywords: Keywords,
        channel: ChannelOption | None = None,
        focus: FocusChoice | None = None,
        mention: discord.Role | None = None,
    ) -> None:
        """Subscribe a channel to keywords."""
        await interaction.response.defer(ephemeral=True)
        target = await (
            targets.mentioning(interaction, channel, mention)
            if mention
            else targets.postable(interaction, channel)
        )
        services = interaction.client.services
        result = await services.subscriptions.subscribe(
            keywords,
            place=target.place,
            user_id=target.user_id,
            focus=Focus(focus) if focus else None,
            role_id=RoleId(mention.id) if mention else None,
        )
        embeds = answers.subscribed(result, now=services.clock())
        await answer(interaction, embeds, buttons=below_subscribe(result))

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    @app_commands.describe(
        keywords="The subscription to remove, or: all of them",
        channel="The channel to unsubscribe (default: this one)",
    )
    @app_commands.autocomplete(keywords=complete_subscription)
    async def unsubscribe(
        self,
        interaction: discord.Interaction[Client],
        keywords: Keywords,
        channel: ChannelOption | None = None,
    ) -> None:
        """Remove one or all of a channel's subscriptions."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.managed(interaction, channel)
        services = interaction.client.services
        if await services.subscriptions.means_all(keywords, channel_id=target.channel_id):
            await self._confirm_all(interaction, target)
            return
        result = await services.subscriptions.unsubscribe(
            keywords, channel_id=target.channel_id, user_id=target.user_id
        )
        undo = UndoButton(target.channel_id, result.key)
        await answer(interaction, answers.unsubscribed(result, now=services.clock()), buttons=[undo])

    async def _confirm_all(self, interaction: discord.Interaction[Client], target: targets.Target) -> None:
        services = interaction.client.services
        removal = await services.subscriptions.preview_removal(target.channel_id)

        async def unsubscribe(pressed: discord.Interaction) -> tuple[list[discord.Embed], list[UndoButton]]:
            # Permissions may have changed since the question was shown.
            target_now = await targets.of_button(pressed, target.channel_id)
            result = await services.subscriptions.unsubscribe(
                ALL_OF_THEM,
                channel_id=target_now.channel_id,
                user_id=target_now.user_id,
                only=[item.id for item in removal.subscriptions],
            )
            undo = UndoButton(target.channel_id, result.key)
            return answers.unsubscribed(result, now=services.clock()), [undo]

        buttons = ask(interaction, label="Unsubscribe", action=unsubscribe)
        await answer(interaction, answers.unsubscribe_all_question(removal), buttons=buttons)

    @app_commands.command(name="subscriptions")
    @app_commands.guild_only()
    @app_commands.describe(channel="The channel whose subscriptions to list (default: this one)")
    async def list_subscriptions(
        self, interaction: discord.Interaction[Client], channel: ChannelOption | None = None
    ) -> None:
        """List a channel's subscriptions."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.visible(interaction, channel)
        services = interaction.client.services
        listed = await services.subscriptions.of_channel(target.channel_id)
        embeds = answers.subscription_list(listed, channel_id=target.channel_id, now=services.clock())
        await answer(interaction, embeds)
