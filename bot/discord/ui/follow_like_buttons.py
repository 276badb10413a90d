"""The buttons that lead from a paper to following papers like it."""

from __future__ import annotations

import re
from typing import Any, Final, Self

import discord
from typing_extensions import override

from bot.core.ids import PaperId, UserId
from bot.core.limits import Costly
from bot.discord.answers import follows as follow_answers
from bot.discord.answers import similar as answers
from bot.discord.ui.button_keywords import KEYWORDS, ButtonKeywords
from bot.discord.ui.components import PersistentItem, SafeModal, client_of, typed_in
from bot.discord.ui.cooldowns import use, use_for_unknown
from bot.discord.ui.error_handler import answer_failure
from bot.discord.ui.follow_buttons import below_follow
from bot.discord.ui.pages import answer
from bot.discord.ui.paper_items import PAPER, PaperButton
from bot.discord.ui.replies import defer_personally

_FORM_ID: Final = "follow-form"
_MAX_TYPED: Final = 2_000  # characters, as in /my follow


class FollowLikeButton(PaperButton, template=rf"follow:{PAPER}"):
    """Suggests keywords for papers like one. Nothing is followed by this."""

    action, label = "follow", "Follow papers like this"

    @override
    async def act(self, interaction: discord.Interaction, paper_id: PaperId) -> None:
        use(interaction, Costly.SIMILAR)
        await use_for_unknown(interaction, [paper_id])
        result = await client_of(interaction).services.suggestions.keywords_like(paper_id)
        buttons = [EditFollowButton(ButtonKeywords(result.keywords))] if result.phrases else []
        await answer(interaction, [answers.suggestion(result)], buttons=buttons)


class EditFollowButton(PersistentItem, template=rf"follow-form{KEYWORDS}"):
    """Opens a form with the keywords, whose sender follows what they made of them."""

    def __init__(self, keywords: ButtonKeywords) -> None:
        super().__init__(
            discord.ui.Button(
                label="Edit and follow",
                style=discord.ButtonStyle.primary,
                custom_id=keywords.id_behind(_FORM_ID),
            )
        )
        self._keywords = keywords

    @override
    @classmethod
    def parse(cls, match: re.Match[str], item: discord.ui.Item[Any]) -> Self:
        return cls(ButtonKeywords.of(match))

    @override
    async def on_press(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(_FollowForm(self._keywords.in_message(interaction.message)))


class _FollowForm(SafeModal):
    """What is sent is handled by `answer_follow_form`, so that a form from before a restart works too."""

    def __init__(self, keywords: str) -> None:
        super().__init__(title="Follow papers like this", custom_id=_FORM_ID)
        field = discord.ui.TextInput[Any](
            custom_id="keywords",
            style=discord.TextStyle.paragraph,
            default=keywords,
            max_length=_MAX_TYPED,
        )
        description = "As for /my follow: OR between alternatives, AND between what a paper must have"
        self.add_item(discord.ui.Label(text="Keywords", description=description, component=field))


async def answer_follow_form(interaction: discord.Interaction) -> None:
    """Follows the keywords that the form has; ignores other interactions."""
    typed = typed_in(interaction, _FORM_ID)
    if typed is None:
        return
    try:
        await defer_personally(interaction)
        services = client_of(interaction).services
        result = await services.follows.follow(typed["keywords"], user_id=UserId(interaction.user.id))
        pages = follow_answers.followed(result, now=services.clock())
        await answer(interaction, pages, buttons=below_follow(result))
    except Exception as error:  # noqa: BLE001 - the error handler of the form
        await answer_failure(interaction, error)
