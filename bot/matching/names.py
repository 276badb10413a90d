"""Names in papers: of their authors and organizations, in the words and initials by which they are found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from typing import Final

from bot.core.papers import Paper
from bot.core.query.names import is_reading_of_name, name_readings, query_readings
from bot.core.query.nodes import Field
from bot.core.words.latex import readable
from bot.core.words.tokenizer import Mode
from bot.matching.terms import numbers_of

NAME_FIELDS: Final = (Field.AUTHOR, Field.ORG)


def name_line(paper: Paper, field: Field) -> str:
    """The paper's names, every reading of each: `/yann/LeCun/;/…/`, in capitals where these may count."""
    names = paper.authors if field is Field.AUTHOR else (paper.organization, paper.organization_login)
    found: dict[str, None] = {}
    for name in filter(None, names):
        for reading in name_readings(readable(name)):
            words = [word.written if word.written.lower() == word.text else word.text for word in reading]
            found["/".join(words)] = None
    return f"/{'/;/'.join(found)}/"


class NameSearch:
    """A name, to be looked for."""

    def __init__(self, body: str, mode: Mode) -> None:
        self._words = tuple(body.split(" "))
        self._mode = mode
        typed = {word.text for reading in query_readings(self._words) for word in reading}
        ending = "" if mode.is_prefix else "/"
        self._in_full = [f"/{word}{ending}" for word in typed if len(word) > 1]

    def stands_in(self, line: str) -> bool:
        """Whether a line of names has it."""
        return self._has_word(line) and any(
            self._has_word(name) and is_reading_of_name(self._words, name.strip("/").split("/"), self._mode)
            for name in line.split(";")
        )

    def _has_word(self, line: str) -> bool:
        """Whether one of its words is there in full, as one must be."""
        lower = line.lower()
        return any(word in lower for word in self._in_full)


class NameSets:
    """The papers of each word of a name and of each initial, as bits."""

    def __init__(self, papers: Sequence[Paper], field: Field) -> None:
        self._lines = [name_line(paper, field) for paper in papers]
        self._papers: defaultdict[str, int] = defaultdict(int)
        for number, line in enumerate(self._lines):
            for word in set(line.lower().replace(";", "/").split("/")) - {""}:
                self._papers[word] |= 1 << number
                self._papers[f"{word[0]}."] |= 1 << number

    def matching(self, body: str, mode: Mode) -> int:
        """The papers that have this name."""
        near = self._near(body.lower().split(" "), mode)
        if not near:
            return 0
        search = NameSearch(body, mode)
        return sum([1 << number for number in numbers_of(near) if search.stands_in(self._lines[number])])

    def _near(self, words: Sequence[str], mode: Mode) -> int:
        """The papers that have each of these words or its initial, and one of them in full."""
        get, count = self._papers.get, len(words)
        in_full = 0
        near = [0] * count + [-1]  # with the words from here on
        for start in reversed(range(count)):
            for end in range(start + 1, count + 1):
                word = "".join(words[start:end])
                having = get(word, 0)
                if mode.is_prefix and end == count:
                    begun = (papers for each, papers in self._papers.items() if each.startswith(word))
                    having = reduce(int.__or__, begun, 0)
                in_full |= having
                if end == start + 1:
                    having |= get(f"{word}." if len(word) == 1 else word[0], 0)
                near[start] |= having & near[end]
        return near[0] & in_full
