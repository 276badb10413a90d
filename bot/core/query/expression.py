r"""Queries as expressions: the form in which they are stored, and how sets of papers are made of it.

The expression of a phrase without a field lists what a text may contain for it: runs of up to three words
between `|`, then, after a vertical tab, longer ones that are to be checked. Every other expression ends with
`)`: a term in a field, in quotes or with a star names its fields and its mode in front; what combines terms
is written after them, one line each (reverse Polish notation).

    diffusion model|diffusionmodel|diffusionsmodel
    tr diffusion model|diffusionmodel)
    agent\nbenchmark\n&\nsurvey\n~)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from bot.core.query.acronyms import expansions
from bot.core.query.nodes import And, Everything, Field, Node, Or, Phrase
from bot.core.query.phrase_search import query_readings
from bot.core.words.tokenizer import Mode

# Increase it when a query compiles to another expression or words are folded by other rules: stored queries
# of a lower version are then compiled again.
RULES_VERSION: Final = 10

_Words = tuple[str, ...]
EVERY_PAPER: Final = "*"  # what `*` compiles to; no word is a star alone
_NO_TERMS: Final = frozenset("&|~") | {EVERY_PAPER}

# One letter each, in front of a term.
_FIELDS: Final[dict[Field | None, str]] = {
    None: "d",
    Field.TITLE: "t",
    Field.ABSTRACT: "a",
    Field.KEYWORD: "k",
    Field.TOPIC: "p",
    Field.AUTHOR: "u",
    Field.ORG: "o",
}
_MODES: Final = {Mode.RUN: "r", Mode.PREFIX: "x", Mode.QUOTE: "q", Mode.QUOTED_PREFIX: "y"}
_SCOPES: Final = {
    letter + other: (field, mode) for field, letter in _FIELDS.items() for mode, other in _MODES.items()
}

# Words side by side that an index has as one key. Of a longer run, what follows is checked in the text, and
# the readings with a space left out are tried when it is evaluated.
KEY_WORDS: Final = 3


def compile_node(node: Node) -> str:
    if isinstance(node, Everything):
        return EVERY_PAPER
    if isinstance(node, Phrase):
        return _phrase(node)
    return "\n".join(_lines(node)) + ")"


def compile_as_typed(phrase: Phrase) -> str:
    """The phrase without the acronyms and long forms that it is searched as too."""
    return _phrase(phrase, expand=lambda words: (words,))


def _lines(node: Node) -> Iterator[str]:
    if isinstance(node, And | Or):
        for place, part in enumerate(node.parts):
            yield from _lines(part)
            if place:
                yield "&" if isinstance(node, And) else "|"
        for part in node.without if isinstance(node, And) else ():
            yield from _lines(part)
            yield "~"
    else:
        yield compile_node(node)


def _phrase(phrase: Phrase, expand: Callable[[_Words], tuple[_Words, ...]] = expansions) -> str:
    mode = phrase.mode
    if phrase.is_name:
        return f"{_FIELDS[phrase.field]}{_MODES[mode]} {' '.join(phrase.words)})"
    short: dict[str, None] = {}
    long: dict[str, None] = {}
    for words in expand(phrase.words) if mode is Mode.RUN else (phrase.words,):
        for reading in _readings(words, mode):
            (short if _is_short(reading, mode) else long)[" ".join(reading)] = None
    text = "|".join(short)
    if long:
        text += "\v" + "|".join(long)
    if phrase.field is None and mode is Mode.RUN:
        return text
    return f"{_FIELDS[phrase.field]}{_MODES[mode]} {text})"


def _is_short(words: Sequence[str], mode: Mode) -> bool:
    if len(words) > KEY_WORDS:
        return False
    return not mode.is_quote or _is_free(words) or (len(words) == 1 and not mode.is_prefix)


def _is_free(words: Sequence[str]) -> bool:
    """Whether no word of a quote is found in its own capitals alone."""
    return all(word == word.lower() for word in words)


def _readings(words: tuple[str, ...], mode: Mode) -> list[tuple[str, ...]]:
    """The words, then with spaces between them left out where they are few."""
    count = len(words)
    if count == 1 or count > KEY_WORDS or (mode.is_quote and not _is_free(words)):
        return [words]
    begun: list[list[tuple[str, ...]]] = [[] for _ in range(count + 1)]
    begun[0].append(())
    for start in range(count):
        for end, word in query_readings(words, start, mode):
            begun[end] += [(*before, word) for before in begun[start]]
    return begun[count][::-1]


class Term:
    """A term of an expression: what it looks for, how that is read, and in which fields."""

    def __init__(self, line: str) -> None:
        scope, self.body = (line[:2], line[3:-1]) if line[-1] == ")" else ("dr", line)
        self.field, self.mode = _SCOPES[scope]
        self.is_name: Final = self.field is not None and self.field.is_name

    def runs(self) -> Iterator[tuple[list[str], bool]]:
        """Its runs of words, each with whether its readings with a space left out are listed as well."""
        listed, _, long = self.body.partition("\v")
        for body, is_listed in ((listed, True), (long, False)):
            yield from ((run.split(" "), is_listed) for run in body.split("|") if run)


def terms_of(expression: str) -> dict[str, Term]:
    """All terms but `*`, by their lines."""
    return {line: Term(line) for line in _lines_of(expression) if line not in _NO_TERMS}


def evaluated(expression: str, among: int, matching: Callable[[str, int], int]) -> int:
    """Those of a set of papers that match; `matching` says it of the line of a term.

    A set of papers is a whole number with one bit a paper.
    """
    if "\n" not in expression:
        return matching(expression, among)
    return _evaluated(_lines_of(expression), among, matching)


def _evaluated(lines: list[str], among: int, matching: Callable[[str, int], int]) -> int:
    """Takes what it reads off the lines, from the end on: an operator follows what it combines."""
    found = 0
    while True:
        line = lines.pop()
        if line == "&":
            among = _evaluated(lines, among, matching)
        elif line == "~":
            among &= ~_evaluated(lines, among, matching)
        elif line == "|":
            right = _evaluated(lines, among, matching)
            found |= right
            among &= ~right
        else:
            return found | (matching(line, among) if among else 0)


def those_of(papers: int, is_wanted: Callable[[int], object]) -> int:
    """Those of a set of papers whose numbers are wanted."""
    return sum([1 << number for number in numbers_of(papers) if is_wanted(number)])


def numbers_of(papers: int) -> list[int]:
    """The places of the bits that are set, from the lowest."""
    found: list[int] = []
    while papers:
        lowest = papers & -papers
        found.append(lowest.bit_length() - 1)
        papers ^= lowest
    return found


def _lines_of(expression: str) -> list[str]:
    return expression[:-1].split("\n") if "\n" in expression else [expression]
