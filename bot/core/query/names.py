"""Names of people and organizations: whether what a person typed is the name that a paper has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import Final, NamedTuple

from bot.core.words.tokenizer import Mode, segments, unaccented

# Of a name of more words, only all hyphens as spaces and all as nothing are read. Bounds the work.
_MAX_GAPS: Final = 6


class _Word(NamedTuple):
    text: str
    written: str  # in its capitals; what was typed has them only if they count
    is_joined: bool = False  # of several words, with nothing in place of a hyphen or space


@lru_cache(maxsize=4096)
def name_readings(name: str) -> tuple[tuple[_Word, ...], ...]:
    """Every way to read a name: each of its hyphens as a space or as nothing."""
    parts = [part for _, segment in segments(name, Mode.NAME) for part in segment[0]]
    words = [_Word(part.text, unaccented(part.text, part.source)) for part in parts]
    return tuple(_joinings(words, [part.joins for part in parts[1:]]))


@lru_cache(maxsize=4096)
def query_readings(words: tuple[str, ...]) -> tuple[tuple[_Word, ...], ...]:
    """Every way to read the typed words: each of their hyphens and spaces as a space or as nothing."""
    return tuple(_joinings([_Word(word.lower(), word) for word in words], [True] * (len(words) - 1)))


def _joinings(words: Sequence[_Word], may_join: Sequence[bool]) -> Iterator[tuple[_Word, ...]]:
    gaps = [place for place, may in enumerate(may_join, start=1) if may]
    choices = (
        product((False, True), repeat=len(gaps))
        if len(gaps) <= _MAX_GAPS
        else ((False,) * len(gaps), (True,) * len(gaps))
    )
    for choice in choices:
        closed = {gap for gap, is_closed in zip(gaps, choice, strict=True) if is_closed}
        reading: list[_Word] = []
        for place, word in enumerate(words):
            if place in closed:
                reading[-1] = _Word(
                    reading[-1].text + word.text, reading[-1].written + word.written, is_joined=True
                )
            else:
                reading.append(word)
        yield tuple(reading)


def is_name(words: tuple[str, ...], name: str, mode: Mode) -> bool:
    """Whether the typed words are this name.

    Each stands for a different word of the name, in any order, and what is left out of a name may be there.
    An initial and a name that begins with it may stand for each other if another word of two or more letters
    is in full. In a quote the words are side by side, in this order and in full. In the modes of
    prefixes, the last word is only the beginning of one.
    """
    return any(_is_read_as(words, full, mode) for full in name_readings(name))


def is_reading_of_name(words: tuple[str, ...], reading: Iterable[str], mode: Mode) -> bool:
    """As `is_name`, for one way to read a name."""
    return _is_read_as(words, [_Word(word.lower(), word) for word in reading], mode)


def _is_read_as(words: tuple[str, ...], full: Sequence[_Word], mode: Mode) -> bool:
    fits = _are_side_by_side if mode.is_quote else _are_within
    return any(fits(typed, full, is_prefix=mode.is_prefix) for typed in query_readings(words))


def _are_side_by_side(typed: Sequence[_Word], full: Sequence[_Word], *, is_prefix: bool) -> bool:
    last = len(typed) - 1
    if last == 0 and len(typed[0].text) == 1:
        return False
    return any(
        all(
            _is_spelled(word, full[start + place], begins=is_prefix and place == last)
            for place, word in enumerate(typed)
        )
        for start in range(len(full) - last)
    )


def _is_spelled(word: _Word, name: _Word, *, begins: bool) -> bool:
    typed, full = (word.text, name.text) if word.written == word.text else (word.written, name.written)
    return full.startswith(typed) if begins else full == typed


def _are_within(typed: Sequence[_Word], full: Sequence[_Word], *, is_prefix: bool) -> bool:
    if len(typed) > len(full):
        return False
    if len(typed) == 1:
        word = typed[0].text
        return len(word) > 1 and any(
            name.text.startswith(word) if is_prefix else name.text == word for name in full
        )
    return _assigned(typed, full, 0, frozenset(), has_full=False, is_prefix=is_prefix)


def _assigned(
    typed: Sequence[_Word],
    full: Sequence[_Word],
    place: int,
    taken: frozenset[int],
    *,
    has_full: bool,
    is_prefix: bool,
) -> bool:
    """Whether the typed words from `place` on fit words of the name that are not taken."""
    if place == len(typed):
        return has_full
    word = typed[place]
    begins = is_prefix and place == len(typed) - 1
    for index, name in enumerate(full):
        if index in taken:
            continue
        in_full = name.text == word.text or (begins and name.text.startswith(word.text))
        if not in_full and not _is_initial(word, name) and not _is_initial(name, word):
            continue
        if _assigned(
            typed,
            full,
            place + 1,
            taken | {index},
            has_full=has_full or (in_full and len(word.text) > 1),
            is_prefix=is_prefix,
        ):
            return True
    return False


def _is_initial(letter: _Word, word: _Word) -> bool:
    return len(letter.text) == 1 and not word.is_joined and word.text.startswith(letter.text)
