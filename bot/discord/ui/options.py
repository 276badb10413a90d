"""The options that several commands share, and the choices of autocompletes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Literal

import discord
from discord import app_commands

from bot.core.feeds import MAX_CARDS, MAX_MIN_UPVOTES
from bot.core.markdown import plain, shorten
from bot.core.typed_times import times_like, weekdays_like
from bot.discord.permissions import targets
from bot.discord.ui.components import client_of
from bot.services.feeds.timezones import label, timezones_like

MAX_CHOICES = 25  # Discord's limit
MAX_CHOICE_LENGTH = 100  # characters of a choice's name, and of its value; Discord's limit

# Each part has the language's own limit, whose error says more than Discord's.
Keywords = app_commands.Range[str, 1, 2_000]
# An id, or a link however long its tail.
PaperText = app_commands.Range[str, 1, 400]
# The choices of /config, under the names of their values.
CadenceChoice = Literal["live", "daily", "weekly"]
StyleChoice = Literal["cards", "digest"]
FocusChoice = Literal["exact", "strict", "balanced", "broad"]
# The orders of /papers search, and the choices of /papers top.
SortChoice = Literal["match", "upvotes", "day"]
PeriodChoice = Literal["week", "month", "year"]
# The formats of /my export.
ExportChoice = Literal["bibtex", "ris", "csv", "markdown"]
# What /my data does.
DataChoice = Literal["export", "delete"]
# The numbers of /config filter.
MinUpvotes = app_commands.Range[int, 0, MAX_MIN_UPVOTES]
MaxPapers = app_commands.Range[int, 1, MAX_CARDS]
# One query, or `-`, with the language's own limit, whose error says more than Discord's.
ExcludeText = app_commands.Range[str, 1, 1_000]
# A time, a zone, weekdays, a date.
ShortText = app_commands.Range[str, 1, 100]


def choices(options: Iterable[tuple[str, str]]) -> list[app_commands.Choice[str]]:
    """The first MAX_CHOICES of these labels and values, as choices of an autocomplete.

    A label may be any text; a value has at most MAX_CHOICE_LENGTH characters.
    """
    return [
        app_commands.Choice(name=shorten(plain(label), MAX_CHOICE_LENGTH) or "…", value=value)
        for label, value in islice(options, MAX_CHOICES)
    ]


async def complete_time(
    _: discord.Interaction[discord.Client], current: str
) -> list[app_commands.Choice[str]]:
    return choices(times_like(current))


async def complete_weekdays(
    _: discord.Interaction[discord.Client], current: str
) -> list[app_commands.Choice[str]]:
    return choices(weekdays_like(current))


async def complete_timezone(
    interaction: discord.Interaction[discord.Client], current: str
) -> list[app_commands.Choice[str]]:
    now = client_of(interaction).services.clock()
    return choices((label(name), name) for name in timezones_like(current, now=now))


async def complete_paper(
    interaction: discord.Interaction[discord.Client], current: str
) -> list[app_commands.Choice[str]]:
    return choices(await client_of(interaction).services.titles.like(current))


async def complete_subscription(
    interaction: discord.Interaction[discord.Client], current: str
) -> list[app_commands.Choice[str]]:
    """Offers the subscriptions of the channel that the command names; none if the person cannot see it."""
    channel_id = await targets.named_while_typing(interaction)
    if channel_id is None:
        return []
    subscriptions = client_of(interaction).services.subscriptions
    return choices(await subscriptions.offered(current, channel_id=channel_id))
