"""The buttons, menus and forms of the /setup panel."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from enum import StrEnum

import discord
from typing_extensions import override

from bot.core.drafts import Draft, Page
from bot.core.focus import Focus
from bot.core.query.hints import Hint
from bot.core.schedules import weekdays_text
from bot.discord.answers.focus import MEANINGS as FOCUS_MEANINGS
from bot.discord.answers.hints import instead_label
from bot.discord.answers.setup import CADENCES
from bot.discord.ui.components import SafeModal

_MAX_KEYWORDS_LENGTH = 2_000  # as in /subscribe
_Item = discord.ui.Item[discord.ui.View]
OnSubmit = Callable[["Form", discord.Interaction], Awaitable[None]]


class Action(StrEnum):
    """What a component or form does; part of its custom id."""

    CHANNEL = "channel"
    HERE = "here"
    KEYWORDS = "keywords"
    FIRST_HINT = "hint1"
    SECOND_HINT = "hint2"
    CADENCE = "cadence"
    FOCUS = "focus"
    TIMES = "times"
    BACK = "back"
    NEXT = "next"
    FINISH = "finish"
    CANCEL = "cancel"


# The custom id of components and forms alike.
PANEL_ID = re.compile(rf"setup:(?P<key>[0-9a-f]{{1,32}}):(?P<action>{'|'.join(Action)})")


def panel_id(key: str, action: Action) -> str:
    return f"setup:{key}:{action}"


class Form(SafeModal):
    """A form that passes itself to `on_submit`."""

    def __init__(self, *, title: str, custom_id: str, on_submit: OnSubmit) -> None:
        super().__init__(title=title, timeout=None, custom_id=custom_id)
        self._handle = on_submit

    @override
    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        await self._handle(self, interaction)


class KeywordsForm(Form):
    """Asks for keywords; contains what was typed before."""

    def __init__(self, key: str, draft: Draft, *, on_submit: OnSubmit) -> None:
        super().__init__(title="Which papers?", custom_id=panel_id(key, Action.KEYWORDS), on_submit=on_submit)
        self.keywords: discord.ui.TextInput[discord.ui.View] = discord.ui.TextInput(
            custom_id="keywords",
            style=discord.TextStyle.paragraph,
            placeholder="diffusion model\nRLHF AND reward\nauthor:Kaiming He",
            default=draft.typed or None,
            max_length=_MAX_KEYWORDS_LENGTH,
        )
        self.add_item(
            discord.ui.Label(
                text="Keywords",
                description="One per line, or separated by commas. Each becomes a subscription.",
                component=self.keywords,
            )
        )


class TimesForm(Form):
    """Asks for the time, the weekdays and a city."""

    def __init__(self, key: str, draft: Draft, *, on_submit: OnSubmit) -> None:
        super().__init__(title="When?", custom_id=panel_id(key, Action.TIMES), on_submit=on_submit)
        schedule = draft.schedule
        self.time = _text_input("time", f"{schedule.time:%H:%M}")
        self.weekdays = _text_input("weekdays", weekdays_text(schedule.weekdays))
        self.city = _text_input("city", schedule.timezone)
        for text, description, field in (
            ("Time", "Such as 17:30, 8am or noon", self.time),
            ("Days", "Such as Mon-Fri, mon wed, weekdays or every day", self.weekdays),
            ("City or time zone", "For example San Francisco, Berlin or Asia/Tokyo", self.city),
        ):
            self.add_item(discord.ui.Label(text=text, description=description, component=field))


def _text_input(custom_id: str, default: str) -> discord.ui.TextInput[discord.ui.View]:
    return discord.ui.TextInput(custom_id=custom_id, default=default, max_length=100)


HINT_ACTIONS = (Action.FIRST_HINT, Action.SECOND_HINT)


def components(key: str, draft: Draft, *, hints: Sequence[Hint] = ()) -> Iterator[_Item]:
    """The buttons and menus below the draft's page."""
    match draft.page:
        case Page.CHANNEL:
            yield _channel_select(key)
            yield _button(key, Action.HERE, "This channel")
        case Page.KEYWORDS:
            label = "Edit keywords" if draft.typed else "Enter keywords"
            yield _button(key, Action.KEYWORDS, label, is_main=not draft.is_answered)
            for action, hint in zip(HINT_ACTIONS, hints, strict=False):
                yield _button(key, action, instead_label(hint.rewrite.text))
            if draft.keywords:
                yield _focus_select(key, draft)
        case Page.SCHEDULE:
            yield _cadence_select(key, draft)
            yield _button(key, Action.TIMES, "Time, days and city")
        case Page.SUMMARY:
            pass
    yield _button(key, Action.BACK, "Back", is_disabled=draft.page is Page.CHANNEL)
    if draft.page is Page.SUMMARY:
        yield _button(key, Action.FINISH, "Finish", is_main=True)
    else:
        yield _button(key, Action.NEXT, "Next", is_main=draft.is_answered, is_disabled=not draft.is_answered)
    yield _button(key, Action.CANCEL, "Cancel")


def _channel_select(key: str) -> _Item:
    """Offers channels of every kind, for the reason given at `targets.ChannelOption`.

    It has no default value, because discord.py writes the id as a number and Discord's schema asks for a
    string; the panel's text names the chosen channel.
    """
    return discord.ui.ChannelSelect(custom_id=panel_id(key, Action.CHANNEL), placeholder="Choose a channel")


def _cadence_select(key: str, draft: Draft) -> _Item:
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


def _focus_select(key: str, draft: Draft) -> _Item:
    return discord.ui.Select(
        custom_id=panel_id(key, Action.FOCUS),
        options=[
            discord.SelectOption(
                label=f"Focus: {focus.value}",
                value=focus.value,
                description=FOCUS_MEANINGS[focus],
                default=focus is (draft.focus or Focus.EXACT),
            )
            for focus in Focus
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
