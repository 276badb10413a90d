"""The scan: one compiled query over the stored, normalised texts of a large archive, without an index.

What is stored of a paper has four parts: the words of its title, abstract and AI keywords, a line each; the
words that it has only when a hyphen is read as nothing, or something is read in another way; the same three
lines in those other ways, each with the words around it; and the names of its authors and its organisation, a
line each. Most papers are decided by looking for the query's words there. The few that are not are for the
index to decide.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import product
from typing import Final, NamedTuple

from bot.core.papers import Paper
from bot.core.query.expression import EVERY_PAPER, MODES, SCOPES, compile_node
from bot.core.query.names import is_reading_of_name, name_readings, query_readings
from bot.core.query.nodes import Field, Phrase
from bot.core.query.phrase_search import wanted_words
from bot.core.words.inflection import LONG_FORMS
from bot.core.words.latex import readable
from bot.core.words.tokenizer import (
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
_NAMES_APART: Final = "/;/"
_OPERATORS: Final = frozenset("&|~")
_CONTEXT: Final = 4  # words on each side of another reading
_LONG_COMPOUND: Final = 5  # parts; of a longer one, only readings with one joined word are stored


class _Stored(NamedTuple):
    words: str
    other_words: str
    others: str
    names: str


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
    found = forms(text, source, Mode.RUN)
    return found[-1] if found[-1] != found[-1].lower() else found[0]


def _others(segment: Segment, plain: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The other ways to read a segment, and how its words are written where a beginning may ask for that."""
    if len(segment) == len(segment[0]) == 1:
        part = segment[0][0]
        found = [*forms(part.text, part.source, Mode.RUN), *_written(part.text, part.source, plain[0])]
        return [(form,) for form in dict.fromkeys(found) if form.lower() != plain[0].lower()]
    others: dict[tuple[str, ...], None] = {}
    for path in segment:
        for choices in _readings(path):
            others.update(dict.fromkeys(product(*choices)))
    return [other for other in others if other != plain]


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
                word = joined_forms(path, first, end, Mode.RUN)
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
    stored = _Stored(*text.split("\t"))
    return {*stored.words.split(), *stored.other_words.split()}


class TextScan:
    """One compiled query over stored texts.

    Where it is known which of its `words` any stored text has, `keep` makes it faster: what needs another
    word is not looked for.
    """

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._known: Container[str] | None = None

    @property
    def words(self) -> set[str]:
        """The words that it looks for; beginnings and names are not among them."""
        return {word for term in _terms(self._expression) for word in _words_of(term)}

    def keep(self, known: Container[str]) -> None:
        """Look only for what consists of these words."""
        self._known = known

    def matching(self, stored: Sequence[str]) -> tuple[set[int], set[int]]:
        """The positions of the texts that match, and of those that may: these are for an index to decide."""
        texts = [_Stored(*text.split("\t")) for text in stored]
        stack: list[tuple[set[int], set[int]]] = []
        for line in _lines_of(self._expression):
            if line not in _OPERATORS:
                stack.append(_term(line, texts, self._known))
                continue
            certain, possible = stack.pop()
            before, maybe = stack.pop()
            if line == "&":
                stack.append((before & certain, maybe & possible))
            elif line == "|":
                stack.append((before | certain, maybe | possible))
            else:
                stack.append((before - possible, maybe - certain))
        certain, possible = stack[0]
        return certain, possible - certain


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
                yield from _as_runs(body, field, mode)
                continue
        yield line


def _parts(term: str) -> tuple[Field | None, Mode, str]:
    return (_FIELDS[term[0]], _MODES[term[1]], term[3:-1]) if term[-1] == ")" else (None, Mode.RUN, term)


def _as_runs(body: str, field: Field | None, mode: Mode) -> Iterator[str]:
    """What a quote finds, its words as a run find too: the terms of those runs."""
    for quoted in filter(None, body.replace("\v", "|").split("|")):
        words = prefix_words(quoted) if mode.is_prefix else run_words(quoted)
        yield compile_node(Phrase(words=words, field=field, is_prefix=mode.is_prefix))


def _words_of(term: str) -> Iterator[str]:
    _, mode, body = _parts(term)
    for words in _spelled(body):
        yield from words[:-1] if mode.is_prefix else words
    for run in _long(body):
        for wanted in wanted_words(tuple(run), mode):
            yield from wanted.whole


def _short(body: str) -> list[list[str]]:
    return [run.split(" ") for run in body.partition("\v")[0].split("|") if run]


def _long(body: str) -> list[list[str]]:
    return [run.split(" ") for run in body.partition("\v")[2].split("|") if run]


def _spelled(body: str) -> list[tuple[str, ...]]:
    """The runs of words, in every way in which they may stand in a text."""
    return [words for run in (*_short(body), *_long(body)) for words in _spellings(run)]


def _term(term: str, texts: Sequence[_Stored], known: Container[str] | None) -> tuple[set[int], set[int]]:
    """The texts that have a term, and those that may (with the first ones)."""
    if term == EVERY_PAPER:
        return set(range(len(texts))), set(range(len(texts)))
    field, mode, body = _parts(term)
    if field is not None and field.is_name:
        return _named(body, texts, field, mode)
    if mode.is_quote:
        runs = [_term(run, texts, known) for run in _as_runs(body, field, mode)]
        return set(), set[int]().union(*(possible for _, possible in runs))
    return _run(body, texts, field, mode, known)


