"""Titles of papers found by what a person typed so far: the beginnings of their words, or of an id."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bot.core.ids import PaperId
from bot.core.words.latex import readable

_WORD = re.compile(r"[^\W_]+")
_COMPOUND = re.compile(r"[^\W_]+(?:[-_'\N{RIGHT SINGLE QUOTATION MARK}.][^\W_]+)+")
# What may be the beginning of an id, on its own or at the end of a link.
_ID_BEGINNING = re.compile(r"(?:\A|[/:])\s*(\d{4}(?:\.\d{0,5})?)(?:v\d*)?\s*\Z", re.ASCII)


class Title(NamedTuple):
    paper_id: PaperId
    text: str  # as people read it
    words: str  # the folded words, those of compounds also as one, each after a space


def title_of(paper_id: PaperId, title: str) -> Title:
    """The title of a paper, as the list has it."""
    text = readable(title)
    folded = _folded(text)
    joined = ["".join(_WORD.findall(compound)) for compound in _COMPOUND.findall(folded)]
    return Title(paper_id, text, "".join(f" {word}" for word in [*_WORD.findall(folded), *joined]))


def titles_like(titles: Iterable[Title], typed: str) -> Iterator[tuple[str, PaperId]]:
    """The titles with words that begin as each of those typed does, in any order, as labels with their ids.

    Where the beginning of an id was typed, also the papers whose id begins so; their labels have it. Without
    any word, all of them.
    """
    beginning = _ID_BEGINNING.search(typed)
    words = [f" {word}" for word in _WORD.findall(_folded(typed))]
    for title in titles:
        if beginning and title.paper_id.startswith(beginning[1]):
            yield f"{title.paper_id}: {title.text}", title.paper_id
        elif all(word in title.words for word in words):
            yield title.text, title.paper_id


def _folded(text: str) -> str:
    """The text without differences of case, accents and forms of the same character."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))
