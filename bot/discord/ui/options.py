"""What commands let people type: the options that several commands share, and the choices they offer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from discord import app_commands

from bot.core.feeds import MAX_CARDS, MAX_MIN_UPVOTES
from bot.core.markdown import plain, shorten

MOST_CHOICES = 25  # Discord's limit
LONGEST_CHOICE = 100  # characters of a choice's name, and of its value; Discord's limit

# Several parts; each of them has the language's own limit, which says more than Discord's refusal.
Keywords = app_commands.Range[str, 1, 2_000]
# An id, or a link however long its tail.
PaperText = app_commands.Range[str, 1, 400]
# The choices of /config, under the names of their values.
CadenceChoice = Literal["live", "daily", "weekly"]
StyleChoice = Literal["cards", "digest"]
# The numbers of /config filter.
MinUpvotes = app_commands.Range[int, 0, MAX_MIN_UPVOTES]
MaxPapers = app_commands.Range[int, 1, MAX_CARDS]
# One query, or `-`; it has the language's own limit, which says more than Discord's refusal.
ExcludeText = app_commands.Range[str, 1, 1_000]
# A time, a zone, weekdays, a date.
ShortText = app_commands.Range[str, 1, 100]


def choices(offered: Iterable[tuple[str, str]]) -> list[app_commands.Choice[str]]:
    """What autocomplete shows: of these labels and values the first MOST_CHOICES.

    A label may be outside text of any length; a value has at most LONGEST_CHOICE characters.
    """
    shown = [
        app_commands.Choice(name=shorten(plain(label), LONGEST_CHOICE) or "…", value=value)
        for label, value in offered
    ]
    return shown[:MOST_CHOICES]
