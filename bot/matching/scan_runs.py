"""Runs of words in the scan: which stored texts have one for certain, and which may have it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from bot.core.query.phrase_search import wanted_words
from bot.core.words.tokenizer import Mode
from bot.matching.scan_texts import CONTEXT, LEFT_OUT, Lines
from bot.matching.scan_words import Codes, long_runs, runs_of

_FEW: Final = 4  # characters that are faster looked for one by one
# Rare words have characters from here on. Regular expressions are slow at sets of these.
_RARE: Final = "\U00010000"
_LAST: Final = "\U0010ffff"
_rare_words: Final = re.compile(f"[{_RARE}-{_LAST}]").findall

Positions = range | list[int]
# The texts that match, and those that may, with the first ones.
Matches = tuple[set[int], set[int]]
# For each word of a run, the characters that it may be read as from there on, and where each reading ends.
Ways = list[list[tuple[str, int]]]


def listed(body: str, mode: Mode, codes: Codes) -> Iterator[Ways]:
    """The runs of a term that texts have words for."""
    runs = [_plain(words, mode, codes) for words in runs_of(body.partition("\v")[0])]
    runs += [_joining(words, mode, codes) for words in long_runs(body)]
    yield from filter(_is_reachable, runs)


def _plain(words: Sequence[str], mode: Mode, codes: Codes) -> Ways:
    ways: Ways = [[(codes.of(word, mode), end)] for end, word in enumerate(words, 1)]
    if mode.is_prefix:
        ways[-1] = [(codes.beginning(words[-1], mode), len(words))]
    return ways


def _joining(words: Sequence[str], mode: Mode, codes: Codes) -> Ways:
    """With the ways to leave out a space between some of the words."""
    return [
        [
            *((codes.of(word, mode), end) for ends in here.whole.values() for end, word in ends),
            *((codes.beginning(word, mode), len(words)) for _, word in here.begun),
        ]
        for here in wanted_words(tuple(words), mode)
    ]


def _is_reachable(ways: Ways) -> bool:
    return _reaches([[(bool(characters), end) for characters, end in here] for here in ways])


def _reaches(ways: Sequence[Sequence[tuple[bool, int]]]) -> bool:
    """Whether there are words for the whole run."""
    reached = [False] * len(ways) + [True]
    for start in range(len(ways) - 1, -1, -1):
        reached[start] = any(has and reached[end] for has, end in ways[start])
    return reached[0]


class Run:
    """A run of words, in one or more ways; `place` has the lines of its field, if it has one."""

    def __init__(self, ways: Ways, place: tuple[int, ...] | None) -> None:
        self._count = len(ways)
        self._place = place
        self._ways = [
            [(characters, _finder(characters), end) for characters, end in here if characters]
            for here in ways
        ]
        self._first = "".join([characters for characters, _, _ in self._ways[0]])
        self._last = "".join(
            [characters for here in self._ways for characters, _, end in here if end == self._count]
        )
        self._is_plain = all(
            [end for _, _, end in here] == [start] for start, here in enumerate(self._ways, 1)
        )
        of_words = {character for here in ways for characters, _ in here for character in characters}
        # What is left out is a boundary between words, so no word is found there.
        self._others = "".join(of_words if self._count == 1 else of_words | {LEFT_OUT})
        # By the character: from which words of the run on it may stand for which.
        self._moves: dict[str, list[tuple[int, int]]] = {}
        for start, here in enumerate(ways):
            for characters, end in here:
                for character in characters:
                    self._moves.setdefault(character, []).append((start, end))
        # The words of a text that the run may have, those side by side together.
        self._stretches = _stretches("".join(self._moves))
        self._has_run = self._finder_of_run()

    def matching(self, lines: Lines, positions: Positions) -> Matches:
        """The texts at these positions that have it, and those that may."""
        words, other_words = lines.words, lines.other_words
        certain = self._having(words, positions)
        possible: set[int] = set()
        near = _having(self._others, other_words, without(positions, certain))
        if self._count == 1 and self._place is None:
            return certain.union(near), possible
        for position in near:
            if not self._has_words(words[position], other_words[position]):
                continue
            others = lines.others.get(position)
            if others is None:
                possible.add(position)
            elif self._stands_in(others):
                certain.add(position)
            elif self._may_be_apart(words[position], other_words[position], others):
                possible.add(position)
        return certain, possible

    def _having(self, column: Sequence[str], positions: Positions) -> set[int]:
        """The texts whose own words have the run."""
        if not self._is_plain:
            near = _having(self._last, column, _having(self._first, column, positions))
            near = [position for position in near if self._has_words(column[position], "")]
        else:
            near = positions
            for here in sorted(self._ways, key=lambda here: len(here[0][0])):
                near = _having(here[0][0], column, near)
            if self._count == 1 and self._place is None:
                return set(near)
        return {position for position in near if self._stands_in(column[position])}

    def _stands_in(self, text: str) -> bool:
        if self._place is None:
            return self._has_run(text)
        lines = text.split("\n")
        return any(self._has_run(lines[line]) for line in self._place)

    def _has_words(self, text: str, other: str) -> bool:
        """Whether all the words of a reading are among a text's own and other words."""
        if self._is_plain:
            return all(has(text) or has(other) for [(_, has, _)] in self._ways)
        return _reaches([[(has(text) or has(other), end) for _, has, end in here] for here in self._ways])

    def _may_be_apart(self, text: str, other: str, others: str) -> bool:
        """Whether the run may have two other words or more, which do not stand in one reading.

        Each piece of such a run ends with another word, but for the last.
        """
        if self._count > CONTEXT + 1:
            return True
        if LEFT_OUT in other:
            return any(has(other) for here in self._ways for _, has, _ in here)
        after_two: set[int] = set()
        after_one = new = self._after_another(others, other, {0})
        while new := self._after_another(others, other, new | after_one) - after_two:
            after_two |= new
        return self._count in after_two or any(
            self._count in reached for each in (text, others) for _, reached in self._walk(each, after_two)
        )

    def _after_another(self, others: str, other: str, begun: set[int]) -> set[int]:
        """To where the run goes on behind its first other word, if it begins at one of these."""
        walked = self._walk(others, begun) if begun else ()
        return {end for character, reached in walked if character in other for end in reached}

    def _finder_of_run(self) -> Callable[[str], bool]:
        keys = [here[0][0] for here in self._ways if here]
        if self._is_plain and len(keys) == 1:
            return self._ways[0][0][1]
        if self._is_plain and all(len(key) == 1 for key in keys):
            whole = "".join(keys)
            return lambda text: whole in text
        return lambda text: any(self._count in reached for _, reached in self._walk(text, {0}))

    def _walk(self, text: str, begun: Collection[int]) -> Iterator[tuple[str, set[int]]]:
        """The words of a text that the run may have, if it begins at one of these: to where it goes on."""
        moves = self._moves
        for stretch in self._stretches(text):
            reached: set[int] = set()
            for character in stretch:
                here = moves.get(character, ())
                reached = {end for start, end in here if start in begun or start in reached}
                if reached:
                    yield character, reached


