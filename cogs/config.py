"""/config: a channel's settings, pausing and resuming, and a server's defaults and notices."""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.feeds import Style
from bot.core.schedules import Cadence
from bot.core.typed_times import times_like, weekdays_like
from bot.discord.answers import defaults as default_answers
from bot.discord.answers import notices as notice_answers
from bot.discord.answers import setting_changes as changes
from bot.discord.permissions import targets
from bot.discord.permissions.channel_option import ChannelOption
from bot.discord.permissions.obstacles import publishing_type_obstacle, thread_type_obstacle
from bot.discord.permissions.viewer import Viewer
from bot.discord.ui.options import (
    CadenceChoice,
    ExcludeText,
    MaxPapers,
    MinUpvotes,
    ShortText,
    StyleChoice,
    choices,
    complete_time,
    complete_timezone,
    complete_weekdays,
)
from bot.discord.ui.pages import answer
from bot.discord.ui.setting_buttons import UndoSettingButton, below_change, show_settings
from bot.services.feeds.feeds import FeedState
from bot.services.feeds.filters import FilterChange
from bot.services.feeds.servers import RESTORE
from cogs.focus import FocusCommand
from cogs.history import HistoryCommand
from cogs.mention import MentionCommand
from cogs.pausing import PauseCommands
from cogs.transfer import TransferCommands

_CHANNEL = "The channel to configure (default: this one)"


