"""The index: a set of papers as bits, searched by compiled queries.

A set of papers is a whole number with one bit a paper. Each word and each pair of neighbouring words has the
set of the papers in which it stands, for one mode of reading and one choice of fields at a time; a query is
`&`, `|` and `& ~` over those sets. Pairs leave open whether a longer run of words stands together: that is
checked in the text. Modes and fields that no query has asked for yet are not read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache, partial, reduce
from itertools import pairwise
from typing import Final

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.query.expression import EVERY_PAPER, KEY_WORDS, MODES, SCOPES
from bot.core.query.names import is_name, name_readings
from bot.core.query.nodes import Field
from bot.core.query.phrase_search import SearchableText, wanted_words
from bot.core.words.latex import readable
from bot.core.words.tokenizer import Mode, Path, chunk_segments, forms, joined_forms, readings
from bot.matching.vocabulary import Vocabulary

_FIELDS: Final = {letter: field for field, letter in SCOPES.items()}
_MODES: Final = {letter: mode for mode, letter in MODES.items()}
_START: Final = 4  # letters of a word by which most are told apart
_LONG_START: Final = 12  # likewise, of several that are written as one
_MAX_TEXTS: Final = 256  # kept to check runs of words in, for each choice of fields and mode
_OPERATORS: Final[dict[str, Callable[[int, int], int]]] = {
    "&": int.__and__,
    "|": int.__or__,
    "~": lambda one, other: one & ~other,
}


class PaperIndex:
    """An index of papers.

    It is synchronous, so call it off the event loop: from any thread, but from one at a time.
    """

    def __init__(self, papers: Iterable[Paper]) -> None:
        self._papers = list({paper.id: paper for paper in papers}.values())
        self._searches: dict[str, Callable[[str], int]] = {}  # by the letters of the fields and the mode
        self._names: dict[Field, _Names] = {}
        self._default = _Words(self._papers, None, Mode.RUN)
        self._default.papers[EVERY_PAPER] = (1 << len(self._papers)) - 1

    def search(self, expression: str) -> tuple[PaperId, ...]:
        """The papers that a compiled query matches, in the order of the index."""
        return self._ids(self._evaluated(expression))

    def search_many(self, expressions: Iterable[str]) -> dict[str, tuple[PaperId, ...]]:
        """The matches of each expression that has any."""
        has_none = self._default.papers.keys().isdisjoint
        found: dict[str, tuple[PaperId, ...]] = {}
        for expression in expressions:
            # Most queries match no paper of a day, and are done here.
            if has_none(expression.split("|")) and expression[-1] != ")" and "\v" not in expression:
                continue
            if papers := self._evaluated(expression):
                found[expression] = self._ids(papers)
        return found

    def __len__(self) -> int:
        return len(self._papers)

    def vocabulary(self) -> Vocabulary:
        """The words of the titles, abstracts and AI keywords."""
        papers = self._default.papers
        words = [word for word in papers if " " not in word and word != EVERY_PAPER and word == word.lower()]
        return Vocabulary(sorted(words, key=lambda word: -papers[word].bit_count()))

    def _ids(self, papers: int) -> tuple[PaperId, ...]:
        return tuple([self._papers[number].id for number in _numbers(papers)])

    def _evaluated(self, expression: str) -> int:
        if expression[-1] != ")":
            return self._default.matching(expression)
        if "\n" not in expression:
            return self._term(expression)
        stack: list[int] = []
        for line in expression[:-1].split("\n"):
            if operator := _OPERATORS.get(line):
                last = stack.pop()
                stack[-1] = operator(stack[-1], last)
            else:
                stack.append(self._term(line) if line[-1] == ")" else self._default.matching(line))
        return stack[0]

    def _term(self, term: str) -> int:
        scope = term[:2]
        if scope not in self._searches:
            self._searches[scope] = self._search_in(_FIELDS[scope[0]], _MODES[scope[1]])
        return self._searches[scope](term[3:-1])

    def _search_in(self, field: Field | None, mode: Mode) -> Callable[[str], int]:
        if field is None or not field.is_name:
            return _Words(self._papers, field, mode).matching
        if field not in self._names:
            self._names[field] = _Names(self._papers, field)
        return partial(self._names[field].matching, mode=mode)


class _Words:
    """The papers of each word and pair of neighbouring words, of some fields in one mode."""

    def __init__(self, papers: Sequence[Paper], field: Field | None, mode: Mode) -> None:
        self.papers: dict[str, int] = {}
        self._mode = mode
        self._is_prefix: Final = mode.is_prefix
        self._papers = papers
        self._field: Final = field
        self._every = (1 << len(papers)) - 1
        self._plain: dict[int, str] = {}
        self._texts: dict[int, list[SearchableText]] = {}
        get = self.papers.get
        for number, paper in enumerate(papers):
            keys: set[str] = set()
            for text in _texts(paper, field):
                self._add(text, keys)
            bit = 1 << number
            for key in keys:
                self.papers[key] = get(key, 0) | bit

    def matching(self, text: str) -> int:
        """The papers that have one of the runs of words."""
        short, _, long = text.partition("\v")
        keys = short.split("|")
        found = 0
        if self._is_prefix:
            found = self._beginning(keys) if short else 0
        elif not self.papers.keys().isdisjoint(keys):
            get = self.papers.get
            for key in keys:
                found |= get(key, 0)
        for run in long.split("|") if long else ():
            words = tuple(run.split(" "))
            for number in _numbers(self._near(words) & ~found):
                if self._has_run(number, run):
                    found |= 1 << number
        return found

    def _near(self, words: tuple[str, ...]) -> int:
        """The papers that may have this run of four and more words, or of capitals."""
        mode, get, count = self._mode, self.papers.get, len(words)
        side_by_side = self._every
        for place in range(max(count - KEY_WORDS, 0) + 1):
            key = " ".join(words[place : place + KEY_WORDS])
            is_last = mode.is_prefix and place + KEY_WORDS >= count
            side_by_side &= (
                self._beginning([key.lower()]) if is_last else get(key.lower() if mode.is_prefix else key, 0)
            )
            if not side_by_side:
                break
        # With one space left out at least.
        reached = [0] * count + [self._every]
        joined = [0] * (count + 1)
        for start, wanted in reversed(list(enumerate(wanted_words(words, mode)))):
            for word, ends in wanted.whole.items():
                if having := get(word, 0):
                    for end, _ in ends:
                        reached[start] |= having & reached[end]
                        joined[start] |= having & (joined[end] if end == start + 1 else reached[end])
            for word, _ in wanted.begun:
                having = self._beginning([word])
                reached[start] |= having
                joined[start] |= having if start < count - 1 else 0
        return side_by_side | joined[0]

    def _has_run(self, number: int, run: str) -> bool:
        """Whether the run of words stands in the paper's text: as a rule in its plain words."""
        if number not in self._plain:
            self._plain[number] = "".join(map(self._plain_words, _texts(self._papers[number], self._field)))
        if (f" {run}" if self._mode.is_prefix else f" {run} ") in self._plain[number]:
            return True
        if number not in self._texts:
            if len(self._texts) == _MAX_TEXTS:
                self._texts.clear()
            self._texts[number] = [
                SearchableText(text, self._mode) for text in _texts(self._papers[number], self._field)
            ]
        words = run.split(" ")
        return any(True for text in self._texts[number] for _ in text.find(words))

    def _plain_words(self, text: str) -> str:
        """The words of a text, each by what it is found by first; a bar where there are several paths."""
        words: list[str] = ["|"]
        for chunk in text.split():
            for step in _steps(chunk, self._mode):
                if isinstance(step, str):
                    words.append(step)
                elif len(step) == 1:
                    words += [found_by[0] for first, end, found_by in step[0][1] if end == first + 1]
                else:
                    words.append("|")
        return f" {' '.join(words)} "

    def _add(self, text: str, keys: set[str]) -> None:
        """Add the words of a text, and each two and three that stand side by side."""
        plain: list[str] = []  # words, of one reading each, since the last segment that has several
        words: Sequence[str] = ()  # that end where that segment does, and the pairs that do
        pairs: Sequence[str] = ()
        for chunk in text.split():
            for step in _steps(chunk, self._mode):
                if isinstance(step, str):
                    plain.append(step)
                    continue
                words, pairs = _add_paths(step, keys, *_add_plain(plain, keys, words, pairs))
                plain = []
        _add_plain(plain, keys, words, pairs)

    @cached_property
    def _sorted(self) -> tuple[_Sorted, _Sorted]:
        """The words, and the pairs of words, each with its papers at the same place."""
        keys = sorted(self.papers)
        words, pairs = [key for key in keys if " " not in key], [key for key in keys if " " in key]
        return (words, [self.papers[key] for key in words]), (pairs, [self.papers[key] for key in pairs])

    @cached_property
    def _starts(self) -> set[str]:
        """How keys begin: up to some letters of the last word."""
        places = [(key, key.rfind(" ") + 1) for key in self.papers]
        return {key[: last + length] for key, last in places for length in (_START, _LONG_START)}

    def _beginning(self, texts: Iterable[str]) -> int:
        """The papers that have a word, or words side by side, that begins like one of these."""
        starts, found = self._starts, 0
        for text in texts:
            last = text.rfind(" ") + 1
            length = len(text) - last
            # Most readings of a phrase are in no text, and are done here.
            if length >= _START:
                start = text[: last + (_START if length < _LONG_START else _LONG_START)]
                if start not in starts:
                    continue
            keys, having = self._sorted[last > 0]
            first = bisect_left(keys, text)
            end = bisect_left(keys, text[:-1] + chr(ord(text[-1]) + 1), first)
            found = reduce(int.__or__, having[first:end], found)
        return found


