"""The /setup panel: one user's answers in an ephemeral message, all of which can be changed until it ends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Self, cast

import discord
from typing_extensions import override

from bot.core.bundles import BUNDLES
from bot.core.drafts import Draft
from bot.core.ids import ServerId, UserId
from bot.core.query.errors import inline_code
from bot.core.query.hints import Hint
from bot.discord.answers import setup as answers
from bot.discord.answers import subscriptions as subscription_answers
from bot.discord.command_mentions import clickable
from bot.discord.permissions import targets
from bot.discord.permissions.channel_option import ChannelOption
from bot.discord.ui.components import PersistentItem, SafeView, client_of
from bot.discord.ui.error_handler import answer_failure
from bot.discord.ui.error_texts import UNREACHABLE
from bot.discord.ui.hint_buttons import below_subscribe
from bot.discord.ui.pages import OPEN_SECONDS, answer
from bot.discord.ui.replies import reply
from bot.discord.ui.sessions import Ended, Session, new_key
from bot.discord.ui.setup_components import (
    PANEL_ID,
    Action,
    Form,
    KeywordsForm,
    TimesForm,
    components,
    offered,
    with_choice,
)
from bot.errors import UserError
from bot.services.feeds.setup import BundleCounts, Samples, Setup

_NEW = "Use `/setup` to start a new one."


class SetUpButton(PersistentItem, template=r"setup"):
    """Opens a panel for the user who presses it."""

    def __init__(self) -> None:
        super().__init__(
            discord.ui.Button(label="Set up", style=discord.ButtonStyle.primary, custom_id="setup")
        )

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls()

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await Panel.start(interaction)


class PanelItem(PersistentItem, template=PANEL_ID):
    """A button or menu of a panel. If the panel is no longer known, it says why."""

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(item)

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        match = self.template.fullmatch(self.custom_id)
        panel = client_of(interaction).sessions.get(match["key"] if match else "", Panel)
        action = next((action for action in Action if match and action == match["action"]), None)
        if action is None:
            raise UserError(Panel.ended_texts[Ended.UNKNOWN])
        values = cast("Sequence[Any]", getattr(self.item, "values", ()))
        await panel.handle(action, interaction, values)


class Panel(Session):
    """One setup in progress. It ends when it is finished, cancelled or left alone."""

    ended_texts = {  # noqa: RUF012 - ClassVar in the base class
        Ended.DONE: f"This setup is finished, and the settings above are in effect. {_NEW}",
        Ended.CANCELLED: f"This setup was cancelled, and nothing was changed. {_NEW}",
        Ended.EXPIRED: f"This setup has expired, and nothing was changed. {_NEW}",
        Ended.UNKNOWN: (
            "I was restarted since this setup was opened, so it can't be continued. Use `/subscriptions` to "
            f"see whether it was finished. {_NEW}"
        ),
    }

    def __init__(self, setup: Setup, draft: Draft, *, bundles: BundleCounts, user_id: UserId) -> None:
        self._setup = setup
        self._draft = draft
        self._bundles = bundles
        self._user_id = user_id
        self._key = new_key()
        self._view: SafeView = SafeView()
        self._forms: dict[Action, Form] = {}
        self._sampled = ""  # the keywords that the samples are of
        self._samples = Samples()
        self._lock = asyncio.Lock()  # presses are deferred at once and handled one after another

    @classmethod
    async def start(cls, interaction: discord.Interaction) -> None:
        """Answers a command or a button with a panel for the channel that it is used in.

        Raises:
            UserError: the user may not manage channels here.
        """
        await interaction.response.defer(ephemeral=True, thinking=True)
        server_id = _require_server(interaction)
        client = client_of(interaction)
        setup = client.services.setup
        draft = await setup.begin(server_id)
        bundles = await setup.count_bundles()
        panel = cls(setup, draft, bundles=bundles, user_id=UserId(interaction.user.id))
        client.sessions.open(panel._key, panel)
        await panel._update(interaction, panel._in_channel(interaction, None))

    async def handle(self, action: Action, interaction: discord.Interaction, values: Sequence[Any]) -> None:
        """Handles a press of a button or a choice from a menu.

        Raises:
            UserError: the panel is another user's, or was closed in the meantime.
        """
        self._check_user(interaction)
        if action in {Action.KEYWORDS, Action.TIMES}:
            await interaction.response.send_modal(self._form(action))
            return
        await interaction.response.defer()
        async with self._lock:
            client_of(interaction).sessions.get(self._key, Panel)  # an earlier press may have closed it
            if action is Action.CANCEL:
                await self._close(interaction, Ended.CANCELLED)
            elif action is Action.FINISH:
                await self._finish(interaction)
            else:
                await self._update(interaction, self._next_draft(action, interaction, values))

    async def _handle_form(self, form: Form, interaction: discord.Interaction) -> None:
        self._check_user(interaction)
        await interaction.response.defer()
        async with self._lock:
            client_of(interaction).sessions.get(self._key, Panel)
            await self._update(interaction, self._draft_from(form))

    def _check_user(self, interaction: discord.Interaction) -> None:
        if interaction.user.id != self._user_id:
            raise UserError("This setup is someone else's. Use `/setup` to start your own.")

    def _form(self, action: Action) -> Form:
        """A new form; discord.py hands a submission of an earlier one, left open, to this one."""
        if (earlier := self._forms.pop(action, None)) is not None:
            earlier.stop()
        kind = KeywordsForm if action is Action.KEYWORDS else TimesForm
        self._forms[action] = kind(self._key, self._draft, on_submit=self._handle_form)
        return self._forms[action]

    async def _update(self, interaction: discord.Interaction, draft: Coroutine[Any, Any, Draft]) -> None:
        """Shows the panel with the new draft, or with the problem that was raised instead."""
        problem = ""
        try:
            self._draft = await draft
        except UserError as error:
            problem = str(error)
        await self._show(interaction, problem)

    async def _next_draft(
        self, action: Action, interaction: discord.Interaction, values: Sequence[Any]
    ) -> Draft:
        draft = self._draft
        match action:
            case Action.CADENCE | Action.FOCUS:
                return with_choice(draft, action, values)
            case Action.BUNDLES:
                return self._setup.with_bundles(draft, offered(values, [bundle.name for bundle in BUNDLES]))
            case Action.HINT:
                hint = self._hint_shown(interaction)
                return self._setup.following(draft, hint) if hint else draft
            case _:
                channel = cast("ChannelOption | None", values[0] if values else None)
                return await self._in_channel(interaction, channel)

    async def _in_channel(self, interaction: discord.Interaction, channel: ChannelOption | None) -> Draft:
        """The draft for a channel, or for the one that the panel is used in.

        Raises:
            UserError: papers cannot go there; no channel is chosen then.
        """
        draft = self._draft
        self._draft = draft.without_place()
        target = await targets.postable(interaction, channel)
        return await self._setup.choose(draft, target.place)

    def _hint_shown(self, interaction: discord.Interaction) -> Hint | None:
        """The hint whose button was pressed; None if an earlier press has changed the hints since."""
        embeds = interaction.message.embeds if interaction.message else ()
        shown = "".join(embed.description or "" for embed in embeds)
        hints = self._samples.study.hints[:1]
        return next((hint for hint in hints if inline_code(hint.rewrite.text) in shown), None)

    async def _draft_from(self, form: Form) -> Draft:
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
        self._end(interaction, Ended.DONE)
        pages = subscription_answers.subscribed(result, now=self._setup.clock())
        await answer(interaction, pages, buttons=below_subscribe(result))

    async def _show(self, interaction: discord.Interaction, problem: str = "") -> None:
        if self._sampled != self._draft.keywords:
            self._samples = await self._setup.samples(self._draft)
            self._sampled = self._draft.keywords
        self._view.stop()
        self._view = _PanelView(self, interaction)
        for item in components(
            self._key,
            self._draft,
            bundles=self._bundles,
            queries=[sample.query for sample in self._samples.keywords],
            hints=self._samples.study.hints,
        ):
            self._view.add_item(PanelItem(item))
        embed = answers.panel(self._draft, samples=self._samples, problem=problem, now=self._setup.clock())
        await reply(interaction, embeds=[embed], view=self._view)

    async def expire(self, interaction: discord.Interaction) -> None:
        """Closes the panel while its message can still be edited."""
        with suppress(*UNREACHABLE):  # the message was dismissed
            await self._close(interaction, Ended.EXPIRED)

    async def _close(self, interaction: discord.Interaction, reason: Ended) -> None:
        self._end(interaction, reason)
        (closed,) = clickable(interaction.client, [answers.closed(self.ended_texts[reason])])
        await interaction.edit_original_response(embed=closed, view=None)

    def _end(self, interaction: discord.Interaction, reason: Ended) -> None:
        client_of(interaction).sessions.end(self._key, reason)
        self._view.stop()
        for form in self._forms.values():
            form.stop()


class _PanelView(SafeView):
    """The components below the panel."""

    def __init__(self, panel: Panel, interaction: discord.Interaction) -> None:
        super().__init__(timeout=OPEN_SECONDS)
        self._panel = panel
        self._interaction = interaction  # its token edits the message when this view times out

    @override
    async def on_timeout(self) -> None:
        await self._panel.expire(self._interaction)


async def answer_old_form(interaction: discord.Interaction) -> None:
    """Answers a form whose panel is gone: discord.py ignores forms that are older than the process."""
    if interaction.type is not discord.InteractionType.modal_submit:
        return
    match = PANEL_ID.fullmatch(str((interaction.data or {}).get("custom_id", "")))
    if match:
        try:
            client_of(interaction).sessions.get(match["key"], Panel)
        except UserError as error:
            await answer_failure(interaction, error)


def _require_server(interaction: discord.Interaction) -> ServerId:
    if interaction.guild_id is None:
        raise UserError("This command only works in a server's channels.")
    if not interaction.permissions.manage_channels:
        raise UserError(
            f"You need **Manage Channels** in <#{interaction.channel_id}> for this. Nothing was changed. Ask "
            "an admin of this server."
        )
    return ServerId(interaction.guild_id)
