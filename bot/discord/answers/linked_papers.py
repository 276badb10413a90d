"""Answers on the papers that a message links to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import discord

from bot.core.ids import PaperId
from bot.core.lines import digest_line
from bot.core.paper_choices import MAX_CHOICES
from bot.core.plurals import count
from bot.discord.answers.pages import COLOR
from bot.services.library.reading import PapersById

NO_LINKS: Final = (
    "I found no links to papers in this message. I look for links such as "
    "`https://huggingface.co/papers/2401.12345` and `https://arxiv.org/abs/2401.12345` in its text, its "
    "embeds and any forwarded message."
)
_MAX_LINE: Final = 140  # characters, so that MAX_CHOICES lines fit


def found(papers: PapersById, *, left_out: int) -> discord.Embed:
    """The papers of a message, to choose from."""
    lines = [digest_line(paper, queries=(), limit=_MAX_LINE, has_details=False) for paper in papers.papers]
    embed = discord.Embed(
        title=f"{count(len(papers.papers), 'paper')} in this message",
        description="\n".join(lines) or None,
        color=COLOR,
    )
    return with_missing(embed, papers, left_out=left_out)


def with_missing(embed: discord.Embed, papers: PapersById, *, left_out: int) -> discord.Embed:
    """The embed, which also says which links have no paper."""
    notes = [*missing(papers)]
    if left_out:
        more = count(left_out, "more paper")
        notes.append(f"The message has {more}: only the first {MAX_CHOICES} are included.")
    if notes:
        embed.description = "\n\n".join(filter(None, (embed.description, "\n".join(notes))))
    return embed


def missing(papers: PapersById) -> Iterator[str]:
    """Which links have no paper, and why."""
    if papers.unknown:
        yield f"Hugging Face doesn't have {_named(papers.unknown)}."
    if papers.unread:
        yield f"Hugging Face didn't answer about {_named(papers.unread)}. Try again in a few minutes."


def _named(ids: Sequence[PaperId]) -> str:
    return ", ".join(f"[{paper_id}](https://arxiv.org/abs/{paper_id})" for paper_id in ids)
