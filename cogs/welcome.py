"""The welcome: what a server hears when the bot joins it."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.core.ids import ServerId
from bot.discord import welcome
from bot.services.feeds.servers import Servers
from cogs.setup import SetUpButton


class WelcomeCog(commands.Cog):
    def __init__(self, servers: Servers) -> None:
        self._servers = servers

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Not for a reconnect, of which Discord tells otherwise; nor again after a kick and a return."""
        if await self._servers.welcome(ServerId(guild.id)):
            await welcome.welcome(guild, buttons=[SetUpButton()])
