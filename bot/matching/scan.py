"""The scan: one compiled query over the stored, normalised texts of a large archive, without an index.

What is stored of a paper has four parts: the words of its title, abstract and AI keywords, a line each; the
words that it has only when a hyphen is read as nothing, or something is read in another way; the same three
lines in those other ways, each with the words around it; and the names of its authors and its organisation, a
line each. Words are numbered over all papers and stored as one character each, so that a text is short and a
run of words is found as a short string. Most papers are decided by looking for the query's words there. The
few that are not are for the index to decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final, NamedTuple, Union

from bot.core.papers import Paper
from bot.core.query.expression import EVERY_PAPER, MODES, SCOPES
from bot.core.query.names import is_reading_of_name, name_readings, query_readings
from bot.core.query.nodes import Field
from bot.core.query.phrase_search import wanted_words
from bot.core.words.inflection import AMERICAN, LONG_FORMS, numbers
from bot.core.words.latex import readable
from bot.core.words.tokenizer import (
    GREEK_NAMES,
    Mode,
    Path,
    Segment,
    forms,
    joined_forms,
    prefix_words,
    readings,
    run_words,
    segments,
)

# Increase it when a paper's text is made by other rules: stored texts of a lower version are then made again.
TEXT_VERSION: Final = 1

_FIELDS: Final = {letter: field for field, letter in SCOPES.items()}
_MODES: Final = {letter: mode for mode, letter in MODES.items()}
_LINES: Final = {Field.TITLE: (0,), Field.ABSTRACT: (1,), Field.KEYWORD: (2,), Field.TOPIC: (0, 2)}
_NAME_LINES: Final = {Field.AUTHOR: 0, Field.ORG: 1}
_APART: Final = " . "  # between two texts, so that no run goes from one into the next; no word is a full stop
_ALL_PLAIN: Final = "^"  # among the other words: a reading has none, as it only leaves something out
_AMERICAN: Final = "="  # before a word in American spelling that is written in British: not for beginnings
_NAMES_APART: Final = "/;/"
_OPERATORS: Final = frozenset("&|~")
_CONTEXT: Final = 4  # words on each side of another reading
_LONG_COMPOUND: Final = 5  # parts; of a longer one, only readings with one joined word are stored
_LONGEST_ENDING: Final = 4  # characters that a plural or a British spelling has more: children, programmes

# Characters that stand for no word, all before the first that does. No word follows an odd surrogate.
_GLUED: Final = "\x03"  # beside a version or a Greek letter, which a quote may read with its neighbour
_MARKS: Final = {_APART.strip(): "\x01", _ALL_PLAIN: "\x02"}
_LEFT_OUT: Final = _MARKS[_ALL_PLAIN]
_FIRST_CODE: Final = 0x1F
_SURROGATES: Final = 0xD800
_AFTER_SURROGATES: Final = 0xE000
_VERSION: Final = re.compile(r"v?\d")
_GREEK: Final = frozenset(GREEK_NAMES.values())


def search_text(paper: Paper) -> str:
    """What is stored of a paper to be scanned, about 3 kB."""
    by_field = [paper.title], [paper.abstract], paper.ai_keywords
    fields = [_lines(list(map(readable, texts))) for texts in by_field]
    other_words = dict.fromkeys(word for _, _, others in fields for word in others)
    organisation = [name for name in (paper.organization, paper.organization_login) if name]
    return "\t".join(
        [
            "\n".join(words for words, _, _ in fields),
            f" {' '.join(other_words)} ",
            "\n".join(others for _, others, _ in fields),
            "\n".join(map(_name_line, (paper.authors, organisation))),
        ]
    )


def _lines(texts: Iterable[str]) -> tuple[str, str, list[str]]:
    """The words of some texts, the other ways to read them, and the words that only those have."""
    words: list[str] = []
    others: list[str] = []
    other_words: list[str] = []
    for text in texts:
        found = [segment for _, segment in segments(text, Mode.RUN)]
        plain = [tuple([_plain(part.text, part.source) for part in segment[0]]) for segment in found]
        flat = [word for each in plain for word in each]
        words.append(" ".join(flat))
        start = 0
        for segment, own in zip(found, plain, strict=True):
            end = start + len(own)
            for other in _others(segment, own):
                context = [*flat[max(start - _CONTEXT, 0) : start], *other, *flat[end : end + _CONTEXT]]
                others.append(" ".join(context))
                other_words += [word for word in other if word not in own] or [_ALL_PLAIN]
            start = end
    return f" {_APART.join(words)} ", f" {_APART.join(others)} ", other_words


def _plain(text: str, source: str) -> str:
    """The word as the line has it: in capitals if it is an acronym that stands for its long form."""
    found = _run_forms(text, source)
    return found[-1] if found[-1] != found[-1].lower() else found[0]


def _others(segment: Segment, plain: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The other ways to read a segment, and how its words are written where a beginning may ask for that."""
    if len(segment) == len(segment[0]) == 1:
        part = segment[0][0]
        found = [*_run_forms(part.text, part.source), *_written(part.text, part.source, plain[0])]
        return [(form,) for form in dict.fromkeys(found) if form.lower() != plain[0].lower()]
    others: dict[tuple[str, ...], None] = {}
    for path in segment:
        for choices in _readings(path):
            others.update(dict.fromkeys(product(*choices)))
    return [other for other in others if other != plain]


