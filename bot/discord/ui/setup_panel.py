"""The /setup panel: one user's answers in an ephemeral message, all of which can be changed until it ends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Self, cast

import discord
from typing_extensions import override

from bot.core.bundles import BUNDLES
from bot.core.drafts import Draft, Field
from bot.core.focus import Focus
from bot.core.ids import ServerId, UserId
from bot.core.query.errors import inline_code
from bot.core.query.hints import Hint
from bot.core.schedules import Cadence
from bot.discord.answers import setup as answers
from bot.discord.answers import subscriptions as subscription_answers
from bot.discord.command_mentions import clickable
from bot.discord.permissions import targets
from bot.discord.permissions.channel_option import ChannelOption
from bot.discord.ui.components import PersistentItem, SafeView, client_of
from bot.discord.ui.error_texts import UNREACHABLE
from bot.discord.ui.pages import OPEN_SECONDS, answer
from bot.discord.ui.replies import reply
from bot.discord.ui.sessions import Ended, Session, new_key
from bot.discord.ui.setting_buttons import below_subscribe
from bot.discord.ui.setup_components import PANEL_ID, Action, Form, components, offered
from bot.errors import UserError
from bot.services.feeds.setup import BundleCounts, Samples, Setup

_NEW = "Use `/setup` to start a new one."


class PanelItem(PersistentItem, template=PANEL_ID):
    """A button or menu of a panel. If the panel is closed, it says why."""

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(item)

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        match = self.template.fullmatch(self.custom_id)
        action = next((action for action in Action if match and action == match["action"]), None)
        if action is None or match is None:
            raise UserError(Panel.ended_texts[Ended.UNKNOWN])
        panel = await Panel.with_key(interaction, match["key"], opens_form=action is Action.FORM)
        values = cast("Sequence[Any]", getattr(self.item, "values", ()))
        await panel.handle(action, interaction, values)


class Panel(Session):
    """One setup in progress. It ends when it is finished, cancelled or left alone."""

    ended_texts = {  # noqa: RUF012 - ClassVar in the base class
        Ended.DONE: f"This setup is finished, and the settings above are in effect. {_NEW}",
        Ended.CANCELLED: f"This setup was cancelled, and nothing was changed. {_NEW}",
        Ended.EXPIRED: f"This setup has expired, and nothing was changed. {_NEW}",
        Ended.UNKNOWN: (
            "This setup is closed, and I have been restarted or moved since then. Use `/subscriptions` to "
            f"see whether it was finished. {_NEW}"
        ),
    }
    is_stored = True

    def __init__(self, setup: Setup, draft: Draft, *, user_id: UserId, key: str) -> None:
        self._setup = setup
        self._draft = draft
        self._bundles: BundleCounts | None = None
        self._user_id = user_id
        self._key = key
        self._view: SafeView = SafeView()
        self._sampled = ""  # the keywords that the samples are of
        self._samples = Samples()
        self._lock = asyncio.Lock()  # presses are deferred at once and handled one after another

    @classmethod
    async def start(
        cls,
        interaction: discord.Interaction,
        *,
        channel: ChannelOption | None = None,
        cadence: Cadence | None = None,
        focus: Focus | None = None,
    ) -> None:
        """Answers a command or a button with a panel for a channel, or for the one that it is used in.

        Raises:
            UserError: the user may not manage channels here.
        """
        await interaction.response.defer(ephemeral=True, thinking=True)
        server_id = _require_server(interaction, is_elsewhere=channel is not None)
        client = client_of(interaction)
        setup = client.services.setup
        draft = await setup.begin(server_id, cadence=cadence, focus=focus)
        panel = cls(setup, draft, user_id=UserId(interaction.user.id), key=new_key())
        client.sessions.open(panel._key, panel)
        await panel._update(interaction, panel._in_channel(interaction, channel))

    @classmethod
    async def with_key(cls, interaction: discord.Interaction, key: str, *, opens_form: bool = False) -> Self:
        """The open panel with this key; one that was open when the bot was restarted is opened again.

        The store is asked for that one, so the interaction is deferred, unless a form answers it.

        Raises:
            UserError: it is closed.
        """
        client = client_of(interaction)
        sessions, setup = client.sessions, client.services.setup
        if sessions.is_unknown(key):
            if not opens_form:
                await _defer(interaction)
            saved = await setup.saved(key)
            if saved is not None and sessions.is_unknown(key):  # no other press opened it meanwhile
                user_id, draft = saved
                sessions.open(key, cls(setup, draft, user_id=user_id, key=key))
        return sessions.get(key, cls)

    async def handle(self, action: Action, interaction: discord.Interaction, values: Sequence[Any]) -> None:
        """Handles a press of a button or a choice from a menu.

        Raises:
            UserError: the panel is another user's, or was closed in the meantime.
        """
        self._check_user(interaction)
        if action is Action.FORM:
            await interaction.response.send_modal(Form(self._key, self._draft))
            return
        await _defer(interaction)
        async with self._lock:
            client_of(interaction).sessions.get(self._key, Panel)  # an earlier press may have closed it
            if action is Action.CANCEL:
                await self.close(interaction, Ended.CANCELLED)
            elif action is Action.FINISH:
                await self._finish(interaction)
            else:
                await self._update(interaction, self._next_draft(action, interaction, values))

    async def handle_form(self, interaction: discord.Interaction, typed: Mapping[Field, str]) -> None:
        """Handles what was typed in the form.

        Raises:
            UserError: the panel is another user's, or was closed in the meantime.
        """
        self._check_user(interaction)
        await _defer(interaction)
        async with self._lock:
            client_of(interaction).sessions.get(self._key, Panel)
            self._draft = self._setup.answered(self._draft, typed)
            await self._show(interaction)

    def _check_user(self, interaction: discord.Interaction) -> None:
        if interaction.user.id != self._user_id:
            raise UserError("This setup belongs to someone else. Use `/setup` to start your own.")

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
            case Action.CADENCE:
                return draft.with_cadence(Cadence(offered(values, list(Cadence))[0]))
            case Action.FOCUS:
                return replace(draft, focus=Focus(offered(values, list(Focus))[0]))
            case Action.BUNDLES:
                return self._setup.with_bundles(draft, offered(values, [bundle.name for bundle in BUNDLES]))
            case Action.HINT:
                await self._sample()  # a panel that was opened again has none yet
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

    async def _finish(self, interaction: discord.Interaction) -> None:
        place = self._draft.place
        try:
            if place is not None:
                await targets.of_button(interaction, place.channel_id)
            result = await self._setup.finish(self._draft, user_id=self._user_id)
        except UserError as error:
            await self._show(interaction, str(error))
            return
        await self._end(interaction, Ended.DONE)
        pages = subscription_answers.subscribed(result, now=self._setup.clock())
        await answer(interaction, pages, buttons=below_subscribe(result))

    async def _show(self, interaction: discord.Interaction, problem: str = "") -> None:
        await self._setup.save(self._key, self._draft, user_id=self._user_id)
        await self._sample()
        if self._bundles is None:
            self._bundles = await self._setup.count_bundles()
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

    async def _sample(self) -> None:
        """Finds recent papers for the keywords, where that was not done yet."""
        if self._sampled != self._draft.keywords:
            self._samples = await self._setup.samples(self._draft)
            self._sampled = self._draft.keywords

    async def close(self, interaction: discord.Interaction, reason: Ended) -> None:
        await self._end(interaction, reason)
        (closed,) = clickable(interaction.client, [answers.closed(self.ended_texts[reason])])
        await interaction.edit_original_response(embed=closed, view=None)

    async def _end(self, interaction: discord.Interaction, reason: Ended) -> None:
        client_of(interaction).sessions.end(self._key, reason)
        self._view.stop()
        await self._setup.forget(self._key)


class _PanelView(SafeView):
    """The components below the panel."""

    def __init__(self, panel: Panel, interaction: discord.Interaction) -> None:
        super().__init__(timeout=OPEN_SECONDS)
        self._panel = panel
        self._interaction = interaction  # its token edits the message when this view times out

    @override
    async def on_timeout(self) -> None:
        with suppress(*UNREACHABLE):  # the message was dismissed
            await self._panel.close(self._interaction, Ended.EXPIRED)


async def _defer(interaction: discord.Interaction) -> None:
    if not interaction.response.is_done():
        await interaction.response.defer()


def _require_server(interaction: discord.Interaction, *, is_elsewhere: bool) -> ServerId:
    """The server; the panel checks the permissions in a channel that is chosen elsewhere in it."""
    if interaction.guild_id is None:
        raise UserError("This command only works in a server's channels.")
    if not (is_elsewhere or interaction.permissions.manage_channels):
        raise UserError(
            f"You need **Manage Channels** in <#{interaction.channel_id}> for this. Nothing was changed. Ask "
            "an admin of this server."
        )
    return ServerId(interaction.guild_id)
