"""A second, slow reading of the keyword language, to hold the real engine against; one file, to be read top to bottom.

It was written from the language's description alone, and shares no code with the engine but the reading of LaTeX and
the tables, which are part of the description. There is no index and no compiled form: a query is read by recursive
descent and walked over each text, where every hyphen may be stepped over or stopped at.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from pathlib import Path
from typing import Literal

import bot.core.words
from bot.core.papers import Paper
from bot.core.words.latex import readable

MAX_DEPTH = 10
MIN_PREFIX_LENGTH = 3
NAME_FIELDS = ("author", "org")
FIELDS = ("title", "abstract", "keyword", "topic", *NAME_FIELDS)

# How words are folded. A prefix is read as a run, but without spelling pairs.
Mode = Literal["run", "prefix", "quote", "name"]

_TABLES = Path(bot.core.words.__file__).parent


class OracleError(ValueError):
    """The description calls this query an error."""


# --- Characters ---------------------------------------------------------------------------------------------------

# Letters and digits; an underscore is a hyphen.
_LETTER, _WORD = r"[^\W\d_]", r"[^\W_]"
_HYPHENS = "-_\N{HYPHEN}"
_MINUS_SIGNS = "-\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{EN DASH}\N{MINUS SIGN}"
_FOLDED = str.maketrans({**dict(zip("łŁøØđĐı", "lLoOdDi", strict=True)), "ß": "ss"})

# NFKC would make plain figures of raised ones, and a Greek letter of the micro sign: both are set aside as characters
# for private use until it is done.
_RAISED_FIRST = 0xE000
_RAISED = "".join(chr(_RAISED_FIRST + figure) for figure in range(10))
_MICRO = chr(_RAISED_FIRST + 10)
_SET_ASIDE = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹\N{MICRO SIGN}", _RAISED + _MICRO)
_TO_RAISED = str.maketrans("0123456789", _RAISED)
_TO_PLAIN = str.maketrans(_RAISED, "0123456789")

_RAISED_FIGURE = re.compile(f"[{_RAISED}]+")
_ONE_GREEK = re.compile("(?<![Α-ΡΣ-Ωα-ω])[Α-ΡΣ-Ωα-ω](?![Α-ΡΣ-Ωα-ω])")
_EMPHASIS = rf"(?<!(?<!{_WORD}|[{_RAISED}])\*)"  # *k* is no k*
_SIGNED = re.compile(rf"(?<!{_WORD}|[{_RAISED}])(?:{_LETTER}(?:\+\+|[+#])|{_EMPHASIS}{_LETTER}\*(?!\*))")
_SIGNED_IN_NAME = re.compile(rf"(?<!{_WORD}){_LETTER}(?:\+\+|[+#])")  # the star of a name only ends it
_PART = re.compile(rf"{_WORD}+")
_OWNERS_S = rf"({_SIGNED.pattern}|{_WORD}|[{_RAISED}{_MICRO}])(?:['’]s{{}})+(?=([+#*])?)"
_BEFORE_NO_WORD, _BEFORE_GREEK = rf"(?!{_WORD})", "(?=[Α-ΡΣ-Ωα-ω](?![Α-ΡΣ-Ωα-ω]))"
_OWNERS_S_IN_QUOTE = re.compile(_OWNERS_S.format(_BEFORE_NO_WORD), re.IGNORECASE)
# The edges of a Greek letter's name read as hyphens.
_OWNERS_S_IN_RUN = re.compile(_OWNERS_S.format(f"(?:{_BEFORE_NO_WORD}|{_BEFORE_GREEK})"), re.IGNORECASE)
_HYPHEN_RUN = re.compile(f"[{_HYPHENS}]*")


@lru_cache(20_000)
def plain(text: str) -> str:
    """The text without LaTeX and accents, in NFKC, in the case it came in (acronyms and quotes need it)."""
    text = unicodedata.normalize("NFKC", readable(text).translate(_SET_ASIDE)).replace("\N{SOFT HYPHEN}", "")
    letters = [c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn"]
    text = unicodedata.normalize("NFKC", "".join(letters)).translate(_FOLDED)
    return re.sub(r"\^(?:([0-9]+)|\{([0-9]+)\})", lambda m: (m[1] or m[2]).translate(_TO_RAISED), text)


def spelled_out(text: str, mode: Mode) -> str:
    """A plain text without `'s`, with the hyphens that nobody typed: at a version and around a Greek letter's name.

    Raised figures stay marked, for only the text may leave them out. In quotes and names they are plain.
    """
    # An apostrophe stays in front of a sign, which does not belong to the letter before.
    is_literal = mode in ("quote", "name")
    owners_s = _OWNERS_S_IN_QUOTE if is_literal else _OWNERS_S_IN_RUN
    text = owners_s.sub(lambda found: found[1] + ("'" if found[2] else ""), text)
    if is_literal:
        return text.translate(_TO_PLAIN).replace(_MICRO, "μ")
    signed = {
        found.start() for found in _SIGNED.finditer(text)
    }  # one letter with a sign is a word of its own
    text = _ONE_GREEK.sub(
        lambda found: found[0] if found.start() in signed else f"-{_greek_name(found[0])}-", text
    )
    text = re.sub(rf"(?<={_LETTER}{{3}})(?=[vV]?\d)", "-", text)
    return text.replace(_MICRO, "μ")


def _greek_name(letter: str) -> str:
    name = unicodedata.name(letter).removeprefix("GREEK SMALL ").removeprefix("GREEK CAPITAL ")
    name = name.removeprefix("LETTER ").removeprefix("FINAL ").lower()
    return {"lamda": "lambda"}.get(name, name)


def words_of(text: str, mode: Mode) -> list[str]:
    """The words of a part of a query (plain text): every hyphen is a gap here, for any gap can close later."""
    text = _RAISED_FIGURE.sub(lambda found: "-" + found[0].translate(_TO_PLAIN), spelled_out(text, mode))
    signed = _SIGNED_IN_NAME if mode == "name" else _SIGNED
    return re.findall(f"{signed.pattern}|{_WORD}+", text)


# --- Words --------------------------------------------------------------------------------------------------------


def lines_of(name: str) -> list[str]:
    lines = (_TABLES / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _sections() -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = defaultdict(list)
    section = ""
    for line in lines_of("inflection.txt"):
        if line.startswith("["):
            section = line.strip("[]")
        else:
            found[section].append(line.split())
    return found


_SECTIONS = _sections()
_LISTED = {section: tuple(word for row in rows for word in row) for section, rows in _SECTIONS.items()}
_IRREGULAR = {row[0]: row[1] for row in _SECTIONS["irregular"]}
_ACRONYM_LETTERS = re.compile(r"\w*[A-Z]\w*[A-Z]")


@lru_cache(None)
def singular(word: str) -> str:
    """The word in lower case and in the singular. The rules stand in the description's order; the first one counts."""
    low = word.casefold()
    if listed := _listed_singular(low):
        return listed
    if is_acronyms_plural(word) or (low.endswith("s") and low[:-1] in _LISTED["acronyms"]):
        return low[:-1]
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    if low.endswith(("sses", "xes", "zzes", "ches", "shes")):
        return low[:-2]
    if low.endswith("s") and not low.endswith(("ss", "us", "is", "ics")) and len(low) > 3:
        return low[:-1]
    return low