def _run_forms(text: str, source: str) -> tuple[str, ...]:
    return _marked(forms(text, source, Mode.RUN), forms(text, source, Mode.PREFIX))


def _marked(found: Sequence[str], written: Sequence[str]) -> tuple[str, ...]:
    """What a word is found by; marked where that is the American spelling of a British word."""
    return tuple(
        [_AMERICAN + form if form == form.lower() and form not in written else form for form in found]
    )


def _written(text: str, source: str, plain: str) -> list[str]:
    found = forms(text, source, Mode.PREFIX)
    return [form for form in found if not form.startswith(plain.lower())]


def _readings(path: Path) -> Iterator[list[tuple[str, ...]]]:
    """Every way to divide the path into words, each word with what it is found by."""
    size = len(path)
    ends = [list(readings(path, first)) for first in range(size)]

    def divided(first: int, *, may_join: bool) -> Iterator[list[tuple[str, ...]]]:
        if first == size:
            yield []
            return
        for end in ends[first]:
            if end > first + 1 and not may_join:
                continue
            if end == first + 1:
                part = path[first]
                plain = _plain(part.text, part.source)
                word = tuple(dict.fromkeys([plain, *_written(part.text, part.source, plain)]))
            else:
                written = joined_forms(path, first, end, Mode.PREFIX)
                found = _marked(joined_forms(path, first, end, Mode.RUN), written)
                word = (*found, *(form for form in written if not form.startswith(found)))
            for rest in divided(end, may_join=may_join and (size <= _LONG_COMPOUND or end == first + 1)):
                yield [word, *rest]

    yield from divided(0, may_join=True)


def _name_line(names: Iterable[str]) -> str:
    found: dict[str, None] = {}
    for name in names:
        for reading in name_readings(readable(name)):
            found["/".join([word.text for word in reading])] = None
    return f"/{_NAMES_APART.join(found)}/"


def stored_words(text: str) -> set[str]:
    """The words of a stored text."""
    words, other_words, *_ = text.split("\t")
    return {*words.split(), *other_words.split()} - _MARKS.keys()


class Columns(NamedTuple):
    """Stored texts as they are scanned, part by part."""

    words: Sequence[str]
    other_words: Sequence[str]
    others: Sequence[str]
    names: Sequence[str]


def encoded(text: str, numbers: Mapping[str, int]) -> tuple[str, str, str, str]:
    """A stored text with a character in place of each word; `numbers` has its words, from 1 on."""
    codes = _MARKS | {word: _code(word, numbers[word]) for word in stored_words(text)}
    words, other_words, others, names = text.split("\t")
    lines = [
        "\n".join(["".join([codes[word] for word in line.split()]) for line in part.split("\n")])
        for part in (words, other_words, others)
    ]
    return lines[0], lines[1], lines[2], names