@app_commands.guild_only()
@app_commands.default_permissions(manage_channels=True)
class ConfigCog(
    TransferCommands,
    HistoryCommand,
    FocusCommand,
    PauseCommands,
    MentionCommand,
    commands.GroupCog,
    group_name="config",
    group_description="Change what, when and how a channel posts",
):
    @app_commands.command()
    @app_commands.describe(channel="The channel to show (default: this one)")
    async def show(
        self, interaction: discord.Interaction[Client], channel: ChannelOption | None = None
    ) -> None:
        """Show a channel's settings and when it posts next."""
        await interaction.response.defer(ephemeral=True)
        await show_settings(interaction, await targets.managed(interaction, channel))

    @app_commands.command()
    @app_commands.describe(
        cadence="live: as soon as a paper is listed; daily: once a day; weekly: the best of the week",
        time="The time to post, such as 17:30, 8am or noon",
        timezone="The time zone of that time. Type a city to find it",
        weekdays="The days to post on, such as Mon-Fri, mon wed, weekdays or every day",
        channel=_CHANNEL,
    )
    @app_commands.autocomplete(time=complete_time, timezone=complete_timezone, weekdays=complete_weekdays)
    async def schedule(  # noqa: PLR0917 - the options of the command
        self,
        interaction: discord.Interaction[Client],
        cadence: CadenceChoice | None = None,
        time: ShortText | None = None,
        timezone: ShortText | None = None,
        weekdays: ShortText | None = None,
        channel: ChannelOption | None = None,
    ) -> None:
        """Set when a channel posts."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.postable(interaction, channel)
        state = await interaction.client.services.feeds.schedule(
            place=target.place,
            user_id=target.user_id,
            cadence=Cadence(cadence) if cadence else None,
            time=time,
            timezone=timezone,
            weekdays=weekdays,
        )
        notes = changes.schedule_notes(state.feed, are_times_given=any((time, timezone, weekdays)))
        await self._answer(interaction, state, name="Schedule", notes=notes)

    @app_commands.command()
    @app_commands.describe(
        time="The time at which new channels post, such as 17:30 or 8am; none resets it",
        timezone="The time zone of new channels. Type a city to find it; none resets it",
        weekdays="The days on which new channels post, such as Mon-Fri or every day; none resets them",
    )
    @app_commands.autocomplete(timezone=complete_timezone)
    async def defaults(
        self,
        interaction: discord.Interaction[Client],
        time: ShortText | None = None,
        timezone: ShortText | None = None,
        weekdays: ShortText | None = None,
    ) -> None:
        """Show or set the schedule for new channels of this server."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.managed(interaction, None)
        given = {"time": time, "timezone": timezone, "weekdays": weekdays}
        services = interaction.client.services
        if not any(given.values()):
            await answer(
                interaction,
                [default_answers.server_defaults(await services.servers.defaults(target.server_id))],
            )
            return
        defaults = await services.servers.change_defaults(target.server_id, user_id=target.user_id, **given)
        await answer(
            interaction,
            [default_answers.defaults_changed(defaults)],
            buttons=UndoSettingButton.below(defaults.change_id),
        )

    @defaults.autocomplete("time")
    async def _complete_default_time(
        self, _: discord.Interaction[Client], current: str
    ) -> list[app_commands.Choice[str]]:
        return choices([*_restoring(current), *times_like(current)])

    @defaults.autocomplete("weekdays")
    async def _complete_default_weekdays(
        self, _: discord.Interaction[Client], current: str
    ) -> list[app_commands.Choice[str]]:
        return choices([*_restoring(current), *weekdays_like(current)])

    @app_commands.command()
    @app_commands.describe(
        min_upvotes="The upvotes a paper needs. It is rechecked for 7 days",
        max_papers="The most cards in one run. More papers are posted as a list",
        only_with_code="Post only papers with a code repository",
        exclude="Keywords to filter out, written as for /subscribe; - removes them",
        channel=_CHANNEL,
    )
    async def filter(  # noqa: PLR0917 - the options of the command
        self,
        interaction: discord.Interaction[Client],
        min_upvotes: MinUpvotes | None = None,
        max_papers: MaxPapers | None = None,
        only_with_code: bool | None = None,  # noqa: FBT001 - an option of the command
        exclude: ExcludeText | None = None,
        channel: ChannelOption | None = None,
    ) -> None:
        """Set which of the matching papers a channel posts."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.postable(interaction, channel)
        change = FilterChange(
            min_upvotes=min_upvotes, max_papers=max_papers, only_with_code=only_with_code, exclude=exclude
        )
        result = await interaction.client.services.filters.change(
            change, place=target.place, user_id=target.user_id
        )
        effect, notes = changes.filter_effect(result, change), changes.filter_notes(result, change)
        await self._answer(interaction, result.state, name="Filter", effect=effect, notes=notes)

    @app_commands.command()
    @app_commands.describe(style="cards: an embed per paper; digest: a line per paper", channel=_CHANNEL)
    async def style(
        self,
        interaction: discord.Interaction[Client],
        style: StyleChoice,
        channel: ChannelOption | None = None,
    ) -> None:
        """Set how a channel shows papers."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.postable(interaction, channel)
        state = await interaction.client.services.feeds.style(
            Style(style), place=target.place, user_id=target.user_id
        )
        await self._answer(interaction, state, name="Style", notes=changes.thread_notes(state.feed))

    @app_commands.command()
    @app_commands.describe(on="Open a thread under each card", channel=_CHANNEL)
    async def threads(
        self,
        interaction: discord.Interaction[Client],
        on: bool,  # noqa: FBT001 - an option of the command
        channel: ChannelOption | None = None,
    ) -> None:
        """Turn threads under cards on or off."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.switching(interaction, channel, on=on, check=thread_type_obstacle)
        state = await interaction.client.services.feeds.threads(
            on=on, place=target.place, user_id=target.user_id
        )
        effect, notes = [changes.threads_effect(state.feed)], changes.thread_notes(state.feed)
        await self._answer(interaction, state, name="Threads", effect=effect, notes=notes)

    @app_commands.command()
    @app_commands.describe(on="Whether followers receive the channel's posts", channel=_CHANNEL)
    async def publish(
        self,
        interaction: discord.Interaction[Client],
        on: bool,  # noqa: FBT001 - an option of the command
        channel: ChannelOption | None = None,
    ) -> None:
        """Publish an announcement channel's posts to its followers."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.switching(interaction, channel, on=on, check=publishing_type_obstacle)
        state = await interaction.client.services.feeds.publish(
            on=on, place=target.place, user_id=target.user_id
        )
        effect = [changes.publishing_effect(state.feed)]
        await self._answer(interaction, state, name="Publishing", effect=effect)

    @app_commands.command()
    @app_commands.describe(channel="A channel that your admins read")
    async def notices(self, interaction: discord.Interaction[Client], channel: ChannelOption) -> None:
        """Set the channel for notices about problems."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.for_notices(interaction, channel)
        result = await interaction.client.services.feeds.set_notices_channel(
            target.channel_id, server_id=target.server_id, user_id=target.user_id
        )
        seen = await Viewer.of(interaction).visible(filter(None, (result.before, target.channel_id)))
        await answer(
            interaction,
            [notice_answers.notices_changed(result, visible=seen)],
            buttons=UndoSettingButton.below(result.change_id),
        )

    async def _answer(
        self,
        interaction: discord.Interaction[Client],
        state: FeedState,
        *,
        name: str,
        effect: Sequence[str] = (),
        notes: Sequence[str] = (),
    ) -> None:
        embed = changes.changed(
            state, name=name, now=interaction.client.services.clock(), effect=effect, notes=notes
        )
        await answer(interaction, [embed], buttons=below_change(state))


def _restoring(typed: str) -> list[tuple[str, str]]:
    """The word that resets a default, as long as what was typed may become it."""
    return [(f"{RESTORE}: the bot's own", RESTORE)] if RESTORE.startswith(typed.strip().casefold()) else []