def _listed_singular(low: str) -> str | None:
    """What the tables say of a word in lower case, if they say anything."""
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    for ending in _LISTED["irregular endings"]:
        if low.endswith(ending):
            return low.removesuffix(ending) + _IRREGULAR[ending]
    if low in (*_LISTED["plural in -ics"], *_LISTED["plural of -ie"]) or low.endswith(
        _LISTED["plural of -che"]
    ):
        return low[:-1]
    if low in _LISTED["not plural"] or low.endswith(_LISTED["unchanging endings"]):
        return low
    return None


def is_acronyms_plural(word: str) -> bool:
    return word.endswith("s") and _ACRONYM_LETTERS.fullmatch(word[:-1]) is not None


# The table has plurals and forms in -ises too, and a word is looked up when its plural is folded: so fold the table.
_SPELLINGS = dict(map(singular, line.split("\t")) for line in lines_of("spelling.tsv"))


@lru_cache(None)
def folded(word: str, mode: Mode) -> str:
    if mode == "name":
        return word.casefold()
    one = singular(word)
    return _SPELLINGS.get(one, one) if mode == "run" else one


# --- Texts --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One word that a text can be read as having at a place, and the places where the next word can start."""

    word: str
    forms: frozenset[str]
    following: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    steps: dict[int, list[Step]]  # by the place where the word starts
    places: dict[str, set[int]]  # by a form: where a word starts that has it