def _run(
    body: str, texts: Sequence[_Stored], field: Field | None, mode: Mode, known: Container[str] | None
) -> tuple[set[int], set[int]]:
    """The texts that have one of these runs of words, or beginnings of one."""
    spelled = _spelled(body)
    if known is not None:
        size = -1 if mode.is_prefix else None
        spelled = [words for words in spelled if all(word in known for word in words[:size])]
    ending = "" if mode.is_prefix else " "
    certain: set[int] = set()
    for words in spelled:
        key = f" {' '.join(words)}{ending}"
        found = [position for position, text in enumerate(texts) if key in text.words]
        certain.update(found if field is None else _in_lines(found, key, texts, field, of_others=False))
    left = [position for position in range(len(texts)) if position not in certain]
    special = [position for position in left if _ALL_PLAIN in texts[position].other_words]
    possible: set[int] = set()
    for words in spelled:
        keys = [*(f" {word} " for word in words[:-1]), f" {words[-1]}{ending}"]
        key = keys[0] if len(keys) == 1 else None
        if key:
            having = [position for position in left if key in texts[position].other_words]
        else:
            having = [
                position for position in left if any(key in texts[position].other_words for key in keys)
            ]
        run = f" {' '.join(words)}{ending}"
        found = [position for position in (*having, *special) if run in texts[position].others]
        certain.update(found if field is None else _in_lines(found, run, texts, field, of_others=True))
        if len(words) > 1:
            possible.update(_apart(keys, texts, having))
    for long in _long(body):
        possible.update(_joined(long, texts, left, mode, known))
    if mode.is_prefix and body[-1] in "se":
        # A plural's ending is not stored; without it, any word that begins so may be that plural.
        keys = [f" {words[-1][:-1].removesuffix('e')}" for words in spelled]
        possible.update(position for position in left if any(key in texts[position].words for key in keys))
    return certain, possible | certain


def _spellings(words: Sequence[str]) -> list[tuple[str, ...]]:
    """How the run may stand in a text: an acronym that stands for its long form has capitals there."""
    return list(product(*[(word, word.upper()) if word in LONG_FORMS else (word,) for word in words]))


def _in_lines(
    found: Iterable[int], key: str, texts: Sequence[_Stored], field: Field, *, of_others: bool
) -> list[int]:
    return [
        position
        for position in found
        for lines in ((texts[position].others if of_others else texts[position].words).split("\n"),)
        if any(key in lines[line] for line in _LINES[field])
    ]


def _apart(keys: Sequence[str], texts: Sequence[_Stored], having: Iterable[int]) -> list[int]:
    """The texts that have all the words, two or more of them only in other readings.

    Another reading is stored with the words around it, so that a run with one such word has been looked for
    already.
    """
    return [
        position
        for position in having
        for text in (texts[position],)
        if sum(key in text.other_words for key in keys) > 1
        and all(key in text.words or key in text.other_words for key in keys)
    ]


def _joined(
    words: Sequence[str],
    texts: Sequence[_Stored],
    left: Iterable[int],
    mode: Mode,
    known: Container[str] | None,
) -> Iterator[int]:
    """The texts that have all the words of a longer run, some with a space between them left out."""
    wanted = [
        [
            (f" {word} ", end)
            for word, ends in here.whole.items()
            if known is None or word in known
            for end, _ in ends
        ]
        + [(f" {begun}", len(words)) for begun, _ in here.begun]
        for here in wanted_words(tuple(words), mode)
    ]
    joined = [key for start, here in enumerate(wanted) for key, end in here if end > start + 1]
    for position in left:
        text = texts[position]
        other_words = text.other_words
        is_other = _ALL_PLAIN in other_words or any(key in other_words for here in wanted for key, _ in here)
        if not is_other and not any(key in text.words for key in joined):
            continue
        reached = [False] * len(words) + [True]
        for start in range(len(words) - 1, -1, -1):
            reached[start] = any(
                reached[end] and (key in text.words or key in other_words) for key, end in wanted[start]
            )
        if reached[0]:
            yield position


def _named(body: str, texts: Sequence[_Stored], field: Field, mode: Mode) -> tuple[set[int], set[int]]:
    """The texts that have the name; in a quote with capitals, which are not stored, only those that may."""
    words = tuple(body.split(" "))
    lower = tuple(word.lower() for word in words)
    ending = "" if mode.is_prefix else "/"
    typed = {word.text for reading in query_readings(lower) for word in reading if len(word.text) > 1}
    keys = [f"/{word}{ending}" for word in typed]
    found: set[int] = set()
    for position, text in enumerate(texts):
        if any(key in text.names for key in keys):
            for name in text.names.split("\n")[_NAME_LINES[field]].split(";"):
                if any(key in name for key in keys) and is_reading_of_name(
                    lower, tuple(name.strip("/").split("/")), is_quote=mode.is_quote, is_prefix=mode.is_prefix
                ):
                    found.add(position)
                    break
    return (found, found) if words == lower else (set(), found)
