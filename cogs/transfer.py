"""/config export, import and copy: settings and subscriptions to a file, from a file and between channels."""

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
from bot.discord.permissions.channel_option import ChannelOption
from bot.discord.permissions.viewer import Viewer
from bot.discord.ui import import_channels
from bot.discord.ui.attachments import download
from bot.discord.ui.confirmation import ask
from bot.discord.ui.pages import answer
from bot.discord.ui.replies import reply
from bot.discord.ui.setting_buttons import UndoSettingButton, below_changes

_MAX_FILES = 10  # in one message; Discord's limit


class TransferCommands(commands.Cog):
    """A base of `ConfigCog`, which owns the group: discord.py collects commands from bases too."""

    @app_commands.command(name="export")
    async def export_feeds(self, interaction: discord.Interaction[Client]) -> None:
        """Download the settings and subscriptions of this server's channels."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.managed(interaction, None)
        services = interaction.client.services
        feeds = await services.transfer.of_server(target.server_id)
        channels = await Viewer.of(interaction).channels(feed.channel_id for feed in feeds)
        names = {channel_id: channel.name for channel_id, channel in channels.items()}
        visible = [feed for feed in feeds if feed.channel_id in names]
        files = await services.transfer.export(visible, names=names)
        await _send_files(interaction, files, said=answers.exported(len(visible), len(files)))

    @app_commands.command(name="import")
    @app_commands.describe(
        file="A file from /config export, or a text file with one keyword per line; at most 256 KiB",
        channel="The channel for a plain list of keywords (default: this one)",
    )
    async def import_feeds(
        self,
        interaction: discord.Interaction[Client],
        file: discord.Attachment,
        channel: ChannelOption | None = None,
    ) -> None:
        """Import settings and subscriptions from a file, after showing what would change."""
        await interaction.response.defer(ephemeral=True)
        await targets.managed(interaction, channel)
        services = interaction.client.services
        wanted = await services.transfer.read(await download(file), name=file.filename)
        placements = import_channels.choose_channels(interaction, wanted, channel)

        async def check(checked: discord.Interaction) -> Sequence[import_channels.Placed]:
            before = await services.transfer.settings([channel_id for _, channel_id in placements])
            return await import_channels.place_all(checked, placements, before=before)

        async def apply(
            pressed: discord.Interaction,
        ) -> tuple[list[discord.Embed], list[UndoSettingButton]]:
            # Permissions, channels and feeds may have changed since the plan was shown.
            transfers = await services.transfer.apply(
                await check(pressed), user_id=UserId(pressed.user.id), how="imported"
            )
            undo = UndoSettingButton.below(*(transfer.change_id for transfer in transfers))
            return answers.imported(transfers, now=services.clock()), undo

        transfers = await services.transfer.plan(await check(interaction))
        if all(transfer.is_nothing for transfer in transfers):
            await answer(interaction, answers.nothing_to_import(transfers))
        else:
            buttons = ask(interaction, label="Import", action=apply)
            await answer(interaction, answers.import_plan(transfers), buttons=buttons)

    @app_commands.command(name="copy")
    @app_commands.describe(
        source="The channel to copy from",
        channel="The channel to copy to (default: this one)",
    )
    async def copy_feed(
        self,
        interaction: discord.Interaction[Client],
        source: ChannelOption,
        channel: ChannelOption | None = None,
    ) -> None:
        """Copy settings and missing subscriptions from one channel to another."""
        await interaction.response.defer(ephemeral=True)
        origin = await targets.overseen(interaction, source)
        target = await targets.postable(interaction, channel)
        services = interaction.client.services
        wanted = await services.transfer.feed_to_copy(origin.channel_id, to=target.channel_id)
        wanted, left_out = await import_channels.fitting(
            interaction, channel, wanted, before=await services.transfer.settings([target.channel_id])
        )
        (transfer,) = await services.transfer.apply(
            [(wanted, target.place)], user_id=target.user_id, how=f"copied from <#{origin.channel_id}>"
        )
        pages = answers.copied(transfer, source_id=origin.channel_id, left_out=left_out, now=services.clock())
        buttons = below_changes(target.channel_id, [transfer.change_id])
        await answer(interaction, pages, buttons=buttons)


async def _send_files(interaction: discord.Interaction, files: Sequence[bytes], *, said: str) -> None:
    """Answers a deferred command with files, in as many messages as needed."""
    is_split = len(files) > 1
    attached = [
        discord.File(BytesIO(data), filename=f"paperboy-feeds{f'-{number}' if is_split else ''}.json")
        for number, data in enumerate(files, start=1)
    ]
    await reply(interaction, said, files=attached[:_MAX_FILES])
    for start in range(_MAX_FILES, len(attached), _MAX_FILES):
        await reply(interaction, files=attached[start : start + _MAX_FILES])