@lru_cache(2_000)
def reading(text: str, mode: Mode) -> Reading:
    """Everything that a text can be read as. Whoever asks many queries should ask them all paper by paper."""
    text = spelled_out(plain(text), mode)
    steps: dict[int, list[Step]] = defaultdict(list)
    places: dict[str, set[int]] = defaultdict(set)
    to_visit, seen = list(_next_starts(text, 0)), set[int]()
    while to_visit:
        place = to_visit.pop()
        if place in seen:
            continue
        seen.add(place)
        for word, end in _words_from(text, place):
            # A text's *IDs* is found by `ids` too.
            forms = {folded(word, mode), folded(word.casefold(), mode)}
            step = Step(word, frozenset(forms), tuple(_next_starts(text, end)))
            steps[place].append(step)
            for form in forms:
                places[form].add(place)
            to_visit.extend(step.following)
    return Reading(steps, places)


def _words_from(text: str, place: int) -> Iterator[tuple[str, int]]:
    """Every word that starts here, and its end: one without hyphens, one over the first hyphen, …"""
    if signed := _SIGNED.match(text, place):
        yield signed[0], signed.end()
    else:
        yield from _grown("", text, place)


def _grown(word: str, text: str, place: int) -> Iterator[tuple[str, int]]:
    """Every way to go on with a word that has come as far as this place."""
    if part := _PART.match(text, place):
        yield from _grown(word + part[0], text, part.end())
        return
    if figure := _RAISED_FIGURE.match(text, place):
        yield from _grown(word + figure[0].translate(_TO_PLAIN), text, figure.end())
        if word:
            yield word, place  # its hyphen is read as a space
            yield from _grown(word, text, figure.end())  # it is left out with its hyphen
        return
    yield word, place
    hyphens = _HYPHEN_RUN.match(text, place)
    assert hyphens is not None
    beyond = hyphens.end()
    goes_on = _PART.match(text, beyond) or _RAISED_FIGURE.match(text, beyond)
    if beyond > place and goes_on and not _SIGNED.match(text, beyond):
        yield from _grown(word, text, beyond)


def _next_starts(text: str, place: int) -> Iterator[int]:
    """Where the next word may start. A raised figure may be left out, unless a word has just stopped in front of it."""
    stopped_at = place
    while place < len(text) and not (text[place].isalnum() or text[place] in _RAISED):
        place += 1
    if place == len(text):
        return
    yield place
    figure = _RAISED_FIGURE.match(text, place)
    if figure and not (place == stopped_at > 0 and text[place - 1].isalnum()):
        yield from _next_starts(text, figure.end())


# --- Walking a phrase over a text -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query, as it was typed, and what is asked of the text beyond the folded word."""

    typed: str
    needs_capitals: bool = False  # an acronym that stands for the long form that was typed
    exact: bool = False  # a quoted word with a capital behind its first letter

    @property
    def joins(self) -> bool:
        return self.typed.isalnum()


def stands_in(words: Sequence[Word], text: str, mode: Mode, *, open_end: bool) -> bool:
    """Whether some reading of the words stands in some reading of the text. `open_end`: the last word only begins so."""
    read = reading(text, mode)
    return any(
        _walk(words, read, place, mode, open_end=open_end) for place in _starts(words, read, mode, open_end)
    )


def _starts(words: Sequence[Word], read: Reading, mode: Mode, open_end: bool) -> set[int]:  # noqa: FBT001
    """The places worth a look: those that have the first word, be it joined to the next ones or not."""
    places: set[int] = set()
    for joined, rest in _first_words(words):
        if open_end and not rest:
            return set(read.steps)
        places |= read.places.get(folded("".join(word.typed for word in joined), mode), set())
    return places


