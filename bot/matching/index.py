"""The index: a set of papers as bits, searched by compiled queries.

A set of papers is a whole number with one bit a paper. Each word and each pair of neighbouring words has the
set of the papers in which it stands, for one mode of reading and one choice of fields at a time; a query is
`&`, `|` and `& ~` over those sets. Pairs leave open whether a longer run of words stands together: that is
checked in the text. Modes and fields that no query has asked for yet are not read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Final

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.query.expression import EVERY_PAPER, KEY_WORDS, MODES, SCOPES
from bot.core.query.names import is_name, name_readings, query_readings
from bot.core.query.nodes import Field
from bot.core.query.phrase_search import SearchableText, wanted_words
from bot.core.words.latex import readable
from bot.core.words.tokenizer import Mode, Path, chunk_segments, forms, joined_forms, readings
from bot.matching.vocabulary import Vocabulary

_FIELDS: Final = {letter: field for field, letter in SCOPES.items()}
_MODES: Final = {letter: mode for mode, letter in MODES.items()}
_MAX_TEXTS: Final = 256  # kept to check runs of words in
_LAST: Final = "\U0010ffff"  # after every character of a word


class PaperIndex:
    """An index of papers.

    It is synchronous, so call it off the event loop: from any thread, but from one at a time.
    """

    def __init__(self, papers: Iterable[Paper]) -> None:
        self._papers = list({paper.id: paper for paper in papers}.values())
        self._ids = [paper.id for paper in self._papers]
        self._every = (1 << len(self._papers)) - 1
        self._words: dict[tuple[Field | None, Mode], _Words] = {}
        self._names: dict[Field, _Names] = {}
        self._texts: dict[tuple[int, Field | None, Mode], list[SearchableText]] = {}
        self._default = self._words_of(None, Mode.RUN).papers
        self._default[EVERY_PAPER] = self._every

    def search(self, expression: str) -> tuple[PaperId, ...]:
        """The papers that a compiled query matches, in the order of the index."""
        found = self._evaluated(expression)
        return self._numbered(found) if found else ()

    def search_many(self, expressions: Iterable[str]) -> dict[str, tuple[PaperId, ...]]:
        """The matches of each expression that has any."""
        has_none = self._default.keys().isdisjoint
        found: dict[str, tuple[PaperId, ...]] = {}
        for expression in expressions:
            # Most queries match no paper of a day, and are done here.
            if expression[-1] != ")" and "\v" not in expression and has_none(expression.split("|")):
                continue
            if papers := self._evaluated(expression):
                found[expression] = self._numbered(papers)
        return found

    def __len__(self) -> int:
        return len(self._papers)

    def vocabulary(self) -> Vocabulary:
        """The words of the titles, abstracts and AI keywords."""
        return Vocabulary(
            {
                word: papers.bit_count()
                for word, papers in self._default.items()
                if " " not in word and word != EVERY_PAPER and word == word.lower()
            }
        )

    def _numbered(self, papers: int) -> tuple[PaperId, ...]:
        ids: list[PaperId] = []
        while papers:
            lowest = papers & -papers
            ids.append(self._ids[lowest.bit_length() - 1])
            papers ^= lowest
        return tuple(ids)

    def _evaluated(self, expression: str) -> int:
        if expression[-1] != ")":
            return self._run(expression, self._default, None, Mode.RUN)
        lines = expression[:-1].split("\n")
        if len(lines) == 1:
            return self._term(expression)
        stack: list[int] = []
        for line in lines:
            if line == "&":
                last = stack.pop()
                stack[-1] &= last
            elif line == "|":
                last = stack.pop()
                stack[-1] |= last
            elif line == "~":
                last = stack.pop()
                stack[-1] &= ~last
            else:
                stack.append(
                    self._term(line) if line[-1] == ")" else self._run(line, self._default, None, Mode.RUN)
                )
        return stack[0]

    def _term(self, term: str) -> int:
        field, mode, text = _FIELDS[term[0]], _MODES[term[1]], term[3:-1]
        if field is not None and field.is_name:
            return self._name(text, field, mode)
        words = self._words_of(field, mode)
        if mode.is_prefix:
            return self._beginning(text, words, field, mode)
        return self._run(text, words.papers, field, mode)

    def _run(self, text: str, papers: dict[str, int], field: Field | None, mode: Mode) -> int:
        short, _, long = text.partition("\v")
        keys = short.split("|")
        found = 0
        if not papers.keys().isdisjoint(keys):
            for key in keys:
                found |= papers.get(key, 0)
        for run in long.split("|") if long else ():
            words = run.split(" ")
            found |= self._checked(self._near(words, papers, mode) & ~found, words, field, mode)
        return found

    def _near(self, words: Sequence[str], papers: dict[str, int], mode: Mode) -> int:
        """The papers that may have this run of four and more words, or of capitals."""
        side_by_side = [
            " ".join(words[place : place + KEY_WORDS]) for place in range(max(len(words) - KEY_WORDS, 0) + 1)
        ]
        found = self._every
        for key in side_by_side:
            found &= papers.get(key, 0)
            if not found:
                break
        # With one space left out at least.
        count = len(words)
        reached = [0] * count + [self._every]
        joined = [0] * (count + 1)
        for start, wanted in reversed(list(enumerate(wanted_words(tuple(words), mode)))):
            for word, ends in wanted.whole.items():
                if having := papers.get(word, 0):
                    for end, _ in ends:
                        reached[start] |= having & reached[end]
                        joined[start] |= having & (joined[end] if end == start + 1 else reached[end])
        return found | joined[0]

    def _beginning(self, text: str, words: _Words, field: Field | None, mode: Mode) -> int:
        short, _, long = text.partition("\v")
        found = 0
        for key in short.split("|") if short else ():
            found |= words.beginning(key)
        for run in long.split("|") if long else ():
            *complete, last = run.split(" ")
            near = words.beginning(last.lower())
            if len(complete) > 2:
                # A word of the run may be a part of a longer word, so only the text tells.
                near = self._every
            else:
                for word in complete:
                    near &= words.papers.get(word.lower(), 0)
            found |= self._checked(near & ~found, [*complete, last], field, mode)
        return found

    def _checked(self, papers: int, words: Sequence[str], field: Field | None, mode: Mode) -> int:
        """Those of the papers whose texts really have the run of words."""
        found = 0
        while papers:
            lowest = papers & -papers
            papers ^= lowest
            number = lowest.bit_length() - 1
            if any(True for text in self._read(number, field, mode) for _ in text.find(words)):
                found |= lowest
        return found

    def _name(self, text: str, field: Field, mode: Mode) -> int:
        if field not in self._names:
            self._names[field] = _Names([_names(paper, field) for paper in self._papers])
        return self._names[field].matching(
            tuple(text.split(" ")),
            is_quote=mode.is_quote,
            is_prefix=mode.is_prefix,
        )

    def _words_of(self, field: Field | None, mode: Mode) -> _Words:
        words = self._words.get((field, mode))
        if words is None:
            words = self._words[field, mode] = _Words((_texts(paper, field) for paper in self._papers), mode)
        return words

    def _read(self, number: int, field: Field | None, mode: Mode) -> list[SearchableText]:
        key = (number, field, mode)
        if key not in self._texts:
            if len(self._texts) >= _MAX_TEXTS:
                self._texts.clear()
            self._texts[key] = [SearchableText(text, mode) for text in _texts(self._papers[number], field)]
        return self._texts[key]


class _Words:
    """The papers of each word and pair of neighbouring words, of some fields in one mode."""

    def __init__(self, papers: Iterable[Iterable[str]], mode: Mode) -> None:
        self.papers: dict[str, int] = {}
        self._mode = mode
        for number, texts in enumerate(papers):
            keys: set[str] = set()
            for text in texts:
                self._add(text, keys)
            paper = 1 << number
            for key in keys:
                self.papers[key] = self.papers.get(key, 0) | paper

    def _add(self, text: str, keys: set[str]) -> None:
        """Add the words of a text, and each two and three that stand side by side."""
        mode = self._mode
        words: Sequence[str] = ()  # that end where the text has been read to, and the pairs that do
        pairs: Sequence[str] = ()
        for chunk in text.split():
            for found, paths in _steps(chunk, mode):
                if paths:
                    words, pairs = _add_paths(paths, keys, words, pairs)
                    continue
                keys.update(found)
                keys.update([f"{pair} {form}" for pair in pairs for form in found])
                pairs = [f"{word} {form}" for word in words for form in found]
                keys.update(pairs)
                words = found

    @cached_property
    def _sorted(self) -> tuple[list[str], list[str]]:
        keys = sorted(self.papers)
        return [key for key in keys if " " not in key], [key for key in keys if " " in key]

    def beginning(self, text: str) -> int:
        """The papers that have a word, or a pair of words, that begins like this."""
        keys = self._sorted[" " in text]
        found = 0
        for key in keys[bisect_left(keys, text) : bisect_left(keys, text + _LAST)]:
            found |= self.papers[key]
        return found


# The words of a path, with the number of its parts: between which parts each stands, and what it is found by.
_PathWords = tuple[int, list[tuple[int, int, tuple[str, ...]]]]


@lru_cache(maxsize=32768)
def _steps(chunk: str, mode: Mode) -> list[tuple[tuple[str, ...], list[_PathWords]]]:
    """What stands between two spaces: what each word is found by, or the paths with hyphens in them."""
    return [
        (forms(segment[0][0].text, segment[0][0].source, mode), [])
        if len(segment) == len(segment[0]) == 1
        else ((), [_path_words(path, mode) for path in segment])
        for segment in chunk_segments(chunk, mode)
    ]


def _path_words(path: Path, mode: Mode) -> _PathWords:
    found = [
        (first, end, joined_forms(path, first, end, mode))
        for first in range(len(path))
        for end in readings(path, first)
    ]
    return len(path), found


def _add_paths(
    paths: Iterable[_PathWords], keys: set[str], words: Sequence[str], pairs: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Add a segment in which hyphens join words, or which has several paths; what may end where it ends."""
    last_words: list[str] = []
    last_pairs: list[str] = []
    for size, found in paths:
        words_at: list[list[str]] = [[*words], *([] for _ in range(size))]
        pairs_at: list[list[str]] = [[*pairs], *([] for _ in range(size))]
        for first, end, step in found:
            new = [f"{word} {form}" for word in words_at[first] for form in step]
            keys.update(step, new, [f"{pair} {form}" for pair in pairs_at[first] for form in step])
            words_at[end] += step
            pairs_at[end] += new
        last_words += words_at[size]
        last_pairs += pairs_at[size]
    return last_words, last_pairs


