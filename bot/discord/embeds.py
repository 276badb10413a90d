"""Embeds: our cards as discord.py's embeds, and links as its buttons."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.core.cards import Card, Link


def to_embed(card: Card) -> discord.Embed:
    embed = discord.Embed(title=card.title, url=card.url, description=card.description, color=card.color)
    for name, value, is_inline in card.fields:
        embed.add_field(name=name, value=value, inline=is_inline)
    if card.author:
        embed.set_author(name=card.author, url=card.author_url, icon_url=card.author_icon)
    if card.footer:
        embed.set_footer(text=card.footer)
    embed.set_thumbnail(url=card.thumbnail)
    embed.set_image(url=card.image)
    return embed


def add_links(view: discord.ui.View, links: Sequence[Link]) -> discord.ui.View:
    """Adds link buttons, five in a row, below what the view has."""
    row = 1 if view.children else 0
    for item in links:
        view.add_item(
            discord.ui.Button(style=discord.ButtonStyle.link, label=item.label, url=item.url, row=row)
        )
    return view