def _first_words(words: Sequence[Word]) -> Iterator[tuple[Sequence[Word], Sequence[Word]]]:
    """The first word, then the first two as one, …, each with the rest."""
    for count in range(1, len(words) + 1):
        if count > 1 and not all(word.joins for word in words[:count]):
            return
        yield words[:count], words[count:]


def _walk(words: Sequence[Word], read: Reading, place: int, mode: Mode, *, open_end: bool) -> bool:
    for step in read.steps[place]:
        for joined, rest in _first_words(words):
            if not _are_one(joined, step, mode, open_end=open_end and not rest):
                continue
            if not rest or any(
                _walk(rest, read, following, mode, open_end=open_end) for following in step.following
            ):
                return True
    return False


def _are_one(joined: Sequence[Word], step: Step, mode: Mode, *, open_end: bool) -> bool:
    """Whether these words of a query, written as one, are the text's word (or, with an open end, begin it)."""
    typed = "".join(word.typed for word in joined)
    if open_end:
        forms = {step.word.casefold(), singular(step.word)} if mode != "name" else {step.word.casefold()}
        if not any(form.startswith(typed.casefold()) for form in forms):
            return False
    elif folded(typed, mode) not in step.forms:
        return False
    if len(joined) == 1 and joined[0].needs_capitals and sum(map(str.isupper, step.word)) < 2:
        return False
    start = 0
    for word in joined:
        end = start + len(word.typed)
        if word.exact and not _same_case(word.typed, step.word[start:end]):
            return False
        start = end
    return True


def _same_case(typed: str, found: str) -> bool:
    """Whether two forms of one word are in the same case as far as they have the letters of the singular."""
    for one, other in zip(typed[: len(singular(typed))], found, strict=False):
        if one.casefold() != other.casefold():
            return True  # from here on they differ as singular and plural
        if one != other:
            return False
    return True


# --- Acronyms -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pair:
    """Two stretches that stand for each other: what is looked for, as folded words, and what it is replaced by."""

    wanted: tuple[str, ...]
    instead: tuple[Word, ...]


_ACRONYM_ROWS = [line.split("\t") for line in lines_of("acronyms.tsv")]


def _pairs() -> list[Pair]:
    found: list[Pair] = []
    for row in _ACRONYM_ROWS:
        short, long = (tuple(folded(word, "run") for word in words_of(plain(side), "run")) for side in row)
        put_in = tuple(Word(word, needs_capitals=True) for word in short)
        found += [Pair(short, tuple(map(Word, long))), Pair(long, put_in)]
    return found


_PAIRS = _pairs()


def with_acronyms(words: tuple[Word, ...]) -> list[tuple[Word, ...]]:
    """The run itself, and each run that stretches of it make when acronyms and long forms stand for each other."""
    found = [words]
    for run in found:  # it grows while it is walked: what comes out is looked at again
        for start in range(len(run)):
            for pair in _PAIRS:
                for end in _ends(pair.wanted, run, start):
                    other = run[:start] + pair.instead + run[end:]
                    if other not in found:
                        found.append(other)
    return found


def _ends(wanted: tuple[str, ...], run: tuple[Word, ...], start: int) -> Iterator[int]:
    """Where a stretch ends that starts here and reads as these words (a gap of the run may be nothing)."""
    if not wanted:
        yield start
        return
    for joined, _ in _first_words(run[start:]):
        if folded("".join(word.typed for word in joined), "run") == wanted[0]:
            yield from _ends(wanted[1:], run, start + len(joined))


# --- Names ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NameWord:
    letters: str
    is_joined: bool = False  # several words of the query as one


def _written_as_one(parts: Sequence[str], closes: Sequence[bool]) -> list[NameWord]:
    """The words, where the n-th gap is nothing if `closes` says so."""
    words = [NameWord(parts[0].casefold())]
    for part, closed in zip(parts[1:], closes, strict=True):
        if closed:
            words[-1] = NameWord(words[-1].letters + part.casefold(), is_joined=True)
        else:
            words.append(NameWord(part.casefold()))
    return words


@lru_cache(2_000)
def _query_names(parts: tuple[str, ...]) -> list[list[NameWord]]:
    """Every reading of a name in a query, where any gap may be nothing."""
    gaps = [
        (False, True) if one.isalnum() and other.isalnum() else (False,) for one, other in pairwise(parts)
    ]
    return [_written_as_one(parts, closes) for closes in product(*gaps)]


