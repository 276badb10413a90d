"""The buttons, menus and the form of the /setup panel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

import discord

from bot.core.bundles import BUNDLES
from bot.core.drafts import Draft, Field
from bot.core.focus import Focus
from bot.core.markdown import shorten
from bot.core.query.compiled import CompiledQuery
from bot.core.query.hints import Hint
from bot.core.schedules import weekdays_text
from bot.discord.answers.focus import MEANINGS as FOCUS_MEANINGS
from bot.discord.answers.hints import instead_label
from bot.discord.answers.setup import CADENCES, FIELDS, FORM_NAME, bundle_text
from bot.discord.ui.components import SafeModal
from bot.discord.ui.error_texts import not_offered
from bot.discord.ui.pages import OPEN_SECONDS
from bot.errors import UserError
from bot.services.feeds.setup import MAX_TYPED_LENGTH, BundleCounts

_MAX_DESCRIPTION_LENGTH = 100  # of an option of a menu; Discord's limit
_Item = discord.ui.Item[discord.ui.View]


class Action(StrEnum):
    """What a component or form does; part of its custom id."""

    CHANNEL = "channel"
    BUNDLES = "bundles"
    FORM = "form"
    HINT = "hint1"
    CADENCE = "cadence"
    FOCUS = "focus"
    FINISH = "finish"
    CANCEL = "cancel"


# The custom id of components and the form alike; earlier versions had other actions.
PANEL_ID = re.compile(r"setup:(?P<key>[0-9a-f]{1,32}):(?P<action>[a-z0-9]{1,20})")


def panel_id(key: str, action: Action) -> str:
    return f"setup:{key}:{action}"


class Form(SafeModal):
    """Asks for everything that is typed, and contains what was typed before.

    What is sent is handled by the panel, so that a form that is older than the process works too.
    """

    def __init__(self, key: str, draft: Draft) -> None:
        super().__init__(title=FORM_NAME, timeout=OPEN_SECONDS, custom_id=panel_id(key, Action.FORM))
        for field, value in _values(draft).items():
            rejected = draft.rejected.get(field)
            text = (rejected.typed if rejected else value) or None
            is_long = field is Field.KEYWORDS
            component = discord.ui.TextInput[Any](
                custom_id=field.value,
                style=discord.TextStyle.paragraph if is_long else discord.TextStyle.short,
                placeholder=_PLACEHOLDER if is_long else None,
                default=text,
                max_length=MAX_TYPED_LENGTH if is_long else 100,
                required=not is_long,
            )
            self.add_item(
                discord.ui.Label(text=FIELDS[field], description=_DESCRIPTIONS[field], component=component)
            )


_PLACEHOLDER = "diffusion model\nRLHF AND reward\nauthor:Kaiming He"
_DESCRIPTIONS = {
    Field.KEYWORDS: "One per line, or separated by commas. Each becomes a subscription.",
    Field.TIME: "Such as 17:30, 8am or noon",
    Field.WEEKDAYS: "Such as Mon-Fri, mon wed, weekdays or every day",
    Field.CITY: "For example San Francisco, Berlin or Asia/Tokyo",
    Field.MIN_UPVOTES: "Papers with fewer are posted once they have them, within a week; 0 posts all",
}


def _values(draft: Draft) -> dict[Field, str]:
    """What each field says, in the order of the form."""
    return {
        Field.KEYWORDS: draft.typed,
        Field.TIME: f"{draft.schedule.time:%H:%M}",
        Field.WEEKDAYS: weekdays_text(draft.schedule.weekdays),
        Field.CITY: draft.schedule.timezone,
        Field.MIN_UPVOTES: str(draft.min_upvotes),
    }


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
    yield _button(key, Action.FORM, FORM_NAME, is_main=not draft.keywords or bool(draft.rejected))
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


def offered(values: Sequence[Any], options: Sequence[str]) -> Sequence[str]:
    """The values of a menu.

    Raises:
        UserError: one of them was not offered.
    """
    if not set(values) <= set(options):
        raise UserError(not_offered(" ".join(map(str, values))))
    return values
