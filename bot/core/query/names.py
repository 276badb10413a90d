"""Names of people and organizations: whether what a person typed is a name that a paper has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Final

from bot.core.words.tokenizer import Mode, parts_of, unaccented

# Of a name of more words, only all hyphens as spaces and all as nothing are read. Bounds the work.
_MAX_GAPS: Final = 6
_JOINED: Final = "-"  # between the words of one that are read as one


def name_line(names: Iterable[str]) -> str:
    """The names, every reading of each: `/yann/LeCun/;/…/`, in capitals if these may count."""
    readings = dict.fromkeys(reading for name in names for reading in _readings_of(name))
    return f"/{'/;/'.join(readings)}/"


@lru_cache(maxsize=4096)
def _readings_of(name: str) -> Sequence[str]:
    """Every way to read a name: each of its hyphens as a space or as nothing."""
    found = parts_of(name, Mode.NAME)
    written = [unaccented(part.text, part.source) for part in found]
    words = [
        word if word.lower() == part.text else part.text for word, part in zip(written, found, strict=True)
    ]
    readings = _joinings(words, [part.joins for part in found[1:]])
    return [reading.replace(" ", "/").replace(_JOINED, "") for reading in readings]


def _joinings(words: Sequence[str], may_join: Sequence[bool]) -> list[str]:
    found: list[str] = []
    for gaps in (f" {_JOINED}",) if sum(may_join) <= _MAX_GAPS else (" ", _JOINED):
        begun = [*words[:1]]
        for word, may in zip(words[1:], may_join, strict=True):
            begun = [f"{before}{gap}{word}" for before in begun for gap in (gaps if may else " ")]
        found += begun
    return found


class NameSearch:
    """A name, to be looked for.

    Each of its words stands for a different word of a name that a paper has, in any order, and what is left
    out of a name may be there. Each of its spaces may also be nothing. An initial and a name that begins with
    it may stand for each other if another word of two or more letters is in full. In a quote the words are
    side by side, in this order and in full. In the modes of prefixes, the last word is only the beginning of
    one.
    """

    def __init__(self, words: Sequence[str], mode: Mode) -> None:
        self._mode = mode
        self._readings = _joinings(words, [True] * (len(words) - 1))

    @cached_property
    def _in_full(self) -> set[str]:
        ending = "" if self._mode.is_prefix else "/"
        words = {word for each in self._readings for word in each.lower().replace(_JOINED, "").split(" ")}
        return {f"/{word}{ending}" for word in words if len(word) > 1 or self._mode.is_quote}

    def stands_in(self, line: str) -> bool:
        """Whether a line of names has it."""
        return self._has_word(line) and any(
            self._has_word(name) and self._is_read_as(name.strip("/").split("/")) for name in line.split(";")
        )

    def _has_word(self, line: str) -> bool:
        """Whether one of its words is there in full, as one must be."""
        lower = line.lower()
        return any(word in lower for word in self._in_full)

    def _is_read_as(self, name: list[str]) -> bool:
        fits = _is_side_by_side if self._mode.is_quote else _is_within
        return any(fits(reading.split(" "), name, self._mode) for reading in self._readings)


def _is_side_by_side(typed: Sequence[str], name: Sequence[str], mode: Mode) -> bool:
    last = len(typed) - 1
    return (last > 0 or len(typed[0]) > 1) and any(
        all(
            _is_spelled(word, name[start + place], is_begun=mode.is_prefix and place == last)
            for place, word in enumerate(typed)
        )
        for start in range(len(name) - last)
    )


def _is_spelled(typed: str, word: str, *, is_begun: bool) -> bool:
    typed = typed.replace(_JOINED, "")
    spelled = word.lower() if typed == typed.lower() else word
    return spelled.startswith(typed) if is_begun else spelled == typed


def _is_within(typed: Sequence[str], name: Sequence[str], mode: Mode, *, has_full: bool = False) -> bool:
    if not typed:
        return has_full
    first, *others = typed
    word = first.replace(_JOINED, "")
    for place, full in enumerate(map(str.lower, name)):
        in_full = full.startswith(word) if mode.is_prefix and not others else full == word
        is_initial = word == full[:1] or (full == word[:1] and _JOINED not in first)
        rest = [*name[:place], *name[place + 1 :]]
        has_one = has_full or (in_full and len(word) > 1)
        if (in_full or is_initial) and _is_within(others, rest, mode, has_full=has_one):
            return True
    return False
