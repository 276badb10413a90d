"""Cutting: texts made short enough, at the end of a sentence, a clause or a word."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from bot.core.sentences import sentences
from bot.core.tables import TextTable

_ELLIPSIS: Final = "…"
_LOOSE_ENDS: Final = (
    " ,;:.!?-([{/&+=\"'“\N{LEFT SINGLE QUOTATION MARK}\N{EN DASH}\N{EM DASH}"  # removed before an ellipsis
)
_JOINERS: Final = "\u200c\u200d"  # join emoji and letters of some scripts
_POINTERS: Final = frozenset(TextTable("bot.core.words", "prose.txt").words("pointers"))
_LAST_WORD = re.compile(r"[^\s(\[{“\u2018\"]+$")
_CLAUSE = re.compile(
    r"[,;:](?=\s)|(?<=\S)(?=\s[\u2013\u2014-]\s)|(?<=[^\W\d]{2}[)\]])(?=\s)|(?<=[\w”])(?=\s\([^\W\d]{2})"
)
_ENUMERATION = re.compile(r"[\s,;:]+(?:and |or )?\(?(?:\d{1,2}|[ivxIVX]{1,4}|[a-h])\)$")
_PAIRS: Final = {")": "(", "]": "[", "”": "“", "}": "{"}
_BRACKET = re.compile(r"""[()\[\]{}“”"]""")
# How much of the room is filled at least, before it is cut later.
_LEAST: Final = 0.4
_LEAST_SENTENCE: Final = 0.25


def length(text: str) -> int:
    """The length in UTF-16 units, the strictest way in which Discord counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """The beginning of a prose text in at most `limit` characters (`length`).

    It ends at a sentence, else at a clause, else at a word; what stops within a sentence has an ellipsis.
    """
    if length(text) <= limit:
        return text
    end = _fitting(text, limit)
    whole = max((last for _, last in sentences(text) if last <= end), default=0)
    if whole > end * _LEAST_SENTENCE:
        return text[:whole]
    clauses = [match.start() for match in _CLAUSE.finditer(text, int(end * _LEAST), max(end - 1, 0))]
    return _tidy(text[: clauses[-1]]) + _ELLIPSIS if clauses else shorten(text, limit)


def shorten(text: str, limit: int) -> str:
    """The text in at most `limit` characters (`length`), cut at a word, with an ellipsis where it was cut."""
    if length(text) <= limit:
        return text
    if limit < 1:
        return ""
    end = _fitting(text, limit - 1)
    at_word = max(text.rfind(" ", 0, end + 1), 0)
    if at_word * 2 >= end:  # else one very long word: cut inside it
        end = at_word
    while end > 0 and (
        unicodedata.combining(text[end]) or text[end] in _JOINERS or text[end - 1] in _JOINERS
    ):
        end -= 1
    return _tidy(text[:end]) + _ELLIPSIS


def _tidy(text: str) -> str:
    """The text without an end that points to what was cut: "of the", "(e.g.", an open bracket or quote.

    At least `_LEAST` of it stays.
    """
    least = int(len(text) * _LEAST)
    tidy = _ENUMERATION.sub("", text).rstrip(_LOOSE_ENDS)
    while (opened := _open_bracket(tidy)) > least:
        tidy = tidy[:opened].rstrip(_LOOSE_ENDS)
    while (
        (word := _LAST_WORD.search(tidy))
        and word.start() > least
        and word[0].lower().rstrip(".,") in _POINTERS
    ):
        tidy = tidy[: word.start()].rstrip(_LOOSE_ENDS)
    return tidy


def _open_bracket(text: str) -> int:
    """Where the last bracket or quote is that is not closed; -1 if there is none."""
    opened: list[int] = []
    for match in _BRACKET.finditer(text):
        place, character = match.start(), match[0]
        if character in _PAIRS.values():
            opened.append(place)
        elif character in _PAIRS and opened and text[opened[-1]] == _PAIRS[character]:
            opened.pop()
        elif character == '"':
            if opened and text[opened[-1]] == '"':
                opened.pop()
            else:
                opened.append(place)
    return opened[-1] if opened else -1


def _fitting(text: str, limit: int) -> int:
    """How many characters of the text fit."""
    end = min(len(text), limit)
    while length(text[:end]) > limit:
        end -= max(1, (length(text[:end]) - limit) // 2)
    return end
