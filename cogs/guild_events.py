"""What Discord reports about servers, channels, threads, roles and the bot's own membership."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.core.ids import ChannelId, RoleId, ServerId, UserId
from bot.discord.command_mentions import CommandMentions
from bot.discord.welcome import welcome
from bot.services.blocks.guild_events import GuildEvents
from bot.services.feeds.feeds import Feeds
from bot.services.feeds.servers import Servers


class GuildEventsCog(commands.Cog):
    def __init__(
        self, guild_events: GuildEvents, *, servers: Servers, feeds: Feeds, mentions: CommandMentions
    ) -> None:
        self._guild_events = guild_events
        self._servers = servers
        self._feeds = feeds
        self._mentions = mentions

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Not called after a reconnect. A server that the bot rejoins is not welcomed again."""
        self._guild_events.server_joined(ServerId(guild.id))
        if await self._servers.welcome(ServerId(guild.id)):
            await welcome(guild, self._mentions)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        self._guild_events.server_joined(ServerId(guild.id))

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Not called for an outage, which Discord reports as an unavailable server."""
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
        """Raw, because an archived thread is not in the client's cache."""
        self._guild_events.server_changed(ServerId(payload.guild_id))

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        self._guild_events.channel_gone(ChannelId(payload.thread_id))

    @commands.Cog.listener()
    async def on_guild_role_update(self, _: discord.Role, after: discord.Role) -> None:
        self._guild_events.server_changed(ServerId(after.guild.id))

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role: discord.Role) -> None:
        server_id = ServerId(role.guild.id)
        self._guild_events.server_changed(server_id)
        await self._feeds.role_gone(RoleId(role.id), server_id=server_id, user_id=UserId(role.guild.me.id))

    @commands.Cog.listener()
    async def on_member_update(self, _: discord.Member, after: discord.Member) -> None:
        """The bot's own roles and timeouts; it receives no other member's updates."""
        if after == after.guild.me:
            self._guild_events.server_changed(ServerId(after.guild.id))
