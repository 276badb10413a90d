"""A second, slow reading of the keyword language, to hold the real engine against; one file, to be read top to bottom.

It was written from the language's description alone, and shares no code with `bot`. There is no index, no compiled
form and no folding of words to one spelling: a query is read by recursive descent and walked over each text, where
every hyphen may be stepped over or stopped at, and two words are one when a table or a rule of English says that
one is the plural of the other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from bot.core.papers import Paper

MAX_DEPTH = 10
MIN_PREFIX_LENGTH = 3
FIELDS = ("title", "abstract", "author", "org", "keyword")

# --- Characters ---------------------------------------------------------------------------------------------------

_GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa mu nu xi pi rho sigma tau upsilon phi chi psi omega"
_NAMED = {name: unicodedata.lookup(f"GREEK SMALL LETTER {name.upper()}") for name in _GREEK.split()}
_SMALL = _NAMED | {"lambda": "λ", "varepsilon": "ε", "varphi": "φ"}
_LATEX_LETTERS = _SMALL | {name.capitalize(): letter.upper() for name, letter in _SMALL.items()}
_LATEX_SIGNS = "times sim approx to rightarrow leq geq le ge pm infty cdot ldots dots".split()  # noqa: SIM905 — a list of words
_STROKED = str.maketrans("łŁøØđĐı", "lLoOdDi")
_HYPHENS = "-\N{HYPHEN}\N{NON-BREAKING HYPHEN}"
_APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"


@cache
def plain(text: str) -> str:
    """The text without LaTeX and accents, NFKC, in the case it came in (an acronym's small s needs it)."""
    text = re.sub(r"\\(?:text\w*|math\w*|emph|operatorname)\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\(?:['`^\"~=.]|[cvuHk](?=\{))\{?\\?(\w)\}?", r"\1", text)
    text = re.sub(r"\\([A-Za-z]+) ?", _latex_command, text)
    text = re.sub(r"\\([%&_#$])", r"\1", text)
    text = re.sub(r"\$([^$]*)\$", lambda found: found[1].replace("{", "").replace("}", ""), text)
    text = unicodedata.normalize("NFKC", text).replace("\N{SOFT HYPHEN}", "")
    letters = [c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn"]
    return unicodedata.normalize("NFKC", "".join(letters)).translate(_STROKED)


def _latex_command(found: re.Match[str]) -> str:
    if found[1] in _LATEX_SIGNS:
        return " "
    if found[1] == "allowbreak":
        return ""
    return _LATEX_LETTERS.get(found[1], found[0])


# --- Words --------------------------------------------------------------------------------------------------------

_IRREGULAR = {
    "matrices": "matrix",
    "indices": "index",
    "vertices": "vertex",
    "axes": "axis",
    "analyses": "analysis",
    "hypotheses": "hypothesis",
    "corpora": "corpus",
    "criteria": "criterion",
    "phenomena": "phenomenon",
    "biases": "bias",
}
_NO_PLURALS = {"news", "series", "species", "lens", "gas", "data", "gps", "tts", "bias", "theirs", "adams"}
_PLURALS_IN_ICS = {"metrics", "topics", "critics", "heuristics", "characteristics"}
_ACRONYM = re.compile(r"\w*[A-Z]\w*[A-Z]")


@cache
def singulars(word: str) -> set[str]:
    """The word itself, and whatever it may be the plural of."""
    low = word.casefold()
    if word.endswith("s") and _ACRONYM.fullmatch(word[:-1]):
        return {low, low[:-1]}
    if low in _IRREGULAR:
        return {low, _IRREGULAR[low]}
    if low in _NO_PLURALS or len(low) <= 3 or not low.endswith("s") or low.endswith(("ss", "us", "is")):
        return {low}
    if low.endswith("ics") and low not in _PLURALS_IN_ICS:
        return {low}
    candidates = {low[:-1], low[:-2], low[:-3] + "y"}
    return {low} | {candidate for candidate in candidates if low in _regular_plurals(candidate)}


def _regular_plurals(word: str) -> set[str]:
    """Both *epochs* and *batches* are usual, so a word in -ch may have either."""
    found: set[str] = set() if word.endswith("s") else {word + "s"}
    if word.endswith(("s", "x", "ch", "sh")) and len(word) >= 3:
        found.add(word + "es")
    if word.endswith("y") and len(word) >= 3 and word[-2] not in "aeiou":
        found.add(word[:-1] + "ies")
    return found


def are_one(one: str, other: str) -> bool:
    return not singulars(one).isdisjoint(singulars(other))


_SIGNED = re.compile(r"[^\W\d_](?:\+\+|\+|#|\*)")


@dataclass(frozen=True, slots=True)
class Step:
    """One word that a text can be read as having at a place, and where reading goes on after it."""

    word: str
    end: int


def steps_from(text: str, place: int) -> Iterator[Step]:
    """Every word that starts at this character of a plain text: one without hyphens, one over the first hyphen, …"""
    if not text[place].isalnum() or (place > 0 and text[place - 1].isalnum()):
        return
    if signed := _SIGNED.match(text, place):
        yield Step(signed[0], signed.end())
        return
    word, end = "", place
    while end < len(text) and text[end].isalnum():
        part_start = end
        while end < len(text) and text[end].isalnum():
            end += 1
        part = text[part_start:end]
        word += part
        rest = text[end : end + 2]
        owns = len(rest) == 2 and rest[0] in _APOSTROPHES and rest[1] == "s"
        if owns and _ACRONYM.fullmatch(part) and not text[end + 2 : end + 3].isalnum():
            yield Step(word + "s", end + 2)
        else:
            yield Step(word, end)
        while end < len(text) and text[end] in _HYPHENS:
            end += 1
        if _SIGNED.match(text, end):
            return


def next_word(text: str, place: int) -> int:
    while place < len(text) and not text[place].isalnum():
        place += 1
    return place


def words_of(text: str) -> list[str]:
    """The words of a query's run: every hyphen is a gap here, for the gaps can close later."""
    found: list[str] = []
    place = next_word(text, 0)
    while place < len(text):
        step = next(steps_from(text, place))
        found.append(step.word)
        place = next_word(text, step.end)
    return found


@cache
def reading(text: str) -> dict[int, list[Step]]:
    """For every place of a plain text at which a word can start: the words."""
    by_place = {place: list(steps_from(text, place)) for place in range(len(text))}
    return {place: steps for place, steps in by_place.items() if steps}


# --- Walking a phrase over a text ---------------------------------------------------------------------------------


def stands_in(words: list[str], text: str, *, open_end: bool) -> bool:
    """Whether some reading of the words stands in some reading of the text. `open_end`: the last word only begins so."""
    return any(_walk(words, text, place, open_end=open_end) for place in reading(text))


def _walk(words: list[str], text: str, place: int, *, open_end: bool) -> bool:
    if not words:
        return True
    if place == len(text):
        return False
    for step in reading(text).get(place, ()):
        for taken in range(1, len(words) + 1):
            if taken > 1 and not all(word.isalnum() for word in words[:taken]):
                break
            joined, rest = "".join(words[:taken]), words[taken:]
            if open_end and not rest:
                if any(form.startswith(joined.casefold()) for form in singulars(step.word)):
                    return True
            elif are_one(joined, step.word) and _walk(
                rest, text, next_word(text, step.end), open_end=open_end
            ):
                return True
    return False


# --- Queries ------------------------------------------------------------------------------------------------------


class BadQueryError(ValueError):
    """The description calls this query an error."""


@dataclass(frozen=True, slots=True)
class Words:
    words: list[str]
    field: str | None
    open_end: bool


@dataclass(frozen=True, slots=True)
class Everything:
    pass


@dataclass(frozen=True, slots=True)
class Joined:
    how: Literal["all", "any", "none"]
    parts: list[Node]


Node = Words | Everything | Joined
Kind = Literal["word", "prefix", "quote", "field", "every", "AND", "OR", "NOT", "(", ")", ",", "end"]


@dataclass(frozen=True, slots=True)
class Piece:
    kind: Kind
    text: str = ""


def pieces_of(query: str) -> Iterator[Piece]:
    """The query cut where quotes, parentheses, commas, fields, minus signs, prefixes and white space cut it."""
    place = 0
    while place < len(query):
        sign = query[place]
        before = query[place - 1] if place else " "
        if sign.isspace():
            place += 1
        elif sign in "(),":
            yield Piece(sign)  # pyright: ignore[reportArgumentType] — one of the three kinds just tested
            place += 1
        elif sign == '"':
            close = query.find('"', place + 1)
            if close < 0:
                raise BadQueryError("open quote")
            yield Piece("quote", query[place + 1 : close])
            place = close + 1
        elif sign == "-" and (before.isspace() or before in '(),:"'):
            if not re.match(r"-[^\s-]", query[place:]):
                raise BadQueryError("a minus without its side")
            yield Piece("NOT")
            place += 1
        elif (named := re.compile(r'([^\s(),":]+):').match(query, place)) and words_of(named[1]):
            if named[1].casefold() not in FIELDS:
                raise BadQueryError(f"unknown field {named[1]}")
            yield Piece("field", named[1].casefold())
            place = named.end()
        else:
            chunk = re.compile(r'[^\s(),"]+').match(query, place)
            assert chunk is not None
            yield _chunk(chunk[0])
            place = chunk.end()


def _chunk(text: str) -> Piece:
    if text in ("AND", "OR", "NOT"):
        return Piece(text)
    if text == "*":
        return Piece("every")
    words = words_of(text)
    if not text.endswith("*") or not words or words[-1].endswith("*"):
        return Piece("word", text)
    if len("".join(words)) < MIN_PREFIX_LENGTH:
        raise BadQueryError("a short prefix")
    return Piece("prefix", text)


class Reader:
    """Recursive descent: alternatives → or → and → term → atom."""

    def __init__(self, query: str) -> None:
        self.pieces = [*pieces_of(plain(query)), Piece("end")]
        # Punctuation on its own is no more than white space.
        self.pieces = [p for p in self.pieces if p.kind != "word" or words_of(p.text)]
        self.at = 0

    def kind(self) -> Kind:
        return self.pieces[self.at].kind

    def take(self) -> Piece:
        self.at += 1
        return self.pieces[self.at - 1]

    def query(self) -> Node:
        whole = self.alternatives(None, 0)
        if self.kind() != "end":
            raise BadQueryError("a parenthesis that nothing opened")
        return whole

    def alternatives(self, field: str | None, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise BadQueryError("too deep")
        parts = [self.either(field, depth)]
        while self.kind() == ",":
            self.take()
            parts.append(self.either(field, depth))
        return Joined("any", parts)

    def either(self, field: str | None, depth: int) -> Node:
        parts = [self.together(field, depth)]
        while self.kind() == "OR":
            self.take()
            parts.append(self.together(field, depth))
        return Joined("any", parts)

    def together(self, field: str | None, depth: int) -> Node:
        parts = [self.term(field, depth)]
        while self.kind() not in ("OR", ",", ")", "end"):
            if self.kind() == "AND":
                self.take()
            parts.append(self.term(field, depth))
        if all(isinstance(part, Joined) and part.how == "none" for part in parts):
            raise BadQueryError("a branch that only excludes")
        return Joined("all", parts)

    def term(self, field: str | None, depth: int) -> Node:
        if self.kind() == "NOT":
            self.take()
            excluded = self.named(field, depth)
            if isinstance(excluded, Everything):
                raise BadQueryError("a minus that leaves nothing")
            return Joined("none", [excluded])
        return self.named(field, depth)

    def named(self, field: str | None, depth: int) -> Node:
        if self.kind() == "field":
            field = self.take().text
            if self.kind() == "every":
                raise BadQueryError("a field of everything")
        return self.atom(field, depth)

    def atom(self, field: str | None, depth: int) -> Node:
        piece = self.take()
        if piece.kind == "(":
            inside = self.alternatives(field, depth + 1)
            if self.take().kind != ")":
                raise BadQueryError("open parenthesis")
            return inside
        if piece.kind == "every":
            return Everything()
        if piece.kind not in ("word", "prefix", "quote"):
            raise BadQueryError(f"{piece.kind} where words were expected")
        text = piece.text
        while piece.kind == "word" and self.kind() == "word":
            text += " " + self.take().text
        words = words_of(text)
        if not words:
            raise BadQueryError("nothing but punctuation")
        return Words(words, field, piece.kind == "prefix")


def texts_of(paper: Paper, field: str | None) -> Iterator[str]:
    """The texts that a field (or none) looks into. A phrase never runs from one into the next."""
    if field in (None, "title"):
        yield paper.title
    if field in (None, "abstract"):
        yield paper.abstract
    if field in (None, "keyword"):
        yield from paper.ai_keywords
    if field == "author":
        yield from paper.authors
    if field == "org":
        yield from (name for name in (paper.organization, paper.organization_login) if name)


def _holds(node: Node, paper: Paper) -> bool:
    if isinstance(node, Everything):
        return True
    if isinstance(node, Words):
        return any(
            stands_in(node.words, plain(text), open_end=node.open_end) for text in texts_of(paper, node.field)
        )
    found = (_holds(part, paper) for part in node.parts)
    return all(found) if node.how == "all" else any(found) if node.how == "any" else not any(found)


def is_valid(query_text: str) -> bool:
    try:
        Reader(query_text).query()
    except BadQueryError:
        return False
    return True


def matches(query_text: str, paper: Paper) -> bool:
    """Whether the paper is one that the query wants.

    Raises:
        BadQueryError: the query is not one.
    """
    return _holds(Reader(query_text).query(), paper)
