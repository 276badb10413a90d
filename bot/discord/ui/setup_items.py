"""The buttons, menus and forms of the panel of /setup: what stands below each page."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from enum import StrEnum

import discord
from typing_extensions import override

from bot.core.drafts import Draft, Page
from bot.core.schedules import weekdays_text
from bot.discord.answers.setup import CADENCES
from bot.discord.ui.error_handler import answer_failure

_LONGEST_KEYWORDS = 2_000  # as /subscribe takes
_Item = discord.ui.Item[discord.ui.View]
Submitted = Callable[["Form", discord.Interaction], Awaitable[None]]


class Action(StrEnum):
    """What is done with a panel; part of the ids that Discord sends back."""

    CHANNEL = "channel"
    HERE = "here"
    KEYWORDS = "keywords"
    CADENCE = "cadence"
    TIMES = "times"
    BACK = "back"
    NEXT = "next"
    FINISH = "finish"
    CANCEL = "cancel"


# Of items and forms alike.
PANEL_ID = re.compile(rf"setup:(?P<panel>[0-9a-f]{{1,32}}):(?P<action>{'|'.join(Action)})")


def panel_id(key: str, action: Action) -> str:
    return f"setup:{key}:{action}"


class Form(discord.ui.Modal):
    """A form of a panel, which is told when it is submitted."""

    def __init__(self, *, title: str, custom_id: str, submitted: Submitted) -> None:
        super().__init__(title=title, timeout=None, custom_id=custom_id)
        self._submitted = submitted

    @override
    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        await self._submitted(self, interaction)

    @override
    async def on_error(self, interaction: discord.Interaction, error: Exception, /) -> None:
        await answer_failure(interaction, error)


class KeywordsForm(Form):
    """Asks for keywords, with what was typed before to go on with."""

    def __init__(self, key: str, draft: Draft, *, submitted: Submitted) -> None:
        super().__init__(title="Which papers?", custom_id=panel_id(key, Action.KEYWORDS), submitted=submitted)
        self.keywords: discord.ui.TextInput[discord.ui.View] = discord.ui.TextInput(
            custom_id="keywords",
            style=discord.TextStyle.paragraph,
            placeholder="diffusion model\nRLHF AND reward\nauthor:Kaiming He",
            default=draft.typed or None,
            max_length=_LONGEST_KEYWORDS,
        )
        self.add_item(
            discord.ui.Label(
                text="Keywords",
                description="One a line, or with commas between. Each becomes a subscription.",
                component=self.keywords,
            )
        )


class TimesForm(Form):
    """Asks for the time, the days and a city."""

    def __init__(self, key: str, draft: Draft, *, submitted: Submitted) -> None:
        super().__init__(title="When?", custom_id=panel_id(key, Action.TIMES), submitted=submitted)
        schedule = draft.schedule
        self.time = _short("time", f"{schedule.time:%H:%M}")
        self.weekdays = _short("weekdays", weekdays_text(schedule.weekdays))
        self.city = _short("city", schedule.timezone)
        for text, description, field in (
            ("Time", "HH:MM on a 24-hour clock", self.time),
            ("Days", "Mon-Fri, Mon,Thu or all", self.weekdays),
            ("City or time zone", "Such as San Francisco, Berlin or Asia/Tokyo", self.city),
        ):
            self.add_item(discord.ui.Label(text=text, description=description, component=field))


def _short(custom_id: str, default: str) -> discord.ui.TextInput[discord.ui.View]:
    return discord.ui.TextInput(custom_id=custom_id, default=default, max_length=100)


def items(key: str, draft: Draft) -> Iterator[_Item]:
    """What stands below the draft's page."""
    match draft.page:
        case Page.CHANNEL:
            yield _channels(key)
            yield _button(key, Action.HERE, "This channel")
        case Page.KEYWORDS:
            label = "Change keywords" if draft.typed else "Write keywords"
            yield _button(key, Action.KEYWORDS, label, is_main=not draft.is_answered)
        case Page.SCHEDULE:
            yield _cadences(key, draft)
            yield _button(key, Action.TIMES, "Time, days and city")
        case Page.SUMMARY:
            pass
    yield _button(key, Action.BACK, "Back", is_disabled=draft.page is Page.CHANNEL)
    if draft.page is Page.SUMMARY:
        yield _button(key, Action.FINISH, "Finish", is_main=True)
    else:
        yield _button(key, Action.NEXT, "Next", is_main=draft.is_answered, is_disabled=not draft.is_answered)
    yield _button(key, Action.CANCEL, "Cancel")


def _channels(key: str) -> _Item:
    """Channels of every kind, as `targets.ChannelOption` says why.

    The chosen one stands in the text above: discord.py writes a preset one's id as a number, where Discord's
    schema asks for a string.
    """
    return discord.ui.ChannelSelect(custom_id=panel_id(key, Action.CHANNEL), placeholder="Choose a channel")


def _cadences(key: str, draft: Draft) -> _Item:
    return discord.ui.Select(
        custom_id=panel_id(key, Action.CADENCE),
        options=[
            discord.SelectOption(
                label=label,
                value=cadence.value,
                description=description,
                default=cadence is draft.schedule.cadence,
            )
            for cadence, (label, description) in CADENCES.items()
        ],
    )


def _button(
    key: str, action: Action, label: str, *, is_main: bool = False, is_disabled: bool = False
) -> _Item:
    return discord.ui.Button(
        label=label,
        custom_id=panel_id(key, action),
        style=discord.ButtonStyle.primary if is_main else discord.ButtonStyle.secondary,
        disabled=is_disabled,
    )
