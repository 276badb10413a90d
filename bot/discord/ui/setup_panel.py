"""The panel of /setup: one person's questions, page by page, in a message that they alone see."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Self, cast
from weakref import WeakKeyDictionary

import discord
from typing_extensions import override

from bot.core.drafts import Draft, Page
from bot.core.ids import ServerId, UserId
from bot.core.schedules import Cadence
from bot.discord.answers import setup as answers
from bot.discord.answers import subscriptions as subscription_answers
from bot.discord.permissions import targets
from bot.discord.permissions.targets import ChannelOption
from bot.discord.ui.error_handler import answer_failure, errors_reported
from bot.discord.ui.error_texts import UNREACHABLE, not_offered
from bot.discord.ui.pages import TURNING_SECONDS, answer
from bot.discord.ui.panels import Ended, Sessions
from bot.discord.ui.replies import reply
from bot.discord.ui.setup_items import PANEL_ID, Action, Form, KeywordsForm, TimesForm, items
from bot.errors import UserError
from bot.services.feeds.setup import Setup
from bot.services.feeds.subscriptions import Subscribed

_NEW = "`/setup` starts a new one."
_TEXTS = {
    Ended.DONE: f"This setup is finished: what it says above is in effect. {_NEW}",
    Ended.CANCELLED: f"This setup was cancelled, and nothing was changed. {_NEW}",
    Ended.EXPIRED: f"This setup has expired, and nothing was changed. {_NEW}",
    Ended.UNKNOWN: (
        "I was restarted since this setup was opened, so it cannot be continued. `/subscriptions` shows "
        f"whether it was finished. {_NEW}"
    ),
}
_KEY_BYTES = 8

# What stands below the answer to *Finish*.
Buttons = Callable[[Subscribed], Sequence[discord.ui.DynamicItem[Any]]]


class PanelItem(discord.ui.DynamicItem[discord.ui.Item[discord.ui.View]], template=PANEL_ID):
    """A button or menu of a panel; where its panel is gone, after a restart or a long time, it says why."""

    @override
    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(item)

    @override
    async def callback(self, interaction: discord.Interaction) -> None:
        async with errors_reported(interaction):
            match = self.template.fullmatch(self.custom_id)
            panel = _open(interaction).get(match["panel"] if match else "")
            if match is None:
                return
            chosen = cast("Sequence[Any]", getattr(self.item, "values", ()))
            await panel.do(Action(match["action"]), interaction, chosen)


class Panel:
    """One setup under way. It is put away when it is finished, cancelled, or left alone for long."""

    def __init__(self, setup: Setup, draft: Draft, *, user_id: UserId, buttons: Buttons) -> None:
        self._setup = setup
        self._draft = draft
        self._user_id = user_id
        self._buttons = buttons
        self._key = secrets.token_hex(_KEY_BYTES)
        self._view = discord.ui.View(timeout=None)
        self._forms: dict[Action, Form] = {}
        self._busy = asyncio.Lock()  # a second press waits for the first, and was answered before

    @classmethod
    async def start(cls, interaction: discord.Interaction, setup: Setup, *, buttons: Buttons) -> None:
        """Answers an interaction, deferred for its person alone, with the first page.

        Raises:
            UserError: the person may not manage channels here.
        """
        server_id = _server_of(interaction)
        panel = cls(setup, await setup.begin(server_id), user_id=UserId(interaction.user.id), buttons=buttons)
        _open(interaction).start(panel._key, panel)
        embed, view = await panel._page(interaction)
        await reply(interaction, embeds=[embed], view=view)

    async def do(self, action: Action, interaction: discord.Interaction, chosen: Sequence[Any]) -> None:
        """Does what was pressed or chosen.

        Raises:
            UserError: it is another person's panel, or was put away meanwhile.
        """
        self._check(interaction)
        if action in {Action.KEYWORDS, Action.TIMES}:
            await interaction.response.send_modal(self._form(action))
            return
        await interaction.response.defer()
        async with self._busy:
            _open(interaction).get(self._key)  # another press may have ended it
            if action is Action.CANCEL:
                await self._close(interaction, Ended.CANCELLED)
            elif action is Action.FINISH:
                await self._finish(interaction)
            else:
                await self._answered(interaction, lambda: self._next(action, interaction, chosen))

    async def _submitted(self, form: Form, interaction: discord.Interaction) -> None:
        """Takes what was typed into a form; what cannot be read is shown on the panel, to be mended."""
        self._check(interaction)
        await interaction.response.defer()
        async with self._busy:
            _open(interaction).get(self._key)
            await self._answered(interaction, lambda: self._typed(form))

    def _check(self, interaction: discord.Interaction) -> None:
        if interaction.user.id != self._user_id:
            raise UserError("This setup is another person's. `/setup` starts one of your own.")

    def _form(self, action: Action) -> Form:
        """A form for what is asked now; one that was left open before it is brought here as this one."""
        if (before := self._forms.pop(action, None)) is not None:
            before.stop()
        kind = KeywordsForm if action is Action.KEYWORDS else TimesForm
        self._forms[action] = kind(self._key, self._draft, submitted=self._submitted)
        return self._forms[action]

    async def _answered(self, interaction: discord.Interaction, answer: Callable[[], Any]) -> None:
        """Shows the panel with the answer taken, or with what is wrong with it."""
        problem = ""
        try:
            self._draft = await answer()
        except UserError as error:
            problem = str(error)
        await self._show(interaction, problem)

    async def _next(self, action: Action, interaction: discord.Interaction, chosen: Sequence[Any]) -> Draft:
        draft = self._draft
        pressed_on = answers.page_shown(interaction.message.embeds if interaction.message else ())
        match action:
            case Action.BACK | Action.NEXT if pressed_on not in {None, draft.page}:
                return draft  # a second press of a button that has turned the page already
            case Action.BACK:
                return draft.back()
            case Action.NEXT:
                return draft.forward()
            case Action.CADENCE:
                if not set(chosen) & set(Cadence):
                    raise UserError(not_offered(" ".join(map(str, chosen))))
                return draft.with_cadence(Cadence(chosen[0]))
            case _:
                channel = cast("ChannelOption | None", chosen[0] if chosen else None)
                self._draft = draft.without_place()  # one that is refused is not kept, nor is the old one
                target = await targets.postable(interaction, channel, again="choose it again")
                return await self._setup.choose(draft, target.place)

    async def _typed(self, form: Form) -> Draft:
        draft = self._draft
        if isinstance(form, TimesForm):
            return self._setup.at_times(
                draft, time=form.time.value, weekdays=form.weekdays.value, place=form.city.value
            )
        typed = form.keywords.value if isinstance(form, KeywordsForm) else ""
        self._draft = draft.refusing(typed)  # unless it can be read
        return self._setup.ask_for(draft, typed)

    async def _finish(self, interaction: discord.Interaction) -> None:
        place = self._draft.place
        try:
            if place is not None:
                await targets.of_button(interaction, place.channel_id)
            result = await self._setup.finish(self._draft, user_id=self._user_id)
        except UserError as error:
            await self._show(interaction, str(error))
            return
        self._forget(interaction, Ended.DONE)
        embeds = subscription_answers.subscribed(result, now=self._setup.clock())
        await answer(interaction, embeds, buttons=self._buttons(result))

    async def _show(self, interaction: discord.Interaction, problem: str = "") -> None:
        embed, view = await self._page(interaction, problem)
        await reply(interaction, embeds=[embed], view=view)

    async def _page(
        self, interaction: discord.Interaction, problem: str = ""
    ) -> tuple[discord.Embed, discord.ui.View]:
        samples = ()
        if self._draft.page in {Page.KEYWORDS, Page.SUMMARY}:
            samples = await self._setup.samples(self._draft)
        self._view.stop()
        self._view = _PanelView(self, interaction)
        for item in items(self._key, self._draft):
            self._view.add_item(PanelItem(item))
        embed = answers.panel(self._draft, samples=samples, problem=problem, now=self._setup.clock())
        return embed, self._view

    async def expire(self, interaction: discord.Interaction) -> None:
        """Puts the panel away while Discord still lets it be changed."""
        with suppress(*UNREACHABLE):  # dismissed: there is nothing left to put away
            await self._close(interaction, Ended.EXPIRED)

    async def _close(self, interaction: discord.Interaction, how: Ended) -> None:
        self._forget(interaction, how)
        await interaction.edit_original_response(embed=answers.closed(_TEXTS[how]), view=None)

    def _forget(self, interaction: discord.Interaction, how: Ended) -> None:
        _open(interaction).end(self._key, how)
        self._view.stop()
        for form in self._forms.values():
            form.stop()


class _PanelView(discord.ui.View):
    """What stands below one page. Of dynamic items alone, as `PageButton` says why."""

    def __init__(self, panel: Panel, interaction: discord.Interaction) -> None:
        super().__init__(timeout=TURNING_SECONDS)
        self._panel = panel
        self._interaction = interaction  # whose token changes the message until the timeout

    @override
    async def on_timeout(self) -> None:
        await self._panel.expire(self._interaction)


async def tell_if_too_old(interaction: discord.Interaction) -> None:
    """Answers a form whose panel is gone: discord.py brings one that is older than the process to nobody."""
    if interaction.type is not discord.InteractionType.modal_submit:
        return
    match = PANEL_ID.fullmatch(str((interaction.data or {}).get("custom_id", "")))
    if match:
        try:
            _open(interaction).get(match["panel"])
        except UserError as error:
            await answer_failure(interaction, error)


def _server_of(interaction: discord.Interaction) -> ServerId:
    if interaction.guild_id is None:
        raise UserError("This command works in a server's channels only.")
    if not interaction.permissions.manage_channels:
        raise UserError(
            f"You need **Manage Channels** in <#{interaction.channel_id}> for this. Nothing was changed; ask "
            "an admin of this server."
        )
    return ServerId(interaction.guild_id)


_of_clients: WeakKeyDictionary[discord.Client, Sessions[Panel]] = WeakKeyDictionary()


def _open(interaction: discord.Interaction) -> Sessions[Panel]:
    """The panels of this client that can be gone on with, by the key in their items."""
    return _of_clients.setdefault(interaction.client, Sessions(_TEXTS))
