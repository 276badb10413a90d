"""Pages: the lines of an answer laid out over embeds."""

from __future__ import annotations

from collections.abc import Iterable

import discord

from bot.core.markdown import length

COLOR = 0xFFD21E  # Hugging Face's yellow
MAX_PAGE_LENGTH = 3_000  # characters; Discord takes 4,096 in a description, too many to read on a phone
MAX_LAST_PAGE_LENGTH = 4_000  # with its footer; a longer footer is a separate page
MAX_LINES = 15


def pages(
    lines: Iterable[str], *, title: str, intro: str = "", footer: str = "", empty: str = ""
) -> list[discord.Embed]:
    """Lines of markdown as embeds, each of at most MAX_LINES lines and MAX_PAGE_LENGTH characters.

    Args:
        lines: each stays whole.
        title: of every page.
        intro: above the lines of the first page.
        footer: below the lines of the last page, as markdown.
        empty: shown if there are no lines.
    """
    groups: list[list[str]] = [[]]
    size = length(intro)
    for line in lines:
        if groups[-1] and (len(groups[-1]) == MAX_LINES or size + length(line) > MAX_PAGE_LENGTH):
            groups.append([])
            size = 0
        groups[-1].append(line)
        size += length(line) + 1
    if groups[-1] and size + length(footer) > MAX_LAST_PAGE_LENGTH:
        groups.append([])
    elif not groups[-1] and empty:
        groups[-1].append(empty)
    bodies = ["\n".join(group) for group in groups]
    bodies[0] = "\n\n".join(filter(None, (intro, bodies[0])))
    bodies[-1] = "\n\n".join(filter(None, (bodies[-1], footer)))
    embeds = [discord.Embed(title=title, description=body, color=COLOR) for body in bodies]
    return numbered(embeds) if len(embeds) > 1 else embeds


def numbered(embeds: list[discord.Embed]) -> list[discord.Embed]:
    """The pages of one answer, each with its number in the footer."""
    for number, embed in enumerate(embeds, start=1):
        embed.set_footer(text=f"Page {number} of {len(embeds)}")
    return embeds
