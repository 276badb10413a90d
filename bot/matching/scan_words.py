"""What a compiled query looks for in stored texts: its terms, their runs of words, and the words of these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from bot.core.query.expression import EVERY_PAPER, MODES, SCOPES
from bot.core.query.nodes import Field
from bot.core.query.phrase_search import wanted_words
from bot.core.words.inflection import LONG_FORMS, numbers
from bot.core.words.tokenizer import Mode, prefix_words, run_words
from bot.matching.scan_texts import AMERICAN_MARK

OPERATORS: Final = frozenset("&|~")
_FIELDS: Final = {letter: field for field, letter in SCOPES.items()}
_MODES: Final = {letter: mode for mode, letter in MODES.items()}
_LONGEST_ENDING: Final = 4  # characters that a plural or a British spelling has more: children, programmes


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


def lines_of(expression: str) -> list[str]:
    lines = expression.removesuffix(")").split("\n")
    return lines if len(lines) > 1 else [expression]


def _terms(expression: str) -> Iterator[str]:
    """The terms of words, those in quotes as the runs that they are looked for as."""
    for line in lines_of(expression):
        if line in OPERATORS or line == EVERY_PAPER:
            continue
        if line[-1] == ")":
            field, mode, body = parts_of(line)
            if field is not None and field.is_name:
                continue
            if mode.is_quote:
                yield from (run for _, run in as_runs(body, field, mode))
                continue
        yield line


def parts_of(term: str) -> tuple[Field | None, Mode, str]:
    return (_FIELDS[term[0]], _MODES[term[1]], term[3:-1]) if term[-1] == ")" else (None, Mode.RUN, term)


def as_runs(body: str, field: Field | None, mode: Mode) -> Iterator[tuple[str, str]]:
    """The runs of a quote, each with a term that finds at least as much: the same words as a run.

    A quote does not stand for acronyms or long forms, so neither does that run.
    """
    as_run = MODES[Mode.PREFIX if mode.is_prefix else Mode.RUN]
    for quoted in filter(None, body.replace("\v", "|").split("|")):
        words = prefix_words(quoted) if mode.is_prefix else run_words(quoted)
        yield quoted, f"{SCOPES[field]}{as_run} \v{' '.join(words)})"


def _words_of(term: str) -> Iterator[str]:
    _, mode, body = parts_of(term)
    for words in runs_of(body):
        for word in words[:-1] if mode.is_prefix else words:
            yield from variants(word)
        if mode.is_prefix:
            yield from plurals_begun(words[-1])
    for run in long_runs(body):
        for wanted in wanted_words(tuple(run), mode):
            for word in wanted.whole:
                yield from variants(word)


def _beginnings_of(term: str) -> Iterator[str]:
    _, mode, body = parts_of(term)
    if mode.is_prefix:
        for words in runs_of(body):
            yield from (words[-1], words[-1].upper())
        for run in long_runs(body):
            for wanted in wanted_words(tuple(run), mode):
                for begun, _ in wanted.begun:
                    yield from (begun, begun.upper())


def runs_of(body: str) -> list[list[str]]:
    return [*_short(body), *long_runs(body)]


def _short(body: str) -> list[list[str]]:
    return [run.split(" ") for run in body.partition("\v")[0].split("|") if run]


def long_runs(body: str) -> list[list[str]]:
    return [run.split(" ") for run in body.partition("\v")[2].split("|") if run]


def variants(word: str) -> list[str]:
    """How the word may stand in a text."""
    return [word, *([word.upper()] if word in LONG_FORMS else ()), AMERICAN_MARK + word]


def plurals_begun(begun: str) -> Iterator[str]:
    """Words that may stand in a text for one that starts so: how a plural ends is not stored."""
    begun = begun.lower()
    for end in range(max(len(begun) - _LONGEST_ENDING, 1), len(begun)):
        word = begun[:end]
        if any(form.startswith(begun) for form in (f"{word}s", f"{word}es", *numbers(word))):
            yield from (word, word.upper())
