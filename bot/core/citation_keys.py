"""Citation keys: the first author's surname, the year and a word of the title, such as `he2015deep`.

In lower-case ASCII: BibTeX tells no keys apart by their case, and old programs read nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import count, product
from string import ascii_lowercase
from typing import Final

from bot.core.author_names import author_names
from bot.core.papers import Paper
from bot.core.words.latex import readable
from bot.core.words.tokenizer import Mode, query_words

MAX_KEY_LENGTH: Final = 80
_MAX_PART: Final = 30  # of a surname or a word
_NOBODY: Final = "anon"
_ASCII = re.compile(r"[a-z0-9]+")
# Words that say nothing yet of what a paper is about, and of which group the authors are.
_SKIPPED: Final = (
    "a an and are as at by can do does for from how in into is of on or the to towards toward via what when "
    "where which who why with your"
)
_NOT_A_GROUP: Final = frozenset({"the", "team"})


def citation_key(paper: Paper, *, taken: Collection[str] = ()) -> str:
    """A key for the paper that is not taken yet: with a letter added if others have the same."""
    base = f"{_author(paper)}{submitted(paper)[0]}{_first(_ascii(readable(paper.title)), _SKIPPED.split())}"
    return next(key for key in _lettered(base) if key not in taken)


def submitted(paper: Paper) -> tuple[int, int]:
    """The year and month in which the paper came to arXiv; by its id where arXiv's time is unknown."""
    if paper.published_at is not None:
        return paper.published_at.year, paper.published_at.month
    return 2000 + int(paper.id[:2]), int(paper.id[2:4])


def _author(paper: Paper) -> str:
    for name in author_names(paper.authors):
        words = _ascii(name.surname)
        part = _first(words, _NOT_A_GROUP) if name.is_group else "".join(words)[:_MAX_PART]
        if part:
            return part
    return _NOBODY


def _ascii(text: str) -> list[str]:
    """The words in lower case without accents, and of each what is ASCII."""
    return [found for word in query_words(text, Mode.NAME) if (found := "".join(_ASCII.findall(word)))]


def _first(words: Iterable[str], skipped: Collection[str]) -> str:
    return next((word[:_MAX_PART] for word in words if word not in skipped), "")


def _lettered(base: str) -> Iterator[str]:
    """The key itself, then followed by a to z, then by aa to zz, and so on."""
    for size in count():
        for letters in product(ascii_lowercase, repeat=size):
            yield base + "".join(letters)