def _code(word: str, number: int) -> str:
    character = number + _FIRST_CODE
    if character >= _SURROGATES:
        character += _AFTER_SURROGATES - _SURROGATES
    code = chr(character)
    if word in _GREEK:
        return f"{_GLUED}{code}{_GLUED}"
    return f"{_GLUED}{code}" if _VERSION.match(word) else code


# How a word, or a run of them, is looked for.
_Key = str | re.Pattern[str]


class LookedFor(NamedTuple):
    """What a query looks for in texts, but for names."""

    words: set[str]
    beginnings: set[str]  # of words


def looked_for(expression: str) -> LookedFor:
    """The words, and the beginnings of words, whose numbers a scan needs."""
    terms = list(_terms(expression))
    return LookedFor(
        {word for term in terms for word in _words_of(term)},
        {begun for term in terms for begun in _beginnings_of(term)},
    )


class TextScan:
    """One compiled query over stored texts.

    `numbers` has those of the words that it looks for that any stored text has.
    """

    def __init__(self, expression: str, numbers: Mapping[str, int]) -> None:
        codes = {word: _code(word, number) for word, number in numbers.items()}
        self._tree = _tree(expression, codes)

    @property
    def is_hopeless(self) -> bool:
        """Whether no stored text can match, because none has the words."""
        return _is_hopeless(self._tree)

    def matching(self, texts: Columns, among: list[int] | None = None) -> tuple[set[int], set[int]]:
        """The positions of the texts that match, and of those that may: these are for an index to decide.

        Only those `among` these positions are looked at, where they are given.
        """
        positions = range(len(texts.words)) if among is None else among
        certain, possible = _evaluated(self._tree, texts, positions)
        return certain, possible - certain


_Node = Union["_Term", tuple[str, "_Node", "_Node"]]
_Positions = range | list[int]


def _evaluated(node: _Node, texts: Columns, positions: _Positions) -> tuple[set[int], set[int]]:
    """The texts at these positions that match, and those that may (with the first ones)."""
    if isinstance(node, _Term):
        return node.matching(texts, positions)
    operator, left, right = node
    certain, possible = _evaluated(left, texts, positions)
    if operator == "|":
        others, maybe = _evaluated(right, texts, _without(positions, certain))
        return certain | others, possible | maybe
    others, maybe = _evaluated(right, texts, sorted(possible))
    if operator == "&":
        return certain & others, maybe
    return certain - maybe, possible - others


def _is_hopeless(node: _Node) -> bool:
    if isinstance(node, _Term):
        return node.is_hopeless
    operator, left, right = node
    if operator == "|":
        return _is_hopeless(left) and _is_hopeless(right)
    return _is_hopeless(left) or (operator == "&" and _is_hopeless(right))


def _without(positions: _Positions, found: set[int]) -> _Positions:
    return [position for position in positions if position not in found] if found else positions


def _tree(expression: str, codes: Mapping[str, str]) -> _Node:
    stack: list[_Node] = []
    for line in _lines_of(expression):
        if line in _OPERATORS:
            right = stack.pop()
            stack.append((line, stack.pop(), right))
        else:
            stack.append(_Term(line, codes))
    return stack[0]


def _lines_of(expression: str) -> list[str]:
    lines = expression.removesuffix(")").split("\n")
    return lines if len(lines) > 1 else [expression]


def _terms(expression: str) -> Iterator[str]:
    """The terms of words, those in quotes as the runs that they are looked for as."""
    for line in _lines_of(expression):
        if line in _OPERATORS or line == EVERY_PAPER:
            continue
        if line[-1] == ")":
            field, mode, body = _parts(line)
            if field is not None and field.is_name:
                continue
            if mode.is_quote:
                yield from (run for _, run in _as_runs(body, field, mode))
                continue
        yield line


def _parts(term: str) -> tuple[Field | None, Mode, str]:
    return (_FIELDS[term[0]], _MODES[term[1]], term[3:-1]) if term[-1] == ")" else (None, Mode.RUN, term)