@lru_cache(50_000)
def _paper_names(name: str) -> list[list[str]]:
    """Every reading of a paper's name, where only a hyphen may be nothing."""
    text = spelled_out(plain(name), "name")
    found = list(re.finditer(f"{_SIGNED_IN_NAME.pattern}|{_WORD}+", text))
    if not found:
        return []
    gaps: list[tuple[bool, ...]] = []
    for one, other in pairwise(found):
        between = text[one.end() : other.start()]
        can_close = bool(between) and not between.strip(_HYPHENS) and one[0].isalnum() and other[0].isalnum()
        gaps.append((False, True) if can_close else (False,))
    parts = [each[0] for each in found]
    return [[word.letters for word in _written_as_one(parts, closes)] for closes in product(*gaps)]


def is_name(parts: tuple[str, ...], name: str, *, open_end: bool) -> bool:
    return any(
        len(asked) <= len(there) and _each_takes_one(asked, there, open_end=open_end, in_full=False)
        for there in _paper_names(name)
        for asked in _query_names(parts)
    )


def _each_takes_one(asked: list[NameWord], there: list[str], *, open_end: bool, in_full: bool) -> bool:
    """Whether each word of the query can take a different word of the name, one of them in full."""
    if not asked:
        return in_full
    first, rest = asked[0], asked[1:]
    for place, word in enumerate(there):
        is_open = open_end and not rest
        is_full = word.startswith(first.letters) if is_open else word == first.letters
        initial = (
            not is_open
            and not first.is_joined
            and (_is_initial(first.letters, word) or _is_initial(word, first.letters))
        )
        if (is_full or initial) and _each_takes_one(
            rest,
            there[:place] + there[place + 1 :],
            open_end=open_end,
            in_full=in_full or (is_full and len(first.letters) >= 2),
        ):
            return True
    return False


def _is_initial(letter: str, word: str) -> bool:
    return len(letter) == 1 and letter.isalpha() and word.startswith(letter)


# --- Queries --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in one order; any of the ways to say them will do."""

    ways: tuple[tuple[Word, ...], ...]
    mode: Mode
    field: str | None
    open_end: bool


@dataclass(frozen=True, slots=True)
class Name:
    parts: tuple[str, ...]
    field: str
    open_end: bool


@dataclass(frozen=True, slots=True)
class Everything:
    pass


@dataclass(frozen=True, slots=True)
class Joined:
    how: Literal["all", "any", "none"]
    parts: tuple[Node, ...]


Node = Phrase | Name | Everything | Joined
Kind = Literal[
    "word", "prefix", "quote", "open quote", "field", "every", "AND", "OR", "NOT", "(", ")", ",", "end"
]


@dataclass(frozen=True, slots=True)
class Piece:
    kind: Kind
    text: str = ""


_TOKEN = re.compile(r'[^\s(),"]+')
_FIELD_NAME = re.compile(f"((?:{_LETTER}|{_MICRO})+):")
_MINUS = re.compile(f"[{_MINUS_SIGNS}]+")


def pieces_of(query: str) -> Iterator[Piece]:
    """The plain query cut where quotes, parentheses, commas, fields, minus signs, prefixes and white space cut it."""
    place = 0
    behind_field = False
    while place < len(query):
        sign, before = query[place], query[place - 1] if place else " "
        token = _TOKEN.match(query, place)
        minus = _MINUS.match(query, place)
        if sign.isspace():
            place += 1
            continue
        if sign in "(),":
            piece = Piece(sign)  # pyright: ignore[reportArgumentType] — one of the three kinds just tested
            place += 1
        elif sign == '"':
            close = query.find('"', place + 1)
            if close < 0:
                raise OracleError("an open quote")
            piece = _quote(query[place + 1 : close])
            place = close + 1
        elif (
            minus
            and (before.isspace() or before in "(," or behind_field)
            and _starts_term(query, minus.end())
        ):
            piece = Piece("NOT")
            place = minus.end()
        elif (named := _FIELD_NAME.match(query, place)) and _is_field(named[1], query[named.end() :]):
            piece = Piece("field", named[1].casefold())
            place = named.end()
        else:
            assert token is not None
            if token[0] == "*" and before in '")':
                raise OracleError("a star that ends neither a word nor a quote")
            piece = _word(token[0])
            place = token.end()
        behind_field = piece.kind == "field"
        yield piece


