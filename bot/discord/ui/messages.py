"""Messages: those of the core as discord.py's embeds, buttons and menus."""

from __future__ import annotations

from dataclasses import dataclass

import discord

from bot.core.messages import Message
from bot.discord.embeds import add_links, to_embed
from bot.discord.ui.direct_buttons import stop_and_change
from bot.discord.ui.opened_paper import papers_view


@dataclass(frozen=True, slots=True)
class MessageParts:
    """What discord.py's `send` takes for a message."""

    content: str
    embeds: list[discord.Embed]
    view: discord.ui.View | None  # without a listener or timeout of its own


def to_discord(message: Message) -> MessageParts:
    view = papers_view(message.papers)
    if message.links:
        view = add_links(view or discord.ui.View(timeout=None), message.links)
    if message.ends_delivery:
        view = view or discord.ui.View(timeout=None)
        for button in stop_and_change():
            view.add_item(button)
    return MessageParts(content=message.content, embeds=[to_embed(card) for card in message.cards], view=view)