def _as_runs(body: str, field: Field | None, mode: Mode) -> Iterator[tuple[str, str]]:
    """The runs of a quote, each with a term that finds at least as much: the same words as a run.

    A quote does not stand for acronyms or long forms, so neither does that run.
    """
    as_run = MODES[Mode.PREFIX if mode.is_prefix else Mode.RUN]
    for quoted in filter(None, body.replace("\v", "|").split("|")):
        words = prefix_words(quoted) if mode.is_prefix else run_words(quoted)
        yield quoted, f"{SCOPES[field]}{as_run} \v{' '.join(words)})"


def _words_of(term: str) -> Iterator[str]:
    _, mode, body = _parts(term)
    for words in _runs(body):
        for word in words[:-1] if mode.is_prefix else words:
            yield from _variants(word)
        if mode.is_prefix:
            yield from _plurals_begun(words[-1])
    for run in _long(body):
        for wanted in wanted_words(tuple(run), mode):
            for word in wanted.whole:
                yield from _variants(word)


def _beginnings_of(term: str) -> Iterator[str]:
    _, mode, body = _parts(term)
    if mode.is_prefix:
        for words in _runs(body):
            yield from (words[-1], words[-1].upper())
        for run in _long(body):
            for wanted in wanted_words(tuple(run), mode):
                for begun, _ in wanted.begun:
                    yield from (begun, begun.upper())


def _runs(body: str) -> list[list[str]]:
    return [*_short(body), *_long(body)]


def _short(body: str) -> list[list[str]]:
    return [run.split(" ") for run in body.partition("\v")[0].split("|") if run]


def _long(body: str) -> list[list[str]]:
    return [run.split(" ") for run in body.partition("\v")[2].split("|") if run]


def _variants(word: str) -> list[str]:
    """How the word may stand in a text."""
    return [word, *([word.upper()] if word in LONG_FORMS else ()), _AMERICAN + word]


def _plurals_begun(begun: str) -> Iterator[str]:
    """Words that may stand in a text for one that starts so: how a plural ends is not stored."""
    begun = begun.lower()
    for end in range(max(len(begun) - _LONGEST_ENDING, 1), len(begun)):
        word = begun[:end]
        if any(form.startswith(begun) for form in (f"{word}s", f"{word}es", *numbers(word))):
            yield from (word, word.upper())


class _Run(NamedTuple):
    words: list[_Key]
    whole: _Key