def _starts_term(query: str, place: int) -> bool:
    """Whether there is something here that a minus can take. Punctuation alone is nothing."""
    if query[place : place + 1] in ('"', "("):
        return True
    token = _TOKEN.match(query, place)
    return token is not None and (token[0] == "*" or bool(words_of(token[0], "run")))


def _is_field(name: str, rest: str) -> bool:
    """Whether a word of letters with a colon is a field. What is none is an error where something follows at once."""
    follows_at_once = bool(rest) and not rest[0].isspace() and rest[0] not in "),"
    if name.casefold() in FIELDS:
        return follows_at_once or name.islower()
    if follows_at_once:
        raise OracleError(f"an unknown field: {name}")
    return False


def _quote(text: str) -> Piece:
    last = ["", *text.split()][-1]
    return (
        Piece("open quote", text.rstrip().removesuffix("*"))
        if _has_open_end(last, "quote")
        else Piece("quote", text)
    )


def _word(token: str) -> Piece:
    if token in ("AND", "OR", "NOT"):
        return Piece(token)
    if token == "*":
        return Piece("every")
    return (
        Piece("prefix", token.removesuffix("*")) if _has_open_end(token, "prefix") else Piece("word", token)
    )


def _has_open_end(word: str, mode: Mode) -> bool:
    """Whether a star ends this word: not that of *A\\**, and not one behind punctuation alone.

    Raises:
        OracleError: the star stands behind too few characters.
    """
    words = words_of(word, mode)
    if not word.endswith("*") or not words or words[-1].endswith("*"):
        return False
    if sum(map(len, words)) < MIN_PREFIX_LENGTH:
        raise OracleError("too few characters before the star")
    return True


