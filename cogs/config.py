"""/config: when, what and how a feed posts, whom it pings and what follows; pausing and resuming; notices."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Client
from bot.core.feeds import Style
from bot.core.ids import ChannelId, RoleId
from bot.core.schedules import Cadence
from bot.discord.answers import defaults as servers_answers
from bot.discord.answers import feed_settings as answers
from bot.discord.answers import results as results_answers
from bot.discord.answers import setting_changes as changes
from bot.discord.permissions import features, targets
from bot.discord.permissions.targets import ChannelOption
from bot.discord.permissions.visibility import Viewer
from bot.discord.ui.options import (
    CadenceChoice,
    ExcludeText,
    MaxPapers,
    MinUpvotes,
    ShortText,
    StyleChoice,
    choices,
)
from bot.discord.ui.pages import answer
from bot.services.container import Services
from bot.services.feeds.feeds import FeedState
from bot.services.feeds.filters import FilterChange
from bot.services.feeds.timezones import label, timezones_like
from cogs.history import HistoryCommand
from cogs.transfer import MovingCommands

_CHANNEL = "The channel to configure (this one, if left out)"


@app_commands.guild_only()
@app_commands.default_permissions(manage_channels=True)
class ConfigCog(
    MovingCommands,
    HistoryCommand,
    commands.GroupCog,
    group_name="config",
    group_description="Configure a channel's papers",
):
    def __init__(self, services: Services) -> None:
        self._feeds = services.feeds
        self._filters = services.filters
        self._moving = services.transfer
        self._changes = services.changes
        self._servers = services.servers
        self._results = services.results
        self._clock = services.clock

    @app_commands.command()
    @app_commands.describe(channel="The channel to show (this one, if left out)")
    async def show(
        self, interaction: discord.Interaction[Client], channel: ChannelOption | None = None
    ) -> None:
        """Show a channel's settings and its next post."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.managed(interaction, channel)
        state = await self._feeds.state(target.channel_id)
        if state is None:
            defaults = await self._servers.defaults(target.server_id)
            await answer(interaction, [servers_answers.no_feed(target.channel_id, defaults)])
        else:
            found = await self._results.of_feed(state.feed, state.subscriptions)
            seen = await self._seen(interaction, state.notices_channel_id)
            settings = answers.feed_settings(state, title="Settings", now=self._clock(), visible=seen)
            await answer(interaction, results_answers.with_results(settings, found))

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
        notes = changes.schedule_notes(state.feed, are_times_given=any((time, timezone, weekdays)))
        await self._answer(interaction, state, name="Schedule", notes=notes)

    @app_commands.command()
    @app_commands.describe(
        time="When new channels post, as HH:MM on a 24-hour clock; none: as the bot has it",
        timezone="The time zone of new channels; type a city; none: as the bot has it",
        weekdays="The days of new channels: Mon-Fri, Mon,Thu or all; none: as the bot has it",
    )
    async def defaults(
        self,
        interaction: discord.Interaction[Client],
        time: ShortText | None = None,
        timezone: ShortText | None = None,
        weekdays: ShortText | None = None,
    ) -> None:
        """Show or choose what new channels of this server begin with."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.managed(interaction, None)
        given = {"time": time, "timezone": timezone, "weekdays": weekdays}
        if any(given.values()):
            defaults = await self._servers.change_defaults(target.server_id, user_id=target.user_id, **given)
        else:
            defaults = await self._servers.defaults(target.server_id)
        await answer(
            interaction, [servers_answers.server_defaults(defaults, is_asked_to_change=any(given.values()))]
        )

    @defaults.autocomplete("timezone")
    @schedule.autocomplete("timezone")
    async def _complete_timezone(
        self, _: discord.Interaction[Client], current: str
    ) -> list[app_commands.Choice[str]]:
        found = timezones_like(current, now=self._clock())
        return choices((label(name), name) for name in found)

    @app_commands.command()
    @app_commands.describe(
        min_upvotes="How many upvotes a paper needs; it may get them within a week",
        max_papers="How many cards a post has at most; the rest follows as a list",
        only_with_code="Whether papers without a code repository stay out",
        exclude="Keywords that nothing may match, as /subscribe takes them; - ends it",
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
        """Choose which of the matching papers a channel gets."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.postable(interaction, channel)
        change = FilterChange(
            min_upvotes=min_upvotes, max_papers=max_papers, only_with_code=only_with_code, exclude=exclude
        )
        result = await self._filters.change(change, place=target.place, user_id=target.user_id)
        notes = changes.filter_notes(result, change)
        await self._answer(
            interaction, result.state, name="Filter", effect=changes.FILTER_EFFECT, notes=notes
        )

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
        await self._answer(interaction, state, name="Style", notes=changes.thread_notes(state.feed))

    @app_commands.command()
    @app_commands.describe(role="The role to ping (left out: nobody is pinged any more)", channel=_CHANNEL)
    async def mention(
        self,
        interaction: discord.Interaction[Client],
        role: discord.Role | None = None,
        channel: ChannelOption | None = None,
    ) -> None:
        """Choose the role that the first message of each run pings."""
        await interaction.response.defer(ephemeral=True)
        target = await features.for_mention(interaction, channel, role)
        role_id = RoleId(role.id) if role else None
        state = await self._feeds.mention(role_id, place=target.place, user_id=target.user_id)
        await self._answer(interaction, state, name="Mention", effect=changes.mention_effect(state.feed))

    @app_commands.command()
    @app_commands.describe(on="Whether each card gets a thread", channel=_CHANNEL)
    async def threads(
        self,
        interaction: discord.Interaction[Client],
        on: bool,  # noqa: FBT001 - an option of the command
        channel: ChannelOption | None = None,
    ) -> None:
        """Open a thread under each card, or stop it."""
        await interaction.response.defer(ephemeral=True)
        target = await features.for_threads(interaction, channel, on=on)
        state = await self._feeds.threads(on=on, place=target.place, user_id=target.user_id)
        effect, notes = changes.threads_effect(state.feed), changes.thread_notes(state.feed)
        await self._answer(interaction, state, name="Threads", effect=effect, notes=notes)

    @app_commands.command()
    @app_commands.describe(on="Whether messages go on to the servers that follow", channel=_CHANNEL)
    async def publish(
        self,
        interaction: discord.Interaction[Client],
        on: bool,  # noqa: FBT001 - an option of the command
        channel: ChannelOption | None = None,
    ) -> None:
        """Publish an announcement channel's messages to its followers, or stop it."""
        await interaction.response.defer(ephemeral=True)
        target = await features.for_publishing(interaction, channel, on=on)
        state = await self._feeds.publish(on=on, place=target.place, user_id=target.user_id)
        effect = changes.publishing_effect(state.feed)
        await self._answer(interaction, state, name="Publishing", effect=effect)

    @app_commands.command()
    @app_commands.describe(channel="The channel that your admins read")
    async def notices(self, interaction: discord.Interaction[Client], channel: ChannelOption) -> None:
        """Choose where this server hears of troubles."""
        await interaction.response.defer(ephemeral=True)
        target = await features.for_notices(interaction, channel)
        before = await self._feeds.tell_in(
            target.channel_id, server_id=target.server_id, user_id=target.user_id
        )
        seen = await self._seen(interaction, before)
        await answer(interaction, [changes.notices_changed(target.channel_id, before=before, visible=seen)])

    @app_commands.command()
    @app_commands.describe(channel="The channel to pause (this one, if left out)")
    async def pause(
        self, interaction: discord.Interaction[Client], channel: ChannelOption | None = None
    ) -> None:
        """Stop posting in a channel until it is resumed; nothing is lost."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.managed(interaction, channel)
        state = await self._feeds.pause(target.channel_id, user_id=target.user_id)
        seen = await self._seen(interaction, state.notices_channel_id)
        await answer(interaction, [changes.paused(state, now=self._clock(), visible=seen)])

    @app_commands.command()
    @app_commands.describe(channel="The channel to resume (this one, if left out)")
    async def resume(
        self, interaction: discord.Interaction[Client], channel: ChannelOption | None = None
    ) -> None:
        """Start posting in a paused or held channel again."""
        await interaction.response.defer(ephemeral=True)
        target = await targets.postable(interaction, channel)
        result = await self._feeds.resume(target.channel_id, user_id=target.user_id)
        seen = await self._seen(interaction, result.state.notices_channel_id)
        await answer(interaction, [changes.resumed(result, now=self._clock(), visible=seen)])

    async def _answer(
        self,
        interaction: discord.Interaction[Client],
        state: FeedState,
        *,
        name: str,
        effect: str = "",
        notes: Sequence[str] = (),
    ) -> None:
        seen = await self._seen(interaction, state.notices_channel_id)
        embed = changes.changed(state, name=name, now=self._clock(), effect=effect, notes=notes, visible=seen)
        await answer(interaction, [embed])

    async def _seen(
        self, interaction: discord.Interaction[Client], channel_id: ChannelId | None
    ) -> Collection[ChannelId]:
        """The channel, where there is one and the person sees it."""
        return await Viewer.of(interaction).visible([] if channel_id is None else [channel_id])
