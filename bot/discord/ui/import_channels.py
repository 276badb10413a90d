"""The channels that imported or copied settings go to, checked for the user and the bot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import discord

from bot.core.feeds import FeedSettings, Place
from bot.core.ids import ChannelId
from bot.core.transfer import WantedFeed
from bot.discord.permissions import targets
from bot.discord.permissions.channel_option import ChannelOption
from bot.discord.permissions.obstacles import Obstacle, publishing_obstacle, thread_obstacle
from bot.discord.permissions.targets import RequestedChannel
from bot.errors import UserError

Placed = tuple[WantedFeed, Place]

_SETTINGS = {
    "opens_threads": "threads",
    "publishes": "publishing",
    "mention_role_id": "the role to ping",
    "role_of": "the roles that subscriptions ping",
}
_MAX_PROBLEMS = 5  # each may have cost a request to Discord


def choose_channels(
    interaction: discord.Interaction, wanted: Sequence[WantedFeed], option: ChannelOption | None
) -> list[tuple[WantedFeed, ChannelId]]:
    """The channel of each feed: as the file says, else the command's `channel`, else the current one.

    Raises:
        UserError: both the file and the command name channels.
    """
    if option is not None and any(feed.channel_id is not None for feed in wanted):
        raise UserError(
            "This file names its channels itself. Nothing was changed. Leave `channel` out. To copy one "
            "channel's settings to another, use `/config copy`."
        )
    default_id = option.id if option is not None else interaction.channel_id
    return [(feed, feed.channel_id or ChannelId(default_id or 0)) for feed in wanted]


async def place_all(
    interaction: discord.Interaction,
    wanted: Sequence[tuple[WantedFeed, ChannelId]],
    *,
    before: Mapping[ChannelId, FeedSettings],
) -> list[Placed]:
    """Each feed with its place, after all checks; `before` has the settings of existing feeds.

    Raises:
        UserError: some of them are not possible; names each with its reason.
    """
    placed: list[Placed] = []
    problems: list[str] = []
    for feed, channel_id in wanted:
        if len(problems) == _MAX_PROBLEMS:
            problems.append("I didn't check the rest.")
            break
        try:
            placed.append((feed, await _place(interaction, feed, channel_id, before.get(channel_id))))
        except UserError as error:
            problems.append(f"{feed.label}: {error}" if feed.label else str(error))
    if problems:
        raise UserError("\n".join(["This can't be imported, and nothing was changed.", *problems]))
    return placed


async def _place(
    interaction: discord.Interaction, wanted: WantedFeed, channel_id: ChannelId, before: FeedSettings | None
) -> Place:
    requested = await targets.from_id(interaction, channel_id)
    if requested is None:
        raise UserError(f"There is no channel with the ID {channel_id} in this server that you can see.")
    if obstacle := await requested.posting_obstacle():
        raise UserError(str(obstacle))
    place = requested.target.place
    if wanted.kind is not None and wanted.kind is not place.kind:
        raise UserError(
            f"**kind** is `{wanted.kind.value}`, but <#{channel_id}> is a {place.kind.value}. Write that, or "
            "leave it out."
        )
    reasons = await _refused_settings(requested, wanted, before=before)
    if reasons:
        raise UserError(f"Not possible there: {'; '.join(reasons.values())}.")
    return place


async def fitting(
    interaction: discord.Interaction,
    option: ChannelOption | None,
    wanted: WantedFeed,
    *,
    before: Mapping[ChannelId, FeedSettings],
) -> tuple[WantedFeed, list[str]]:
    """The settings without those that the channel cannot have, and the reasons for those."""
    requested = await targets.from_option(interaction, option)
    reasons = await _refused_settings(requested, wanted, before=before.get(requested.target.channel_id))
    return wanted.without(*reasons), list(reasons.values())


async def _refused_settings(
    requested: RequestedChannel, wanted: WantedFeed, *, before: FeedSettings | None
) -> dict[str, str]:
    """The new settings that the channel cannot have, each with the reason. Unchanged ones are not checked."""
    values = wanted.settings

    def is_new(name: str) -> bool:
        return bool(values.get(name)) and (before is None or getattr(before, name) != values[name])

    channel_id = requested.target.channel_id
    channel, bot_perms = await requested.bot_side()
    obstacles: dict[str, Obstacle | None] = {}
    if is_new("opens_threads") and channel is not None:
        obstacles["opens_threads"] = thread_obstacle(channel_id, channel, bot_perms)
    if is_new("publishes") and channel is not None:
        obstacles["publishes"] = publishing_obstacle(channel_id, channel, bot_perms)
    if is_new("mention_role_id"):
        guild, role_id = requested.interaction.guild, values["mention_role_id"]
        role = guild.get_role(role_id) if guild and isinstance(role_id, int) else None
        obstacles["mention_role_id"] = await requested.mention_obstacle(role)
    for role_id in set(filter(None, wanted.role_of.values())):
        guild = requested.interaction.guild
        role = guild.get_role(role_id) if guild else None
        obstacles["role_of"] = obstacles.get("role_of") or await requested.mention_obstacle(role)
    return {
        name: f"{_SETTINGS[name]} ({obstacle.problem}: {obstacle.remedy})"
        for name, obstacle in obstacles.items()
        if obstacle
    }
