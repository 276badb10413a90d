"""The papers that a message links to, opened or saved for one person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import discord

from bot.core.ids import PaperId, UserId
from bot.core.paper_choices import MAX_CHOICES, paper_choices
from bot.core.papers import linked_ids
from bot.discord.answers import library as library_answers
from bot.discord.answers import linked_papers as answers
from bot.discord.ui.components import SafeView, client_of
from bot.discord.ui.cooldowns import use_for_unknown
from bot.discord.ui.library_buttons import UnsaveButton
from bot.discord.ui.opened_paper import open_paper, papers_view
from bot.discord.ui.replies import defer_personally, reply
from bot.errors import UserError


async def open_linked(interaction: discord.Interaction, message: discord.Message) -> None:
    """Opens the paper that the message links to, or lets the person choose one of several."""
    await defer_personally(interaction)
    ids, left_out = _linked(message)
    if len(ids) == 1:
        await open_paper(interaction, ids[0])
        return
    await use_for_unknown(interaction, ids)
    linked = await client_of(interaction).services.reading.several(ids)
    embed = answers.found(linked, left_out=left_out)
    await reply(interaction, embeds=[embed], view=papers_view(paper_choices(linked.papers)))


async def save_linked(interaction: discord.Interaction, message: discord.Message) -> None:
    """Saves all papers that the message links to."""
    await defer_personally(interaction)
    ids, left_out = _linked(message)
    services = client_of(interaction).services
    await use_for_unknown(interaction, ids)
    linked = await services.reading.several(ids)
    if not linked.papers:
        raise UserError("\n".join(["Nothing was saved.", *answers.missing(linked)]))
    saved_ids = [paper.id for paper in linked.papers]
    saved = await services.library.save(UserId(interaction.user.id), saved_ids)
    embed = answers.with_missing(library_answers.saving(saved), linked, left_out=left_out)
    view = SafeView(UnsaveButton(saved_ids[0])) if len(saved_ids) == 1 else None
    await reply(interaction, embeds=[embed], view=view or papers_view(paper_choices(linked.papers)))


def _linked(message: discord.Message) -> tuple[list[PaperId], int]:
    """The papers, and how many more than MAX_CHOICES the message links to.

    Raises:
        UserError: it links to none.
    """
    ids = linked_ids("\n".join(_texts(message)))
    if not ids:
        raise UserError(answers.NO_LINKS)
    return ids[:MAX_CHOICES], max(0, len(ids) - MAX_CHOICES)


def _texts(message: discord.Message) -> Iterator[str]:
    """Whatever may have a link in a message and in those that it forwards."""
    for part in (message, *message.message_snapshots):
        yield part.content
        for embed in part.embeds:
            texts = [embed.url, embed.title, embed.description, embed.author.url, embed.footer.text]
            texts += [text for field in embed.fields for text in (field.name, field.value)]
            yield from filter(None, texts)
        yield from _component_texts(part.components)


def _component_texts(components: Iterable[Any]) -> Iterator[str]:
    """The addresses of buttons, and the texts of messages that are made of components."""
    for component in components:
        for text in (getattr(component, "url", None), getattr(component, "content", None)):
            if isinstance(text, str):
                yield text
        yield from _component_texts(getattr(component, "children", ()))
