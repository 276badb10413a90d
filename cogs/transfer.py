"""/config export, import and copy: feeds moved to files, from files and between channels."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.ids import UserId
from bot.discord.answers import import_export as answers
from bot.discord.permissions import targets
from bot.discord.permissions.targets import ChannelOption
from bot.discord.permissions.visibility import Viewer
from bot.discord.ui import import_targets
from bot.discord.ui.confirmation import ask
from bot.discord.ui.pages import answer
from bot.discord.ui.replies import reply
from bot.services.clock import Clock
from bot.services.transfer.transfer import Transfer

_MOST_FILES = 10  # of a message; Discord's limit


class MovingCommands(commands.Cog):
    """A part of `ConfigCog`: a group is one cog's, and discord.py takes commands from its bases too."""

    _moving: Transfer
    _clock: Clock

    @app_commands.command(name="export")
    async def export_feeds(self, interaction: discord.Interaction[Client]) -> None:
        """Get the settings and subscriptions of this server's channels as a file."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.managed(interaction, None)
        found = await self._moving.of_server(target.server_id)
        rooms = await Viewer.of(interaction).rooms(feed.channel_id for feed in found)
        names = {channel_id: room.name for channel_id, room in rooms.items()}
        visible = [feed for feed in found if feed.channel_id in names]
        files = await self._moving.export(visible, names=names)
        await _give(interaction, files, said=answers.exported(len(visible), len(files)))

    @app_commands.command(name="import")
    @app_commands.describe(
        file="What /config export gives, a keyword a line, or outlines (OPML); at most 256 KiB",
        channel="Where the keywords of a plain list go (here, if left out)",
    )
    async def import_feeds(
        self,
        interaction: discord.Interaction[Client],
        file: discord.Attachment,
        channel: ChannelOption | None = None,
    ) -> None:
        """Bring settings and subscriptions from a file; first it shows what would change."""
        await interaction.response.defer(ephemeral=True)
        await targets.managed(interaction, channel)
        wanted = await self._moving.read(await import_targets.fetched(file), name=file.filename)
        named = import_targets.channels(interaction, wanted, channel)

        async def placed(where: discord.Interaction) -> Sequence[import_targets.Placed]:
            before = await self._moving.settings([channel_id for _, channel_id in named])
            return await import_targets.placed(where, named, before=before)

        async def carry_out(pressed: discord.Interaction) -> list[discord.Embed]:
            # Permissions, channels and feeds may be others than when it was shown.
            moved = await self._moving.carry_out(
                await placed(pressed), user_id=UserId(pressed.user.id), how="imported"
            )
            return answers.imported(moved, now=self._clock())

        moved = await self._moving.plan(await placed(interaction))
        if all(one.is_nothing for one in moved):
            await answer(interaction, answers.nothing_to_import(moved))
        else:
            buttons = ask(interaction, label="Import", action=carry_out)
            await answer(interaction, answers.import_plan(moved), buttons=buttons)

    @app_commands.command(name="copy")
    @app_commands.describe(
        source="The channel whose settings and subscriptions are copied",
        channel="The channel that gets them (this one, if left out)",
    )
    async def copy_feed(
        self,
        interaction: discord.Interaction[Client],
        source: ChannelOption,
        channel: ChannelOption | None = None,
    ) -> None:
        """Copy a channel's settings, and the subscriptions that are not there yet, to another."""
        await interaction.response.defer(ephemeral=True)
        origin = await targets.overseen(interaction, source)
        target = await targets.postable(interaction, channel)
        wanted = await self._moving.to_copy(origin.channel_id, to=target.channel_id)
        wanted, left_out = await import_targets.fitting(
            interaction, wanted, target, before=await self._moving.settings([target.channel_id])
        )
        (moved,) = await self._moving.carry_out(
            [(wanted, target.place)], user_id=target.user_id, how=f"copied from <#{origin.channel_id}>"
        )
        now = self._clock()
        await answer(
            interaction, answers.copied(moved, source_id=origin.channel_id, left_out=left_out, now=now)
        )


async def _give(interaction: discord.Interaction, files: Sequence[bytes], *, said: str) -> None:
    """Answers a deferred command with files, in as many messages as it takes."""
    many = len(files) > 1
    attached = [
        discord.File(BytesIO(data), filename=f"paperboy-feeds{f'-{number}' if many else ''}.json")
        for number, data in enumerate(files, start=1)
    ]
    await reply(interaction, said, files=attached[:_MOST_FILES])
    for start in range(_MOST_FILES, len(attached), _MOST_FILES):
        await reply(interaction, files=attached[start : start + _MOST_FILES])