class Reader:
    """Recursive descent: alternatives → or → and → term."""

    def __init__(self, query: str) -> None:
        # Punctuation on its own is no more than white space.
        pieces = [p for p in pieces_of(plain(query)) if p.kind != "word" or words_of(p.text, "run")]
        self.pieces = [*pieces, Piece("end")]
        self.at = 0

    def kind(self) -> Kind:
        return self.pieces[self.at].kind

    def take(self) -> Piece:
        self.at += 1
        return self.pieces[self.at - 1]

    def query(self) -> Node:
        whole = self.alternatives(None, 0)
        if self.kind() != "end":
            raise OracleError("a parenthesis that nothing opened")
        return whole

    def alternatives(self, field: str | None, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise OracleError("too deep")
        parts = [self.either(field, depth)]
        while self.kind() == ",":
            self.take()
            parts.append(self.either(field, depth))
        return Joined("any", tuple(parts))

    def either(self, field: str | None, depth: int) -> Node:
        parts = [self.together(field, depth)]
        while self.kind() == "OR":
            self.take()
            parts.append(self.together(field, depth))
        return Joined("any", tuple(parts))

    def together(self, field: str | None, depth: int) -> Node:
        parts = [self.side(field, depth)]
        while self.kind() not in ("OR", ",", ")", "end"):
            if self.kind() == "AND":
                self.take()
            parts.append(self.side(field, depth))
        if all(isinstance(part, Joined) and part.how == "none" for part in parts):
            raise OracleError("a branch that only excludes")
        return Joined("all", tuple(parts))

    def side(self, field: str | None, depth: int) -> Node:
        """One side of an AND: a term that is excluded, or one that is wanted."""
        if self.kind() != "NOT":
            return self.term(field, depth, takes_run=True)
        self.take()
        excluded = self.term(field, depth, takes_run=False)
        if isinstance(excluded, Everything):
            raise OracleError("a minus that leaves nothing")
        return Joined("none", (excluded,))

    def term(self, field: str | None, depth: int, *, takes_run: bool) -> Node:
        """A quote, a parenthesis, a field with its term, one word; or the run of words, where that is what counts."""
        piece = self.take()
        if piece.kind == "field":
            if field is not None:
                raise OracleError("a field within a field")
            if self.kind() == "every":
                raise OracleError("a field without its term")
            return self.term(piece.text, depth, takes_run=piece.text in NAME_FIELDS)
        if piece.kind == "(":
            inside = self.alternatives(field, depth + 1)
            if self.take().kind != ")":
                raise OracleError("an open parenthesis")
            return inside
        if piece.kind == "every":
            return Everything()
        if piece.kind in ("quote", "open quote"):
            return _quoted(piece, field)
        if piece.kind in ("word", "prefix"):
            return self.words(piece, field, takes_run=takes_run)
        raise OracleError(f"{piece.kind} where a term was expected")

    def words(self, piece: Piece, field: str | None, *, takes_run: bool) -> Node:
        """This word, and the run that it begins. A prefix ends a run, but can be the last word of a name."""
        going_on = ("word", "prefix") if field in NAME_FIELDS else ("word",)
        piece = _in_field(piece, field)
        text = piece.text
        while takes_run and piece.kind == "word" and self.kind() in going_on:
            piece = _in_field(self.take(), field)
            text += " " + piece.text
        return _bare(text, field, open_end=piece.kind == "prefix")


def _in_field(piece: Piece, field: str | None) -> Piece:
    """A word or quote that ends like *A\\**, which in a name is a beginning like any other."""
    if field in NAME_FIELDS and piece.kind in ("word", "quote"):
        last = ["", *piece.text.split()][-1]
        if _has_open_end(last, "name"):
            kind: Kind = "prefix" if piece.kind == "word" else "open quote"
            return Piece(kind, piece.text.rstrip().removesuffix("*"))
    return piece


def _quoted(piece: Piece, field: str | None) -> Node:
    piece = _in_field(piece, field)
    mode: Mode = "name" if field in NAME_FIELDS else "quote"
    words = tuple(Word(word, exact=_has_capital_behind(word)) for word in words_of(piece.text, mode))
    if not words:
        raise OracleError("nothing but punctuation")
    if mode == "name" and len(words) == 1 and len(words[0].typed) == 1:
        words = ()  # a single letter finds nobody
    return Phrase((words,), mode, field, piece.kind == "open quote")


def _has_capital_behind(word: str) -> bool:
    letters = [c for c in word if c.isalpha()]
    return any(c.isupper() for c in letters[1:])


def _bare(text: str, field: str | None, *, open_end: bool) -> Node:
    if field in NAME_FIELDS:
        return Name(tuple(words_of(text, "name")), field, open_end)
    mode: Mode = "prefix" if open_end else "run"
    words = tuple(map(Word, words_of(text, mode)))
    return Phrase((words,) if open_end else tuple(with_acronyms(words)), mode, field, open_end)


# --- Papers ---------------------------------------------------------------------------------------------------------


def texts_of(paper: Paper, field: str | None) -> Iterator[str]:
    """The texts that a field (or none) looks into. A phrase never runs from one into the next."""
    if field in (None, "title", "topic"):
        yield paper.title
    if field in (None, "abstract"):
        yield paper.abstract
    if field in (None, "keyword", "topic"):
        yield from paper.ai_keywords
    if field == "author":
        yield from paper.authors
    if field == "org":
        yield from (name for name in (paper.organization, paper.organization_login) if name)


def _holds(node: Node, paper: Paper) -> bool:
    match node:
        case Everything():
            return True
        case Name():
            return any(
                is_name(node.parts, name, open_end=node.open_end) for name in texts_of(paper, node.field)
            )
        case Phrase():
            return any(
                stands_in(words, text, node.mode, open_end=node.open_end)
                for text in texts_of(paper, node.field)
                for words in node.ways
            )
        case Joined():
            found = (_holds(part, paper) for part in node.parts)
            return all(found) if node.how == "all" else any(found) if node.how == "any" else not any(found)


@lru_cache(2_000)
def read(query: str) -> Node:
    """What a query asks for.

    Raises:
        OracleError: the query is not one.
    """
    return Reader(query).query()


def is_valid(query: str) -> bool:
    try:
        read(query)
    except OracleError:
        return False
    return True


def matches(query: str, paper: Paper) -> bool:
    """Whether the paper is one that the query wants.

    Raises:
        OracleError: the query is not one.
    """
    return _holds(read(query), paper)
