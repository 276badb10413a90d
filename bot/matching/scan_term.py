"""One term of a query in the scan: which stored texts have it for certain, and which may have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bot.core.query.expression import EVERY_PAPER
from bot.core.query.names import is_reading_of_name, query_readings
from bot.core.query.nodes import Field
from bot.core.words.tokenizer import Mode
from bot.matching.scan_runs import Matches, Positions, Run, listed, without
from bot.matching.scan_texts import Columns
from bot.matching.scan_words import Codes, parts_of

_LINES: Final = {Field.TITLE: (0,), Field.ABSTRACT: (1,), Field.KEYWORD: (2,), Field.TOPIC: (0, 2)}
_NAME_LINES: Final = {Field.AUTHOR: 0, Field.ORG: 1}


class Term:
    """One term of a query, as it is looked for."""

    def __init__(self, term: str, codes: Codes) -> None:
        self._is_every_paper = term == EVERY_PAPER
        self._field, self._mode, self._body = parts_of(term)
        self.is_name = self._field is not None and self._field.is_name
        self.is_quote = self._mode.is_quote and not self.is_name
        self._runs: list[Run] = []
        if self._is_every_paper or self.is_name:
            return
        place = None if self._field is None else _LINES[self._field]
        self._runs = [Run(ways, place) for ways in listed(self._body, self._mode, codes)]

    @property
    def is_hopeless(self) -> bool:
        """Whether no stored text has its words."""
        return not (self._is_every_paper or self.is_name or self._runs)

    def matching(self, texts: Columns, positions: Positions) -> Matches:
        """The texts at these positions that have it, and those that may."""
        if self._is_every_paper:
            return set(positions), set(positions)
        if self._field is not None and self.is_name:
            found = _named(self._body, texts.names, positions, field=self._field, mode=self._mode)
            return found, found
        lines = texts.quoted if self.is_quote else texts.run
        certain: set[int] = set()
        possible: set[int] = set()
        for run in self._runs:
            having, may_have = run.matching(lines, without(positions, certain))
            certain |= having
            possible |= may_have
        return certain, possible | certain


def _named(
    body: str, names: Sequence[str], positions: Iterable[int], *, field: Field, mode: Mode
) -> set[int]:
    """The texts that have the name."""
    words = tuple(body.split(" "))
    ending = "" if mode.is_prefix else "/"
    typed = {word.text for reading in query_readings(words) for word in reading if len(word.text) > 1}
    keys = [f"/{word}{ending}" for word in typed]
    found: set[int] = set()
    for position in positions:
        lower = names[position].lower()
        if any(key in lower for key in keys):
            for name in names[position].split("\n")[_NAME_LINES[field]].split(";"):
                if any(key in name.lower() for key in keys) and is_reading_of_name(
                    words, tuple(name.strip("/").split("/")), is_quote=mode.is_quote, is_prefix=mode.is_prefix
                ):
                    found.add(position)
                    break
    return found
