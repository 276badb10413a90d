"""Embeds: our messages as discord.py's embeds and link buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import discord

from bot.core.cards import Card, Link
from bot.core.messages import Message


@dataclass(frozen=True, slots=True)
class MessageParts:
    """What discord.py's `send` takes for a message."""

    content: str
    embeds: list[discord.Embed]
    view: discord.ui.View | None  # only link buttons: no listener, no timeout


def to_discord(message: Message) -> MessageParts:
    return MessageParts(
        content=message.content,
        embeds=[to_embed(card) for card in message.cards],
        view=link_view(message.links) if message.links else None,
    )


def to_embed(card: Card) -> discord.Embed:
    embed = discord.Embed(title=card.title, url=card.url, description=card.description, colour=card.colour)
    for name, value, is_inline in card.fields:
        embed.add_field(name=name, value=value, inline=is_inline)
    if card.author:
        embed.set_author(name=card.author, url=card.author_url, icon_url=card.author_icon)
    if card.footer:
        embed.set_footer(text=card.footer)
    embed.set_thumbnail(url=card.thumbnail)
    embed.set_image(url=card.image)
    return embed


def link_view(links: Sequence[Link]) -> discord.ui.View:
    """Link buttons, five in a row; at most 25."""
    view = discord.ui.View(timeout=None)
    for item in links:
        view.add_item(discord.ui.Button(style=discord.ButtonStyle.link, label=item.label, url=item.url))
    return view
