"""Paper choices: what a menu of papers offers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from bot.core.cutting import shorten
from bot.core.ids import PaperId
from bot.core.markdown import plain
from bot.core.papers import Paper
from bot.core.words.latex import readable

MAX_CHOICES: Final = 25  # of a menu; Discord's limit
_MAX_LABEL: Final = 100  # characters; Discord's limit


@dataclass(frozen=True, slots=True)
class PaperChoice:
    id: PaperId
    title: str  # plain text of 1 to 100 characters


def paper_choices(papers: Iterable[Paper]) -> tuple[PaperChoice, ...]:
    """The first MAX_CHOICES of the papers, each once."""
    distinct = {paper.id: paper for paper in papers}
    return tuple(
        PaperChoice(paper.id, shorten(plain(readable(paper.title)), _MAX_LABEL) or paper.id)
        for paper in islice(distinct.values(), MAX_CHOICES)
    )
