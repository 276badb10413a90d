"""The buttons below /my follow and /my unfollow."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Self

import discord
from typing_extensions import override

from bot.core.ids import UserId
from bot.discord.answers import follows as answers
from bot.discord.answers.hints import instead_label
from bot.discord.ui.button_keywords import (
    KEYWORDS,
    ButtonKeywords,
    fitting,
    in_ranges,
    of_ranges,
    replacements,
)
from bot.discord.ui.components import PersistentItem, client_of
from bot.discord.ui.direct_buttons import ResumeButton
from bot.discord.ui.pages import answer
from bot.discord.ui.replies import defer_personally
from bot.services.follows.follows import Followed


class FollowInsteadButton(
    PersistentItem, template=rf"follow-instead:(?P<ids>\d{{1,18}}(?:[.-]\d{{1,18}})*){KEYWORDS}"
):
    """Follows other keywords instead of some that the person follows."""

    def __init__(self, ids: Collection[int], keywords: ButtonKeywords) -> None:
        super().__init__(
            discord.ui.Button(
                label=instead_label(keywords.text),
                custom_id=keywords.id_behind(f"follow-instead:{in_ranges(ids)}"),
            )
        )
        self._ids = ids
        self._keywords = keywords

    @classmethod
    def below(cls, result: Followed) -> list[FollowInsteadButton]:
        """A button for each hint."""
        return fitting(cls(ids, keywords) for ids, keywords in replacements(result.subscribed))

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(of_ranges(match["ids"]), ButtonKeywords.of(match))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await defer_personally(interaction)
        services = client_of(interaction).services
        keywords = self._keywords.in_message(interaction.message)
        result = await services.follows.replace(self._ids, keywords, user_id=UserId(interaction.user.id))
        await answer(
            interaction, answers.followed(result, now=services.clock()), buttons=below_follow(result)
        )


class UndoUnfollowButton(PersistentItem, template=r"undo-unfollow:(?P<key>[0-9a-f]{1,32})"):
    """Follows again what one /my unfollow removed."""

    def __init__(self, key: str) -> None:
        super().__init__(discord.ui.Button(label="Undo", emoji="↩️", custom_id=f"undo-unfollow:{key}"))
        self._key = key

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(match["key"])

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await defer_personally(interaction)
        services = client_of(interaction).services
        result = await services.follows.undo(self._key, user_id=UserId(interaction.user.id))
        await answer(interaction, answers.followed(result, now=services.clock(), title="Undone"))


def below_follow(result: Followed) -> list[PersistentItem]:
    """The buttons below what is followed now."""
    is_refused = result.greeting is not None and result.greeting.refusal is not None
    retry = [ResumeButton(label="Try again")] if is_refused else []
    return [*retry, *FollowInsteadButton.below(result)]
