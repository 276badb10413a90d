"""Answers about the schedule that a server's new channels start with."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.core.plurals import in_a_list
from bot.discord.answers.feed_status import ADD_A_SUBSCRIPTION, schedule_text
from bot.discord.answers.pages import COLOR
from bot.services.feeds.servers import RESTORE, ServerDefaults
from bot.services.feeds.timezones import note


def no_feed(channel_id: int, defaults: ServerDefaults) -> discord.Embed:
    """A channel that is not set up, and the schedule that it would start with."""
    return discord.Embed(
        title="Settings",
        description=(
            f"<#{channel_id}> has no subscriptions. {ADD_A_SUBSCRIPTION} `/setup` has ready-made ones.\n"
            f"It would start with: {_schedule(defaults)}."
        ),
        color=COLOR,
    )


def server_defaults(defaults: ServerDefaults) -> discord.Embed:
    """The defaults, and how to change them."""
    hint = (
        f"To change the defaults, give `time`, `timezone` or `weekdays`; `{RESTORE}` restores the bot's own."
    )
    return _embed("Defaults", [*_described(defaults), hint])


def defaults_changed(defaults: ServerDefaults, *, title: str = "Defaults changed") -> discord.Embed:
    """What a change did to the defaults, old → new, or that nothing changed."""
    if defaults.before is None:
        return _embed("Defaults: nothing changed", ["They were already set that way.", *_described(defaults)])
    before, after = schedule_text(defaults.before), schedule_text(defaults.schedule)
    return _embed(title, [f"Defaults: {before} → **{after}**", *_described(defaults)])


def _described(defaults: ServerDefaults) -> list[str]:
    zone = note(defaults.schedule.timezone)
    return [
        f"New channels in this server start with: {_schedule(defaults)}.",
        "Channels that are already set up keep their schedules; `/config schedule` changes those.",
        *([zone] if zone else []),
    ]


def _embed(title: str, lines: Sequence[str]) -> discord.Embed:
    return discord.Embed(title=title, description="\n".join(lines), color=COLOR)


def _schedule(defaults: ServerDefaults) -> str:
    own = defaults.own
    values = (("time", own.time), ("time zone", own.timezone), ("days", own.weekdays))
    names = [name for name, value in values if value is not None]
    origin = f"{in_a_list(names)} set by this server" if names else "the bot's defaults"
    return f"**{schedule_text(defaults.schedule)}** ({origin})"
