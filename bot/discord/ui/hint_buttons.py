"""The buttons below answers with hints: each does what its hint says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable
from typing import Any, Self

import discord
from typing_extensions import override

from bot.core.focus import Focus
from bot.core.ids import ChannelId
from bot.core.markdown import length
from bot.core.query.hints import MAX_HINTS
from bot.core.query.rewrites import as_topic
from bot.core.results import Result
from bot.discord.answers import papers as paper_answers
from bot.discord.answers import subscriptions as answers
from bot.discord.answers.hints import instead_label, preview_label
from bot.discord.permissions import targets
from bot.discord.ui.button_keywords import KEYWORDS, MAX_ID_LENGTH, ButtonKeywords, in_ranges, of_ranges
from bot.discord.ui.components import PersistentItem, client_of
from bot.discord.ui.pages import answer
from bot.discord.ui.setting_buttons import UndoSettingButton
from bot.discord.ui.subscription_buttons import FocusButton, PostOlderButton
from bot.services.feeds.subscribed import Subscribed
from bot.services.queries.search import Preview


class InsteadButton(
    PersistentItem,
    template=rf"instead:(?P<channel>\d{{1,20}}):(?P<ids>\d{{1,18}}(?:[.-]\d{{1,18}})*){KEYWORDS}",
):
    """Subscribes a channel to other keywords instead of some of its subscriptions."""

    def __init__(self, channel_id: ChannelId, ids: Collection[int], keywords: ButtonKeywords) -> None:
        super().__init__(
            discord.ui.Button(
                label=instead_label(keywords.text),
                style=discord.ButtonStyle.secondary,
                custom_id=keywords.id_behind(f"instead:{channel_id}:{in_ranges(ids)}"),
            )
        )
        self._channel_id = channel_id
        self._ids = ids
        self._keywords = keywords

    @classmethod
    def below(cls, result: Subscribed) -> list[InsteadButton]:
        """A button for each hint."""
        ids = {item.subscription.query.canonical: item.subscription.id for item in result.wanted}
        buttons = [
            cls(
                result.feed.channel_id,
                [ids[query] for query in hint.queries],
                ButtonKeywords(hint.rewrite.text),
            )
            for hint in result.study.hints
            if ids.keys() >= set(hint.queries)
        ]
        return [button for button in buttons if length(button.custom_id) <= MAX_ID_LENGTH]

    @classmethod
    def for_topics(cls, channel_id: ChannelId, results: Iterable[Result]) -> list[InsteadButton]:
        """For the subscriptions whose papers mostly only mention them, those with the most papers first."""
        mentioned = [item for item in results if item.relevance and item.relevance.is_mostly_mentioned]
        buttons = [
            cls(channel_id, [item.subscription.id], ButtonKeywords(rewrite.text))
            for item in sorted(mentioned, key=lambda item: -item.papers)[:MAX_HINTS]
            for rewrite in as_topic(item.subscription.query.text)
        ]
        return [button for button in buttons if length(button.custom_id) <= MAX_ID_LENGTH]

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        ids = of_ranges(match["ids"])
        return cls(ChannelId(int(match["channel"])), ids, ButtonKeywords.of(match))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        target = await targets.of_button(interaction, self._channel_id)
        services = client_of(interaction).services
        replaced = await services.subscriptions.replace(
            self._ids,
            self._keywords.in_message(interaction.message),
            channel_id=target.channel_id,
            user_id=target.user_id,
        )
        pages = answers.replaced(replaced, now=services.clock())
        await answer(interaction, pages, buttons=below_subscribe(replaced.result))


class PreviewButton(
    PersistentItem,
    template=rf"preview:(?P<days>\d{{1,4}})(?:\.(?P<focus>{'|'.join(Focus)}))?{KEYWORDS}",
):
    """Previews other keywords with the same focus, in place of the preview above."""

    def __init__(self, days: int, keywords: ButtonKeywords, focus: Focus = Focus.EXACT) -> None:
        chosen = "" if focus is Focus.EXACT else f".{focus}"
        super().__init__(
            discord.ui.Button(
                label=preview_label(keywords.text),
                style=discord.ButtonStyle.secondary,
                custom_id=keywords.id_behind(f"preview:{days}{chosen}"),
            )
        )
        self._days = days
        self._focus = focus
        self._keywords = keywords

    @classmethod
    def below(cls, result: Preview) -> list[PreviewButton]:
        """A button for each hint."""
        return [
            cls(result.days, ButtonKeywords(hint.rewrite.text), result.focus) for hint in result.study.hints
        ]

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(int(match["days"]), ButtonKeywords.of(match), Focus(match["focus"] or Focus.EXACT))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        keywords = self._keywords.in_message(interaction.message)
        search = client_of(interaction).services.search
        result = await search.preview(keywords, days=self._days, focus=self._focus)
        pages = await asyncio.to_thread(paper_answers.preview, result)
        await answer(interaction, pages, buttons=PreviewButton.below(result))


def below_subscribe(result: Subscribed) -> list[PersistentItem]:
    """The buttons below what was subscribed to."""
    return [
        *InsteadButton.below(result),
        *FocusButton.below(result),
        *PostOlderButton.below(result),
        *UndoSettingButton.below(*result.change_ids),
    ]