class _Term:
    """One term of a query, as it is looked for."""

    def __init__(self, term: str, codes: Mapping[str, str]) -> None:
        self._is_every_paper = term == EVERY_PAPER
        self._field, self._mode, self._body = _parts(term)
        self._codes = codes
        self._quotes: list[tuple[_Term, re.Pattern[str] | None]] = []
        self._runs: list[_Run] = []
        self._plurals: list[_Run] = []  # that may be there for a beginning
        self._long: list[list[list[tuple[_Key, int]]]] = []
        if self._is_every_paper or (self._field is not None and self._field.is_name):
            return
        if self._mode.is_quote:
            self._quotes = [
                (_Term(run, codes), self._alone(quoted.split(" ")))
                for quoted, run in _as_runs(self._body, self._field, self._mode)
            ]
            return
        is_prefix = self._mode.is_prefix
        runs = _runs(self._body)
        if is_prefix:
            self._runs = list(self._begun_runs(runs))
            plurals = [[*words[:-1], word] for words in runs for word in _plurals_begun(words[-1])]
            self._plurals = list(self._known(plurals))
        else:
            self._runs = list(self._known(runs))
        long = [self._wanted(words) for words in _long(self._body)]
        self._long = [wanted for wanted in long if _is_reachable(wanted)]

    @property
    def is_hopeless(self) -> bool:
        """Whether no stored text has its words."""
        if self._is_every_paper or (self._field is not None and self._field.is_name):
            return False
        if self._mode.is_quote:
            return all(run.is_hopeless for run, _ in self._quotes)
        return not (self._runs or self._plurals or self._long)

    def matching(self, texts: Columns, positions: _Positions) -> tuple[set[int], set[int]]:
        """The texts at these positions that have it, and those that may (with the first ones)."""
        if self._is_every_paper:
            return set(positions), set(positions)
        if self._field is not None and self._field.is_name:
            return _named(self._body, texts.names, positions, field=self._field, mode=self._mode)
        if self._mode.is_quote:
            return self._quoted(texts, positions)
        certain, possible = self._found(self._runs, texts, positions)
        left = _without(positions, certain)
        for long in self._long:
            possible.update(_joined(long, texts, left))
        if self._plurals:
            possible.update(*self._found(self._plurals, texts, left))
        return certain, possible | certain

    def _quoted(self, texts: Columns, positions: _Positions) -> tuple[set[int], set[int]]:
        certain: set[int] = set()
        possible: set[int] = set()
        for run, alone in self._quotes:
            if run.is_hopeless:
                continue
            found = run.matching(texts, positions)[1]
            possible |= found
            if alone is not None:
                certain.update(self._in_field(sorted(found), alone, texts.words))
        return certain, possible

    def _found(
        self, runs: Sequence[_Run], texts: Columns, positions: _Positions
    ) -> tuple[set[int], set[int]]:
        """The texts that have one of these runs of words, and those that may."""
        if not runs:
            return set(), set()
        certain: set[int] = set()
        for run in runs:
            having = _having(run.whole, texts.words, _without(positions, certain))
            certain.update(self._in_field(having, run.whole, texts.words))
        left = _without(positions, certain)
        special = _having(_LEFT_OUT, texts.other_words, left)
        possible: set[int] = set()
        for run in runs:
            having = sorted({one for key in run.words for one in _having(key, texts.other_words, left)})
            found = _having(run.whole, texts.others, [*having, *special])
            certain.update(self._in_field(found, run.whole, texts.others))
            if len(run.words) > 1:
                possible.update(_apart(run.words, texts, having))
        return certain, possible

    def _known(self, runs: Iterable[Sequence[str]]) -> Iterator[_Run]:
        """The runs, in every way in which they may stand in a text."""
        for words in runs:
            for codes in product(*map(self._codes_of, words)):
                yield _Run([*codes], "".join(codes))

    def _begun_runs(self, runs: Iterable[Sequence[str]]) -> Iterator[_Run]:
        """The same for runs whose last word is a beginning."""
        for words in runs:
            begun = self._begun(words[-1])
            if begun is not None:
                last = re.compile(begun)
                for codes in product(*map(self._codes_of, words[:-1])):
                    yield _Run([*codes, last], re.compile(re.escape("".join(codes)) + begun))

    def _codes_of(self, word: str) -> list[str]:
        return [self._codes[variant] for variant in _variants(word) if variant in self._codes]

    def _begun(self, beginning: str) -> str | None:
        """A pattern for the words that start so; None if no stored text has any."""
        either = (beginning, beginning.upper())
        codes = [code for word, code in self._codes.items() if word.startswith(either)]
        plain = "".join([re.escape(code) for code in codes if len(code) == 1])
        glued = "".join([re.escape(code[1]) for code in codes if len(code) > 1])
        found = [f"[{plain}]"] if plain else []
        if glued:
            found.append(f"{_GLUED}[{glued}]")
        return f"(?:{'|'.join(found)})" if found else None

    def _alone(self, words: Sequence[str]) -> re.Pattern[str] | None:
        """A pattern for where a quote is found for certain."""
        if self._mode.is_prefix or not all(map(_is_read_alike, words)):
            return None
        codes = [
            [self._codes[form] for form in dict.fromkeys((word, word.upper())) if form in self._codes]
            for word in words
        ]
        if not all(codes):
            return None
        run = "".join([f"(?:{'|'.join(map(re.escape, each))})" for each in codes])
        return re.compile(f"(?<!{_GLUED}){run}(?!{_GLUED})")

    def _wanted(self, words: Sequence[str]) -> list[list[tuple[_Key, int]]]:
        """For each word of a longer run, what it may be read as from there on, and where that ends."""
        wanted: list[list[tuple[_Key, int]]] = []
        for here in wanted_words(tuple(words), self._mode):
            keys: list[tuple[_Key, int]] = [
                (code, end)
                for word, ends in here.whole.items()
                for code in self._codes_of(word)
                for end, _ in ends
            ]
            patterns = filter(None, [self._begun(begun) for begun, _ in here.begun])
            wanted.append([*keys, *((re.compile(pattern), len(words)) for pattern in patterns)])
        return wanted

    def _in_field(self, found: Iterable[int], key: _Key, column: Sequence[str]) -> Iterable[int]:
        """Those of the texts found that have the key in the field."""
        if self._field is None:
            return found if isinstance(key, str) else _having(key, column, found)
        numbers_of_lines = _LINES[self._field]
        return [
            position
            for position in found
            for lines in (column[position].split("\n"),)
            if any(_has(key, lines[line]) for line in numbers_of_lines)
        ]


