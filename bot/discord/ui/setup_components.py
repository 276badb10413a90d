"""The buttons, menus and forms of the /setup panel."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from enum import StrEnum
from typing import Any

import discord
from typing_extensions import override

from bot.core.bundles import BUNDLES
from bot.core.drafts import Draft
from bot.core.focus import Focus
from bot.core.markdown import shorten
from bot.core.query.compiled import CompiledQuery
from bot.core.query.hints import Hint
from bot.core.schedules import Cadence, weekdays_text
from bot.discord.answers.focus import MEANINGS as FOCUS_MEANINGS
from bot.discord.answers.hints import instead_label
from bot.discord.answers.setup import CADENCES, bundle_text
from bot.discord.ui.components import SafeModal
from bot.discord.ui.error_texts import not_offered
from bot.errors import UserError
from bot.services.feeds.setup import MAX_TYPED_LENGTH, BundleCounts

_MAX_DESCRIPTION_LENGTH = 100  # of an option of a menu; Discord's limit
_Item = discord.ui.Item[discord.ui.View]
OnSubmit = Callable[["Form", discord.Interaction], Awaitable[None]]


class Action(StrEnum):
    """What a component or form does; part of its custom id."""

    CHANNEL = "channel"
    BUNDLES = "bundles"
    KEYWORDS = "keywords"
    HINT = "hint1"
    CADENCE = "cadence"
    FOCUS = "focus"
    TIMES = "times"
    FINISH = "finish"
    CANCEL = "cancel"


# The custom id of components and forms alike; earlier versions had other actions.
PANEL_ID = re.compile(r"setup:(?P<key>[0-9a-f]{1,32}):(?P<action>[a-z0-9]{1,20})")


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
            max_length=MAX_TYPED_LENGTH,
            required=False,
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


def components(
    key: str,
    draft: Draft,
    *,
    bundles: BundleCounts,
    queries: Sequence[CompiledQuery],
    hints: Sequence[Hint] = (),
) -> Iterator[_Item]:
    """The menus and buttons below the panel: at most four menus and a row of five buttons."""
    yield _channel_select(key, draft)
    yield _bundle_select(key, bundles, queries)
    yield _cadence_select(key, draft)
    if draft.keywords:
        yield _focus_select(key, draft)
    label = "Edit keywords" if draft.typed else "Enter keywords"
    yield _button(key, Action.KEYWORDS, label, is_main=not draft.keywords)
    yield _button(key, Action.TIMES, "Time, days and city")
    if hints:
        yield _button(key, Action.HINT, instead_label(hints[0].rewrite.text))
    yield _button(key, Action.FINISH, "Finish", is_main=draft.is_complete, is_disabled=not draft.is_complete)
    yield _button(key, Action.CANCEL, "Cancel")


def _channel_select(key: str, draft: Draft) -> _Item:
    """Offers channels of every kind, for the reason given at `ChannelOption`.

    It has no default value, because discord.py writes the id as a number and Discord's schema asks for a
    string; the panel's text names the chosen channel.
    """
    placeholder = "Choose another channel" if draft.place else "Choose a channel"
    return discord.ui.ChannelSelect(custom_id=panel_id(key, Action.CHANNEL), placeholder=placeholder)


def _bundle_select(key: str, bundles: BundleCounts, queries: Sequence[CompiledQuery]) -> _Item:
    """Offers the bundles; those whose keywords are all in the draft are chosen."""
    return discord.ui.Select(
        custom_id=panel_id(key, Action.BUNDLES),
        placeholder="Add ready-made keywords",
        min_values=0,
        max_values=len(BUNDLES),
        options=[
            discord.SelectOption(
                label=bundle.name,
                value=bundle.name,
                description=shorten(bundle_text(bundle, bundles), _MAX_DESCRIPTION_LENGTH),
                default=bundle.is_in(queries),
            )
            for bundle in BUNDLES
        ],
    )


def _cadence_select(key: str, draft: Draft) -> _Item:
    return discord.ui.Select(
        custom_id=panel_id(key, Action.CADENCE),
        options=[
            discord.SelectOption(
                label=f"When: {label}",
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


def with_choice(draft: Draft, action: Action, values: Sequence[Any]) -> Draft:
    """The draft with what was chosen from a menu of which one option is always chosen."""
    if action is Action.CADENCE:
        return draft.with_cadence(Cadence(offered(values, list(Cadence))[0]))
    return draft.with_focus(Focus(offered(values, list(Focus))[0]))


def offered(values: Sequence[Any], options: Sequence[str]) -> Sequence[str]:
    """The values of a menu.

    Raises:
        UserError: one of them was not offered.
    """
    if not set(values) <= set(options):
        raise UserError(not_offered(" ".join(map(str, values))))
    return values
