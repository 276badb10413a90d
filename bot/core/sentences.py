"""Sentences: where they end, and which one says what a paper does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.core.tables import TextTable

_TABLE = TextTable("bot.core.words", "prose.txt")
_INSIDE: Final = frozenset(_TABLE.words("inside"))
_SOMETIMES: Final = frozenset(_TABLE.words("sometimes"))


def _any_of(section: str, ending: str = "") -> str:
    return "|".join(re.escape(word) + ending for word in _TABLE.words(section))


_OPENER: Final = rf"(?:{_any_of('openers')})\b"
_END = re.compile(
    r"(?:[.!?]+|…)[\"'”\u2019)\]]*(?=\s+[\"'“\u2018(\[]?[^\W_a-z])"
    rf"|(?<=[a-z0-9)\]%⁰-₉])\.(?={_OPENER} )"  # the space after it is missing
)
_WORD_BEFORE = re.compile(r"[^\s(\[\"“\u2018]*$")
_INITIAL = re.compile(r"(?:[A-Z]\.)*[A-Z]")
_BEGINS_SENTENCE = re.compile(rf"\s*{_OPENER}")
_MAX_BRACKET: Final = 200  # characters; one that is open for longer was never closed

_ADVERB: Final = (
    r"(?:(?:\w+ly|also|then|first|thus|therefore|further|next|now|here|hence|instead|often) |, \w+ly, )*"
)
_PAPER: Final = rf"(?:this|the present|our) (?:\w+ )?(?:{_any_of('papers')})"
_MAKES: Final = (
    rf"\b(?:we {_ADVERB}(?:{_any_of('makes')})\b"
    rf"|{_PAPER} (?:\w+ly )?(?:{_any_of('makes', 'e?s')}|{_any_of('looks', 'e?s')}|is|studies|identifies)\b"
    rf"|in this (?:{_any_of('papers')}),? (?:we|our|the)\b"
    r"|(?:is|are) (?:proposed|introduced|presented)\b)"
)
_MAKES_SOMETHING = re.compile(_MAKES, re.IGNORECASE)
_LOOKS_AT_SOMETHING = re.compile(rf"\bwe {_ADVERB}(?:{_any_of('looks')})\b", re.IGNORECASE)
_IS_OWN_WORK = re.compile(
    r"\b(?:[Ww]e|I) \w+|\b[Oo]ur (?:\w+ )?(?:approach|method|model|framework|system|analysis|results)\b"
)

# What only joins a sentence to those before it, which are not shown.
_THIS: Final = r"(?:this|these|those|such|the above|that|them|it)\b[^,.]{0,60}"
_LEAD_IN = re.compile(
    r"(?:(?:to|in order to) (?:this end|that end|do so"
    rf"|(?:\w+ly )?(?:{_any_of('solves')}) (?:\w+ ){{0,2}}{_THIS})"
    rf"|in this (?:{_any_of('papers')})|(?:motivated|inspired) by {_THIS}"
    rf"|(?:based|building) (?:up)?on {_THIS}"
    rf"|(?:{_any_of('joins')})|in response(?: to this)?|as such|in contrast|with this in mind|as a solution"
    r"|for this (?:purpose|reason)),? (?=(?:we|our|this|the|a|an|\w+ is|\w+ introduces|\w+ proposes)\b)",
    re.IGNORECASE,
)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The spans of the text's sentences, without the spaces between them."""
    start = 0
    for match in _END.finditer(text):
        if _ends(text, start, match):
            yield start, match.end()
            start = match.end() + len(text[match.end() :]) - len(text[match.end() :].lstrip())
    if start < len(text.rstrip()):
        yield start, len(text.rstrip())


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    if match[0][0] == ".":
        found = _WORD_BEFORE.search(text, start, match.start())
        word = found[0].lower().strip("'") if found else ""
        begins = _BEGINS_SENTENCE.match(text, match.end()) is not None
        if word in _INSIDE or (
            not begins and (word in _SOMETIMES or _INITIAL.fullmatch(found[0] if found else ""))
        ):
            return False
    opened = text.rfind("(", start, match.end())
    if opened > text.rfind(")", start, match.end()):
        closed = text.find(")", match.end(), opened + _MAX_BRACKET)
        return closed < 0
    return True


def purpose(text: str) -> str:
    """The text from the sentence on that says what its paper does, or the whole text if none does."""
    in_order = list(sentences(text))
    for pattern in (_MAKES_SOMETHING, _LOOKS_AT_SOMETHING, _IS_OWN_WORK):
        for start, end in in_order:
            if pattern.search(text, start, end):
                return _without_lead_in(text[start:])
    return text


def _without_lead_in(text: str) -> str:
    lead_in = _LEAD_IN.match(text)
    if not lead_in:
        return text
    rest = text[lead_in.end() :]
    return rest[0].upper() + rest[1:]
