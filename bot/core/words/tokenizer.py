"""The tokenizer: texts and queries as normalised words, with their offsets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from bot.core.words.inflection import ACRONYMS, fold

SIGNS: Final = "+#*"  # a letter followed by one of these is a word of its own: C++, C#, A*

# These count as hyphens between two words: the hyphens, the figure and en dash, and the minus sign.
_HYPHENS: Final = "\u2010\u2011\u2012\u2013\u2212"
_APOSTROPHES: Final = "\u2019\u02bc\uff07"
# NFKC would turn trademark signs into letters (Claude™ → claudetm).
_SPACES: Final = "\u2122\u2120"
_PLAIN: Final = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ħ": "h",
        "ŧ": "t",
        "\u0131": "i",
        "æ": "ae",
        "œ": "oe",
        "ð": "d",
        "þ": "th",
    }
    | dict.fromkeys(_HYPHENS, "-")
    | dict.fromkeys(_APOSTROPHES, "'")
)

_ACCENTS: Final = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_ACCENT = re.compile(f"[{_ACCENTS}]")
# A character with its combining marks (3099 and 309A voice Japanese kana).
_CLUSTER = re.compile(f"[^{_ACCENTS}\u3099\u309a][{_ACCENTS}\u3099\u309a]*|[{_ACCENTS}\u3099\u309a]+")
# A star that belongs to Markdown (*a*, **A**) does not count.
_WORD = re.compile(r"(?<!\*)[^\W\d_](?:\+\+|[+#]|\*(?!\*))|[^\W_]+")


@dataclass(frozen=True, slots=True)
class Word:
    """A normalised word, with its offsets in the original text.

    Attributes:
        text: as written, but without case and accents (`models`).
        form: the text in the singular (`model`), which is indexed and compared.
        other: a second reading if it may be an acronym's plural: `AIs` is `ai` and `ais`.
        start: offset of its first character.
        end: offset after its last character.
        follows_hyphen: only a hyphen separates it from the previous word, so the two also read as one.
    """

    text: str
    form: str
    other: str | None
    start: int
    end: int
    follows_hyphen: bool

    @property
    def has_sign(self) -> bool:
        return self.text[-1] in SIGNS


def words(text: str) -> tuple[Word, ...]:
    """The words of a text, in order. Convert its LaTeX first (`bot.core.words.latex`)."""
    plain, starts, ends = _normalise(text)
    tokens: list[Word] = []
    previous_end = -1
    for match in _WORD.finditer(plain):
        word = match[0]
        start, end = starts[match.start()], ends[match.end() - 1]
        gap = plain[previous_end : match.start()] if tokens else ""
        previous_end = match.end()
        if (
            word == "s"
            and gap == "'"
            and _is_acronym(tokens[-1].text, text[tokens[-1].start : tokens[-1].end])
        ):
            tokens[-1] = replace(tokens[-1], end=end)
            continue
        form, other = _forms(word, text[start:end])
        # A sign ends its word: A*-search is never read as one word.
        follows_hyphen = gap == "-" and word[-1] not in SIGNS and not tokens[-1].has_sign
        tokens.append(Word(word, form, other, start, end, follows_hyphen))
    return tuple(tokens)


def _forms(word: str, source: str) -> tuple[str, str | None]:
    """The folded form, and the second reading if the small s may not belong to an acronym.

    The capitals of `source` distinguish `AIs` from `ais`; without them, both are findable.
    """
    folded = fold(word)
    if len(source) < 3 or source[-1] != "s" or not _is_acronym(word[:-1], source[:-1]):
        return folded, None
    acronym = fold(word[:-1])
    return acronym, folded if folded != acronym else None


def _is_acronym(word: str, source: str) -> bool:
    if word in ACRONYMS:
        return True
    return source[-1:].isupper() and sum(character.isupper() for character in source) >= 2


def _normalise(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """The text in plain characters, and the start and end offset of the source of each."""
    if text.isascii():
        return text.lower(), range(len(text)), range(1, len(text) + 1)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _CLUSTER.finditer(text):
        piece = _plain(match[0])
        pieces.append(piece)
        starts.extend([match.start()] * len(piece))
        ends.extend([match.end()] * len(piece))
    return "".join(pieces), starts, ends


@lru_cache(maxsize=8192)
def _plain(cluster: str) -> str:
    """One character with its marks: NFKC, without case, accents and strokes, all hyphens alike."""
    if cluster in _SPACES:
        return " "
    while True:
        folded = unicodedata.normalize("NFKC", cluster).casefold().translate(_PLAIN)
        folded = _ACCENT.sub("", unicodedata.normalize("NFKD", folded))
        folded = unicodedata.normalize("NFKC", folded)
        folded = "".join(character for character in folded if unicodedata.category(character) != "Cf")
        if folded == cluster:
            return folded
        cluster = folded
