"""What a file brings, placed in the channels that it names, where the person and the bot may post there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import discord

from bot.core.feed_settings import FeedSettings
from bot.core.feeds import Place
from bot.core.ids import ChannelId
from bot.core.transfer import WantedFeed
from bot.discord.connection.errors import DiscordError, discord_errors
from bot.discord.permissions import by_id
from bot.discord.permissions.targets import ChannelOption, Target
from bot.errors import UserError
from bot.services.transfer.import_file import check_size

Placed = tuple[WantedFeed, Place]

_MOST_PROBLEMS = 5  # told at once
FETCHING_SECONDS = 30  # for a file


async def fetched(file: discord.Attachment) -> bytes:
    """The attachment's bytes.

    Raises:
        UserError: it is too large, or Discord does not give it; says why, and what to do.
    """
    check_size(file.size)
    try:
        async with asyncio.timeout(FETCHING_SECONDS):
            with discord_errors():
                data = await file.read()
    except TimeoutError as error:
        raise _not_fetched(f"Discord did not give me the file within {FETCHING_SECONDS} seconds") from error
    except DiscordError as error:
        if error.status in {403, 404}:
            raise _not_fetched("Discord does not have the file any more", "upload it again") from error
        if error.status is not None:
            raise _not_fetched(f"Discord's file server has a problem (HTTP {error.status})") from error
        raise _not_fetched("The connection broke off while I fetched the file") from error
    if len(data) < file.size:
        raise _not_fetched(f"Only {len(data)} of the file's {file.size} bytes arrived")
    return data


def _not_fetched(why: str, remedy: str = "try again in a minute") -> UserError:
    return UserError(f"{why}. Nothing was changed: {remedy}.")


def channels(
    interaction: discord.Interaction, wanted: Sequence[WantedFeed], channel: ChannelOption | None
) -> list[tuple[WantedFeed, ChannelId]]:
    """Each with its channel's id: as the file says, else the command's `channel`, else this one.

    Raises:
        UserError: the file says it, and the command too.
    """
    if channel is not None and any(one.channel_id is not None for one in wanted):
        raise UserError(
            "This file names its channels itself. Nothing was changed: leave `channel` out; `/config copy` "
            "brings what one channel has to another."
        )
    chosen = channel.id if channel is not None else interaction.channel_id
    return [(one, one.channel_id or ChannelId(chosen or 0)) for one in wanted]


async def placed(
    interaction: discord.Interaction,
    wanted: Sequence[tuple[WantedFeed, ChannelId]],
    *,
    before: Mapping[ChannelId, FeedSettings],
) -> list[Placed]:
    """Each with its place, all checked; `before` has the settings of the feeds that there are.

    Raises:
        UserError: of some of them, the person or the bot may not bring that there; names each, and why.
    """
    found: list[Placed] = []
    problems: list[str] = []
    for one, channel_id in wanted:
        if len(problems) == _MOST_PROBLEMS:  # each may have cost a request to Discord
            problems.append("I looked no further.")
            break
        try:
            found.append((one, await _place(interaction, one, channel_id, before.get(channel_id))))
        except UserError as error:
            problems.append(f"{one.label}: {error}" if one.label else str(error))
    if problems:
        raise UserError("\n".join(["This cannot be imported, and nothing was changed.", *problems]))
    return found


async def fitting(
    interaction: discord.Interaction,
    wanted: WantedFeed,
    target: Target,
    *,
    before: Mapping[ChannelId, FeedSettings],
) -> tuple[WantedFeed, list[str]]:
    """What of it the target can have, and why not the rest."""
    _, room = await by_id.postable(interaction, target.channel_id)
    refused = await by_id.extras_refused(interaction, room, wanted, before=before.get(target.channel_id))
    return wanted.without(*refused), list(refused.values())


async def _place(
    interaction: discord.Interaction, wanted: WantedFeed, channel_id: ChannelId, before: FeedSettings | None
) -> Place:
    target, room = await by_id.postable(interaction, channel_id)
    if wanted.kind is not None and wanted.kind is not target.kind:
        raise UserError(
            f"**kind** is `{wanted.kind.value}`, but <#{channel_id}> is a {target.kind.value}: write that, "
            "or leave it out."
        )
    refused = await by_id.extras_refused(interaction, room, wanted, before=before)
    if refused:
        raise UserError(" ".join(f"{reason}." for reason in refused.values()))
    return target.place
