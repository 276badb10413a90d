"""Characters: a text without case, accents and kinds of hyphens, and its raised figures."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final, NamedTuple

# These count as hyphens between two words; dashes and the minus sign do not.
# underscore.
_HYPHENS: Final = "\u2010\u2011_"
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
# Strokes alone, in both cases: what keeps the number of characters.
_STROKES: Final = str.maketrans("łøđħŧıŁØĐĦŦ", "lodhtiLODHT")
_MICRO_SIGN: Final = (
    "\u00b5"  # kept as it is: it is a unit's letter and not the name mu; in quotes, no letter is a name
)
_RAISED: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_LOWERED: Final = str.maketrans(_RAISED, "0123456789")

_ACCENTS: Final = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_ACCENT = re.compile(f"[{_ACCENTS}]")
# Plain ASCII, a raised figure, or a character with its combining marks (3099 and 309A voice Japanese kana).
_CLUSTER = re.compile(
    f"[\x00-\x7f]+(?![{_ACCENTS}\u3099\u309a])|[{_RAISED}]+|[^{_ACCENTS}\u3099\u309a][{_ACCENTS}\u3099\u309a]*|[{_ACCENTS}\u3099\u309a]+"
)
_RAISED_FIGURE = re.compile(r"\^(?:(\d+)|\{(\d+)\})")
_MAX_RAISED: Final = 3  # figures of one chunk that may be left out one by one; of more, all or none


class PlainText(NamedTuple):
    """A text in plain characters, and where the source of each starts and ends in the original text."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def plain_readings(text: str, *, is_literal: bool) -> list[PlainText]:
    """Every way to read the text: its raised figures after hyphens or left out, the first way with all.

    With `is_literal` there is one, in which they are plain figures.
    """
    plain = _normalize(text, is_literal=is_literal)
    raised = [match.start() for match in _RAISED_FIGURE.finditer(plain.text)] if "^" in plain.text else []
    if not raised:
        return [plain]
    if is_literal:
        return [_with_raised(plain, kept=(), bare=raised)]
    return [_with_raised(plain, kept=kept, bare=()) for kept in _subsets(raised)]


def without_accents(text: str) -> str:
    """The text in its own case, without accents and strokes."""
    return _ACCENT.sub("", unicodedata.normalize("NFKD", text)).translate(_STROKES)


def _subsets(raised: list[int]) -> Iterator[tuple[int, ...]]:
    sizes = range(len(raised), -1, -1) if len(raised) <= _MAX_RAISED else (len(raised), 0)
    for size in sizes:
        yield from combinations(raised, size)


def _with_raised(whole: PlainText, *, kept: Collection[int], bare: Collection[int]) -> PlainText:
    """The text with the raised figures in `kept` after a hyphen, those in `bare` plain, others left out."""
    plain, starts, ends = whole
    pieces: list[str] = []
    first: list[int] = []
    last: list[int] = []
    position = 0
    for match in _RAISED_FIGURE.finditer(plain):
        pieces.append(plain[position : match.start()])
        first += starts[position : match.start()]
        last += ends[position : match.start()]
        position = match.end()
        figure = match[1] or match[2]
        if match.start() in kept:
            figure = f"-{figure}"
        elif match.start() not in bare:
            continue
        pieces.append(figure)
        first += [starts[match.start()]] * len(figure)
        last += [ends[match.end() - 1]] * len(figure)
    return PlainText(
        "".join([*pieces, plain[position:]]), [*first, *starts[position:]], [*last, *ends[position:]]
    )


def _normalize(text: str, *, is_literal: bool) -> PlainText:
    """The text in plain characters. A raised figure is written as `^{2}`."""
    if text.isascii():
        return PlainText(text.lower().replace("_", "-"), range(len(text)), range(1, len(text) + 1))
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _CLUSTER.finditer(text):
        first, last = match.span()
        cluster = match[0]
        if cluster.isascii():
            pieces.append(cluster.lower().replace("_", "-"))
            starts.extend(range(first, last))
            ends.extend(range(first + 1, last + 1))
            continue
        if cluster[0] in _RAISED:
            piece = f"^{{{cluster.translate(_LOWERED)}}}"
        else:
            piece = cluster if cluster == _MICRO_SIGN and not is_literal else _plain(cluster)
        pieces.append(piece)
        starts.extend([first] * len(piece))
        ends.extend([last] * len(piece))
    return PlainText("".join(pieces), starts, ends)


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