def _apart(keys: Sequence[_Key], texts: Columns, having: Iterable[int]) -> list[int]:
    """The texts that have all the words, two or more of them only in other readings.

    Another reading is stored with the words around it, so that a run with one such word has been looked for
    already.
    """
    words, other_words = texts.words, texts.other_words
    return [
        position
        for position in having
        if sum(_has(key, other_words[position]) for key in keys) > 1
        and all(_has(key, words[position]) or _has(key, other_words[position]) for key in keys)
    ]


def _is_reachable(wanted: Sequence[Sequence[tuple[_Key, int]]]) -> bool:
    """Whether stored texts have words for the whole run."""
    reached = [False] * len(wanted) + [True]
    for start in range(len(wanted) - 1, -1, -1):
        reached[start] = any(reached[end] for _, end in wanted[start])
    return reached[0]


def _joined(
    wanted: Sequence[Sequence[tuple[_Key, int]]], texts: Columns, positions: Iterable[int]
) -> Iterator[int]:
    """The texts that have all the words of a longer run, some with a space between them left out."""
    count = len(wanted)
    joined = [key for start, here in enumerate(wanted) for key, end in here if end > start + 1]
    for position in positions:
        text, other_words = texts.words[position], texts.other_words[position]
        is_other = _LEFT_OUT in other_words or any(
            _has(key, other_words) for here in wanted for key, _ in here
        )
        if not is_other and not any(_has(key, text) for key in joined):
            continue
        reached = [False] * count + [True]
        for start in range(count - 1, -1, -1):
            reached[start] = any(
                reached[end] and (_has(key, text) or _has(key, other_words)) for key, end in wanted[start]
            )
        if reached[0]:
            yield position


def _has(key: _Key, text: str) -> bool:
    return key in text if isinstance(key, str) else key.search(text) is not None


def _having(key: _Key, column: Sequence[str], positions: Iterable[int]) -> list[int]:
    """The positions at which the column has the key."""
    if isinstance(key, str):
        return [position for position in positions if key in column[position]]
    search = key.search
    return [position for position in positions if search(column[position])]


def _is_read_alike(word: str) -> bool:
    """Whether a quote and a run find the word in the same places, but for what is glued to it."""
    return (
        word.isascii() and word.isalpha() and word.islower() and word not in AMERICAN and word not in _GREEK
    )


def _named(
    body: str, names: Sequence[str], positions: Iterable[int], *, field: Field, mode: Mode
) -> tuple[set[int], set[int]]:
    """The texts that have the name; in a quote with capitals, which are not stored, only those that may."""
    words = tuple(body.split(" "))
    lower = tuple(word.lower() for word in words)
    ending = "" if mode.is_prefix else "/"
    typed = {word.text for reading in query_readings(lower) for word in reading if len(word.text) > 1}
    keys = [f"/{word}{ending}" for word in typed]
    found: set[int] = set()
    for position in positions:
        of_paper = names[position]
        if any(key in of_paper for key in keys):
            for name in of_paper.split("\n")[_NAME_LINES[field]].split(";"):
                if any(key in name for key in keys) and is_reading_of_name(
                    lower, tuple(name.strip("/").split("/")), is_quote=mode.is_quote, is_prefix=mode.is_prefix
                ):
                    found.add(position)
                    break
    return (found, found) if words == lower else (set(), found)
