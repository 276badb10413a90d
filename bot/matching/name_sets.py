"""Names as sets of papers: which papers have an author or an organization of this name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from bot.core.papers import Paper
from bot.core.query.names import is_name, name_readings
from bot.core.query.nodes import Field
from bot.core.words.latex import readable
from bot.core.words.tokenizer import Mode
from bot.matching.word_sets import numbers_of


class NameSets:
    """The names of people or organizations, as bits as well, by their words and initials."""

    def __init__(self, papers: Sequence[Paper], field: Field) -> None:
        papers_of: defaultdict[str, int] = defaultdict(int)
        for number, paper in enumerate(papers):
            for name in _names(paper, field):
                papers_of[name] |= 1 << number
        self._papers_of = list(papers_of.items())
        self._having: dict[str, int] = {}
        for number, name in enumerate(papers_of):
            words = {word.text for reading in name_readings(name) for word in reading}
            for word in words | {f"{word[0]}." for word in words}:
                self._having[word] = self._having.get(word, 0) | 1 << number

    def matching(self, text: str, *, mode: Mode) -> int:
        """The papers that have this name."""
        words = tuple(text.split(" "))
        lower, count = text.lower().split(" "), len(words)
        full = 0  # with one of the words in full at least, or some as one word
        near = [0] * count + [-1]  # with the words from here on, or their initials
        for start in reversed(range(count)):
            for end in range(start + 1, count + 1):
                word = "".join(lower[start:end])
                having = self._full(word, begins=mode.is_prefix and end == count)
                full |= having
                if end == start + 1:
                    having |= self._having.get(f"{word}." if len(word) == 1 else word[0], 0)
                near[start] |= having & near[end]
        found = 0
        for number in numbers_of(near[0] & full):
            name, papers = self._papers_of[number]
            if is_name(words, name, is_quote=mode.is_quote, is_prefix=mode.is_prefix):
                found |= papers
        return found

    def _full(self, word: str, *, begins: bool) -> int:
        found = self._having.get(word, 0)
        if begins:
            for name, having in self._having.items():
                if name.startswith(word):
                    found |= having
        return found


def _names(paper: Paper, field: Field) -> tuple[str, ...]:
    names = paper.authors if field is Field.AUTHOR else (paper.organization, paper.organization_login)
    return tuple(readable(name) for name in names if name)