class _Names:
    """The names that papers have in one field, by their words."""

    def __init__(self, names: Sequence[Sequence[str]]) -> None:
        self._of_paper = names
        self._papers: dict[str, int] = {}  # of each word, and of each initial
        for number, of_paper in enumerate(names):
            words = {word.text for name in of_paper for reading in name_readings(name) for word in reading}
            for word in words | {f"{word[0]}." for word in words}:
                self._papers[word] = self._papers.get(word, 0) | 1 << number

    def matching(self, words: tuple[str, ...], *, is_quote: bool, is_prefix: bool) -> int:
        """The papers that have this name."""
        near = 0
        for reading in query_readings(words):
            sets = [
                self._having(
                    word.text,
                    may_shorten=len(reading) > 1 and not word.is_joined,
                    is_prefix=is_prefix and place == len(reading) - 1,
                )
                for place, word in enumerate(reading)
            ]
            both = sets[0]
            for papers in sets[1:]:
                both &= papers
            near |= both
        found = 0
        while near:
            lowest = near & -near
            near ^= lowest
            if any(
                is_name(words, name, is_quote=is_quote, is_prefix=is_prefix)
                for name in self._of_paper[lowest.bit_length() - 1]
            ):
                found |= lowest
        return found

    def _having(self, word: str, *, may_shorten: bool, is_prefix: bool) -> int:
        found = self._papers.get(word, 0)
        if is_prefix:
            for name, papers in self._papers.items():
                if name.startswith(word):
                    found |= papers
        if may_shorten:
            found |= self._papers.get(f"{word}.", 0) if len(word) == 1 else self._papers.get(word[0], 0)
        return found


def _texts(paper: Paper, field: Field | None) -> Iterator[str]:
    """The texts of a field, or of the default ones. No run of words goes from one into the next."""
    if field is None or field in {Field.TITLE, Field.TOPIC}:
        yield readable(paper.title)
    if field is None or field is Field.ABSTRACT:
        yield readable(paper.abstract)
    if field is None or field in {Field.KEYWORD, Field.TOPIC}:
        yield from map(readable, paper.ai_keywords)


def _names(paper: Paper, field: Field) -> tuple[str, ...]:
    names = paper.authors if field is Field.AUTHOR else (paper.organization, paper.organization_login)
    return tuple(readable(name) for name in names if name)