def without(positions: Positions, found: set[int]) -> Positions:
    """The positions that are not found yet."""
    return [position for position in positions if position not in found] if found else positions


def _finder(characters: str) -> Callable[[str], bool]:
    """Whether a text has one of these characters."""
    if len(characters) == 1:
        return lambda text: characters in text
    if len(characters) <= _FEW:
        return lambda text: any(character in text for character in characters)
    usual = "".join([character for character in characters if character < _RARE])
    has_usual = re.compile(f"[{re.escape(usual)}]" if usual else "(?!)").search
    rare = frozenset(characters).difference(usual)
    if not rare:
        return lambda text: has_usual(text) is not None
    return lambda text: has_usual(text) is not None or not rare.isdisjoint(_rare_words(text))


def _stretches(characters: str) -> Callable[[str], list[str]]:
    """The parts of a text that have only these characters, and rare words."""
    usual = re.escape("".join([character for character in characters if character < _RARE]))
    rare = "" if characters and max(characters) < _RARE else f"{_RARE}-{_LAST}"
    return re.compile(f"[{usual}{rare}]+").findall


def _having(characters: str, column: Sequence[str], positions: Positions) -> list[int]:
    """The positions at which the column has one of these characters."""
    if len(characters) > _FEW:
        has = _finder(characters)
        return [position for position in positions if has(column[position])]
    found: set[int] = set()
    for character in characters:
        found.update([position for position in without(positions, found) if character in column[position]])
    return list(found)