_Sorted = tuple[list[str], list[int]]
# The words of a path, with the number of its parts: between which parts each stands, and what it is found by.
_PathWords = tuple[int, list[tuple[int, int, tuple[str, ...]]]]


@lru_cache(maxsize=32768)
def _steps(chunk: str, mode: Mode) -> list[str | list[_PathWords]]:
    """What stands between two spaces: words that are found by one form alone, and segments with more."""
    found: list[str | list[_PathWords]] = []
    for segment in chunk_segments(chunk, mode):
        if len(segment) == len(segment[0]) == 1:
            [[word]] = segment
            found_by = forms(word.text, word.source, mode)
            found.append(found_by[0] if len(found_by) == 1 else [(1, [(0, 1, found_by)])])
        else:
            found.append([_path_words(path, mode) for path in segment])
    return found


def _path_words(path: Path, mode: Mode) -> _PathWords:
    found = [
        (first, end, joined_forms(path, first, end, mode))
        for first in range(len(path))
        for end in readings(path, first)
    ]
    return len(path), found


def _add_plain(
    plain: Sequence[str], keys: set[str], words: Sequence[str], pairs: Sequence[str]
) -> tuple[Sequence[str], Sequence[str]]:
    """Add plain words behind words and pairs that end where they begin; what ends where they end."""
    if not plain:
        return words, pairs
    own_pairs = [f"{one} {other}" for one, other in pairwise(plain)]
    keys.update(
        plain, own_pairs, [f"{pair} {word}" for pair, word in zip(own_pairs, plain[2:], strict=False)]
    )
    first_pairs = [f"{word} {plain[0]}" for word in words]
    keys.update(first_pairs, [f"{pair} {plain[0]}" for pair in pairs])
    if len(plain) == 1:
        return plain, first_pairs
    keys.update([f"{pair} {plain[1]}" for pair in first_pairs])
    return plain[-1:], own_pairs[-1:]


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
    """The names of people or organisations, as bits as well, by their words and initials."""

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
        for number in _numbers(near[0] & full):
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


def _numbers(bits: int) -> list[int]:
    """The places of the bits that are set, from the lowest."""
    found: list[int] = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
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
