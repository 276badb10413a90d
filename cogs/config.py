"""/config: a feed's schedule and style, pausing and resuming."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.feeds import Style
from bot.core.schedules import Cadence
from bot.discord import targets
from bot.discord.answers import feeds as answers
from bot.discord.options import CadenceChoice, ShortText, StyleChoice, choices
from bot.discord.paging import answer
from bot.discord.targets import ChannelOption
from bot.services.clock import Clock
from bot.services.feeds import Feeds, FeedState
from bot.services.timezones import timezones_like

_CHANNEL = "The channel to configure (this one, if left out)"


@app_commands.guild_only()
@app_commands.default_permissions(manage_channels=True)
class ConfigCog(commands.GroupCog, group_name="config", group_description="Configure a channel's papers"):
    def __init__(self, feeds: Feeds, *, clock: Clock) -> None:
        self._feeds = feeds
        self._clock = clock

    @app_commands.command()
    @app_commands.describe(channel="The channel to show (this one, if left out)")
    async def show(
        self, interaction: discord.Interaction[Client], channel: ChannelOption | None = None
    ) -> None:
        """Show a channel's settings and its next post."""
        await interaction.response.defer(ephemeral=True)
        target = targets.managed(interaction, channel)
        state = await self._feeds.state(target.channel_id)
        if state is None:
            await answer(interaction, [answers.no_feed(target.channel_id)])
        else:
            await self._show(interaction, state, title="Settings")

    @app_commands.command()
    @app_commands.describe(
        cadence="live: as soon as listed; daily; weekly: the week's best",
        time="When to post, as HH:MM on a 24-hour clock",
        timezone="An IANA time zone; type a city",
        weekdays="The days to post on: Mon-Fri, Mon,Thu or all",
        channel=_CHANNEL,
    )
    async def schedule(  # noqa: PLR0917 - the options of the command
        self,
        interaction: discord.Interaction[Client],
        cadence: CadenceChoice | None = None,
        time: ShortText | None = None,
        timezone: ShortText | None = None,
        weekdays: ShortText | None = None,
        channel: ChannelOption | None = None,
    ) -> None:
        """Choose when a channel's papers are posted."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.postable(interaction, channel)
        state = await self._feeds.schedule(
            place=target.place,
            user_id=target.user_id,
            cadence=Cadence(cadence) if cadence else None,
            time=time,
            timezone=timezone,
            weekdays=weekdays,
        )
        await self._show(interaction, state, title="Schedule changed")

    @schedule.autocomplete("timezone")
    async def _complete_timezone(
        self, _: discord.Interaction[Client], current: str
    ) -> list[app_commands.Choice[str]]:
        return choices((name, name) for name in timezones_like(current))

    @app_commands.command()
    @app_commands.describe(style="cards: an embed a paper; digest: a line a paper", channel=_CHANNEL)
    async def style(
        self,
        interaction: discord.Interaction[Client],
        style: StyleChoice,
        channel: ChannelOption | None = None,
    ) -> None:
        """Choose how a channel's papers are shown."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.postable(interaction, channel)
        state = await self._feeds.style(Style(style), place=target.place, user_id=target.user_id)
        await self._show(interaction, state, title="Style changed")

    @app_commands.command()
    @app_commands.describe(channel="The channel to pause (this one, if left out)")
    async def pause(
        self, interaction: discord.Interaction[Client], channel: ChannelOption | None = None
    ) -> None:
        """Stop posting in a channel until it is resumed; nothing is lost."""
        await interaction.response.defer(ephemeral=True)
        target = targets.managed(interaction, channel)
        await self._show(interaction, await self._feeds.pause(target.channel_id), title="Paused")

    @app_commands.command()
    @app_commands.describe(channel="The channel to resume (this one, if left out)")
    async def resume(
        self, interaction: discord.Interaction[Client], channel: ChannelOption | None = None
    ) -> None:
        """Start posting in a paused or held channel again."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.postable(interaction, channel)
        await self._show(interaction, await self._feeds.resume(target.channel_id), title="Resumed")

    async def _show(self, interaction: discord.Interaction[Client], state: FeedState, *, title: str) -> None:
        await answer(interaction, [answers.shown(state, title=title, now=self._clock())])
