"""What a compiled query looks for in stored texts: its terms, their runs of words, and the words of these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from bot.core.query.expression import EVERY_PAPER, MODES, SCOPES
from bot.core.query.nodes import Field
from bot.core.query.phrase_search import is_spelled, lower_reading, marked, wanted_words
from bot.core.words.inflection import LONG_FORMS, fold
from bot.core.words.tokenizer import Mode
from bot.matching.scan_texts import AMERICAN_MARK, code_of

OPERATORS: Final = frozenset("&|~")
_FIELDS: Final = {letter: field for field, letter in SCOPES.items()}
_MODES: Final = {letter: mode for mode, letter in MODES.items()}


class LookedFor(NamedTuple):
    """What a query looks for in texts, but for names: all in lower case."""

    words: set[str]
    beginnings: set[str]  # of words


def looked_for(expression: str) -> LookedFor:
    """The words, and the beginnings of words, in any capitals, whose numbers a scan needs."""
    found = LookedFor(set(), set())
    for term in terms_of(expression):
        _, mode, body = parts_of(term)
        for words in runs_of(body):
            wanted = wanted_words(tuple(words), mode)
            last = len(words) - 1 if mode.is_prefix else len(words)
            found.words.update(lower_reading(word) for word in words[:last])
            found.words.update(word.lower() for here in wanted for word in here.whole)
            found.beginnings.update(key.lower() for here in wanted for key, _ in here.begun)
    found.words.update([AMERICAN_MARK + word for word in found.words])
    return found


def lines_of(expression: str) -> list[str]:
    """The terms and operators of an expression."""
    lines = expression.removesuffix(")").split("\n")
    return lines if len(lines) > 1 else [expression]


def terms_of(expression: str) -> Iterator[str]:
    """The terms of words."""
    for line in lines_of(expression):
        if line in OPERATORS or line == EVERY_PAPER:
            continue
        field, _, _ = parts_of(line)
        if field is None or not field.is_name:
            yield line


def parts_of(term: str) -> tuple[Field | None, Mode, str]:
    """The field, the mode and the body of a term."""
    return (_FIELDS[term[0]], _MODES[term[1]], term[3:-1]) if term[-1] == ")" else (None, Mode.RUN, term)


def runs_of(body: str) -> list[list[str]]:
    """The runs of words, the short ones first."""
    return [run.split(" ") for part in body.split("\v", 1) for run in part.split("|") if run]


def long_runs(body: str) -> list[list[str]]:
    """Those whose readings with a space left out are not listed."""
    return [run.split(" ") for run in body.partition("\v")[2].split("|") if run]


class Codes:
    """The characters that words of a query may have in texts."""

    def __init__(self, numbers_of: Mapping[str, int]) -> None:
        self._code = {word: code_of(number) for word, number in numbers_of.items()}
        self._spellings: defaultdict[str, list[str]] = defaultdict(list)
        for word in numbers_of:
            self._spellings[word.lower()].append(word)

    def of(self, word: str, mode: Mode) -> str:
        """The characters of a word, each of which may stand for it."""
        if mode.is_quote:
            asked = marked(word)
            spelled = self._spellings.get(lower_reading(asked), ())
            return "".join([self._code[each] for each in spelled if is_spelled(asked, each)])
        variants = [word, *([word.upper()] if word in LONG_FORMS else ()), AMERICAN_MARK + word]
        return "".join([self._code[each] for each in variants if each in self._code])

    def beginning(self, begun: str, mode: Mode) -> str:
        """The characters of the words that begin so, plurals left out where the singular begins so too."""
        asked = marked(begun) if mode.is_quote else begun
        key = lower_reading(asked)
        return "".join(
            [
                code
                for word, code in self._code.items()
                if word.lower().startswith(key)
                and (word == (singular := fold(word)) or not singular.startswith(key))
                and (not mode.is_quote or is_spelled(asked, word[: len(key)]))
            ]
        )
