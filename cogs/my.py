"""/my: what belongs to a person, and works wherever they can use the bot."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.services.container import Services
from cogs.my_data import DataCommands
from cogs.my_feed import FollowCommands
from cogs.my_library import LibraryCommands


@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
@app_commands.allowed_installs(guilds=True, users=True)
class MyCog(
    LibraryCommands,
    FollowCommands,
    DataCommands,
    commands.GroupCog,
    group_name="my",
    group_description="Your saved papers and the keywords that you follow",
):
    def __init__(self, services: Services) -> None:
        self._library = services.library
        self._follows = services.follows
        self._personal_feeds = services.personal_feeds
        self._personal_data = services.personal_data
        self._clock = services.clock
        self._citations = services.citations
