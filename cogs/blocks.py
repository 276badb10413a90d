"""Held channels: what Discord tells of servers and channels, and the button that has them looked at again."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.core.ids import ChannelId, ServerId
from bot.discord.answers import notices as answers
from bot.discord.permissions.visibility import Viewer
from bot.discord.ui.pages import answer
from bot.discord.ui.recheck_button import CHECKING_COG, CheckAgainButton
from bot.errors import UserError
from bot.services.blocks.blocked_channels import BlockedChannels
from bot.services.blocks.guild_events import GuildEvents
from bot.services.clock import Clock


class BlocksCog(commands.Cog, name=CHECKING_COG):
    buttons = (CheckAgainButton,)

    def __init__(self, blocked_channels: BlockedChannels, guild_events: GuildEvents, *, clock: Clock) -> None:
        self._blocked_channels = blocked_channels
        self._guild_events = guild_events
        self._clock = clock

    async def check_again(self, interaction: discord.Interaction, server_id: ServerId) -> None:
        """What the button does; the person's permissions may have changed since."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        if interaction.guild_id not in {None, server_id}:
            raise UserError("This button is another server's. Nothing was checked.")
        viewer = await Viewer.in_server(interaction, server_id)
        found = await self._blocked_channels.check(server_id, managed=viewer.managed)
        if not found and not viewer.manages_channels:
            where = "that server" if interaction.guild_id is None else f"<#{interaction.channel_id}>"
            raise UserError(
                f"You need **Manage Channels** in {where} for this. Nothing was checked; ask an admin there."
            )
        shown = answers.checked(found, now=self._clock(), is_whole=viewer.sees_everything)
        await answer(interaction, shown, server_id=server_id)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        self._guild_events.server_joined(ServerId(guild.id))

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        self._guild_events.server_joined(ServerId(guild.id))

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Not for an outage, of which Discord tells otherwise."""
        self._guild_events.server_left(ServerId(guild.id))

    @commands.Cog.listener()
    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        self._guild_events.server_changed(ServerId(channel.guild.id))

    @commands.Cog.listener()
    async def on_guild_channel_update(
        self, _: discord.abc.GuildChannel, after: discord.abc.GuildChannel
    ) -> None:
        self._guild_events.server_changed(ServerId(after.guild.id))

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        self._guild_events.channel_gone(ChannelId(channel.id))

    @commands.Cog.listener()
    async def on_raw_thread_update(self, payload: discord.RawThreadUpdateEvent) -> None:
        """A thread that is archived or opened again need not be known to the client."""
        self._guild_events.server_changed(ServerId(payload.guild_id))

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        self._guild_events.channel_gone(ChannelId(payload.thread_id))

    @commands.Cog.listener()
    async def on_guild_role_update(self, _: discord.Role, after: discord.Role) -> None:
        self._guild_events.server_changed(ServerId(after.guild.id))

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role: discord.Role) -> None:
        self._guild_events.server_changed(ServerId(role.guild.id))

    @commands.Cog.listener()
    async def on_member_update(self, _: discord.Member, after: discord.Member) -> None:
        """The bot's own roles, or a time-out of its own; it hears of no other members."""
        if after == after.guild.me:
            self._guild_events.server_changed(ServerId(after.guild.id))
