"""/config mention: the roles that a channel's posts ping, and whether they notify at all."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.ids import RoleId
from bot.discord.answers import setting_changes as changes
from bot.discord.answers import subscription_mentions as answers
from bot.discord.permissions import targets
from bot.discord.permissions.channel_option import ChannelOption
from bot.discord.ui.options import Keywords, complete_subscription
from bot.discord.ui.pages import answer
from bot.discord.ui.setting_buttons import below_change, below_changes
from bot.errors import UserError


class MentionCommand(commands.Cog):
    """A base of `ConfigCog`, which owns the group: discord.py collects commands from bases too."""

    @app_commands.command()
    @app_commands.describe(
        role="The role to ping (default: none, which turns pings off)",
        keywords="Only for papers of this subscription, or: all of them (default: once a run)",
        silent="Post without push notifications",
        channel="The channel to configure (default: this one)",
    )
    @app_commands.autocomplete(keywords=complete_subscription)
    async def mention(
        self,
        interaction: discord.Interaction[Client],
        role: discord.Role | None = None,
        keywords: Keywords | None = None,
        silent: bool | None = None,  # noqa: FBT001 - an option of the command
        channel: ChannelOption | None = None,
    ) -> None:
        """Set the role that posts ping, or that one subscription pings."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.mentioning(interaction, channel, role)
        role_id = RoleId(role.id) if role else None
        services = interaction.client.services
        if keywords is None:
            state = await services.feeds.mention(
                role_id, place=target.place, user_id=target.user_id, is_silent=silent
            )
            embed = changes.changed(
                state, name="Mention", now=services.clock(), effect=changes.mention_effect(state)
            )
            await answer(interaction, [embed], buttons=below_change(state))
            return
        if silent is not None:
            raise UserError(
                "`silent` is for the whole channel: give it without `keywords`. Nothing was changed."
            )
        result = await services.subscription_mentions.change(
            keywords, role_id, channel_id=target.channel_id, user_id=target.user_id
        )
        buttons = below_changes(target.channel_id, result.change_ids)
        await answer(interaction, answers.mentions_changed(result, now=services.clock()), buttons=buttons)
