"""/my: what belongs to a person, and works wherever they can use the bot."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

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
    """Its commands are in the bases, one file per topic."""
