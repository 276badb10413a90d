"""The index: a set of papers in an in-memory FTS5 table, searched by compiled queries.

It holds the words of each field with hyphens as spaces and plurals folded, so that most queries are a single
FTS5 phrase. If the vocabulary allows another reading of a query (a compound as one word, two words as one,
the beginning of a plural), that reading is added as an alternative. A reading that depends on how a word was
written is checked against the text itself.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final, Self

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.query.fts5 import EVERY_ROW, ROW_COLUMN
from bot.core.query.nodes import Field
from bot.core.query.phrase_search import find_phrase
from bot.core.words.latex import readable
from bot.core.words.tokenizer import Word, words
from bot.matching.vocabulary import Alternative, Vocabulary

# Separates the texts of one field (authors, keywords). No query contains it, so no phrase crosses it.
_BREAK: Final = " \ue000 "

_COLUMNS: Final = ", ".join([*Field, ROW_COLUMN])
_CREATE: Final = (
    f"CREATE VIRTUAL TABLE papers USING fts5({_COLUMNS}, content='', tokenize=\"ascii tokenchars '+#*'\")"
)
_INSERT: Final = f"INSERT INTO papers (rowid, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - our names
_MATCH: Final = "SELECT rowid FROM papers WHERE papers MATCH ? ORDER BY rowid"
_PHRASE = re.compile(r'\{([a-z ]+)\} : "([^"]*)"( \*)?')

_Fields = dict[Field, list[tuple[Word, ...]]]


class PaperIndex:
    """An index of papers. Use it as a context manager, or close it.

    It is synchronous, so call it off the event loop: from any thread, but from one at a time.
    """

    def __init__(self, papers: Iterable[Paper]) -> None:
        self._papers = list({paper.id: paper for paper in papers}.values())
        self._fields_cache: dict[int, _Fields] = {}
        self._vocabulary = Vocabulary()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._connection.execute(_CREATE)
        self._connection.execute("BEGIN")
        self._connection.executemany(_INSERT, map(self._row, range(len(self._papers))))
        self._connection.execute("COMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the index. Idempotent."""
        self._connection.close()

    def search(self, compiled: str) -> tuple[PaperId, ...]:
        """The papers that the expression of a compiled query matches, in the order of the index."""
        sole = _PHRASE.fullmatch(compiled)
        expression = _PHRASE.sub(self._expanded, compiled) if sole is None else self._expanded(sole)
        if expression == _NOTHING:
            return ()
        return tuple([self._papers[number].id for number in self._rows(expression)])

    def search_many(self, expressions: Iterable[str]) -> dict[str, tuple[PaperId, ...]]:
        """The matches of each expression."""
        return {expression: self.search(expression) for expression in dict.fromkeys(expressions)}

    def _row(self, number: int) -> tuple[int | str, ...]:
        """The table row of a paper. Also adds its words to the vocabulary."""
        columns: list[int | str] = [number]
        for texts in _fields(self._papers[number]).values():
            for text in texts:
                self._vocabulary.add(text)
            columns.append(_BREAK.join([" ".join([word.form for word in text]) for text in texts]))
        return (*columns, f"{EVERY_ROW} {number}")

    def _rows(self, expression: str) -> list[int]:
        rows: list[tuple[int]] = self._connection.execute(_MATCH, (expression,)).fetchall()
        return [number for (number,) in rows]

    def _expanded(self, match: re.Match[str]) -> str:
        """A compiled phrase with every reading that this index allows."""
        compiled, columns, text, star = match[0], match[1], match[2], match[3]
        if columns == ROW_COLUMN:
            return compiled
        query = text.split(" ")
        if star is None and not self._vocabulary.has_other_readings(query):
            return compiled if all(word in self._vocabulary for word in query) else _NOTHING
        alternatives = self._vocabulary.alternatives(query, is_prefix=star is not None)
        if alternatives is None:
            return _numbered(
                self._checked(range(len(self._papers)), columns, query, is_prefix=star is not None)
            )
        certain = [each for each in alternatives if each.is_certain]
        uncertain = [each for each in alternatives if not each.is_certain]
        readings = [_phrases(columns, certain)] if certain else []
        if uncertain:
            candidates = self._rows(_phrases(columns, uncertain))
            checked = self._checked(candidates, columns, query, is_prefix=star is not None)
            if checked:
                readings.append(_numbered(checked))
        return f"({' OR '.join(readings)})" if readings else _NOTHING

    def _checked(
        self, candidates: Iterable[int], columns: str, query: Sequence[str], *, is_prefix: bool
    ) -> list[int]:
        """The candidates whose texts really contain the phrase."""
        return [
            number
            for number in candidates
            if any(
                find_phrase(query, text, is_prefix=is_prefix)
                for column in columns.split(" ")
                for text in self._fields_of(number)[Field(column)]
            )
        ]

    def _fields_of(self, number: int) -> _Fields:
        if number not in self._fields_cache:
            self._fields_cache[number] = _fields(self._papers[number])
        return self._fields_cache[number]


def _fields(paper: Paper) -> _Fields:
    """The texts of each field, as words. A phrase never runs from one text into the next."""
    texts: dict[Field, Iterable[str | None]] = {
        Field.TITLE: (paper.title,),
        Field.ABSTRACT: (paper.abstract,),
        Field.AUTHOR: paper.authors,
        Field.ORG: (paper.organization, paper.organization_login),
        Field.KEYWORD: paper.ai_keywords,
    }
    return {field: [words(readable(text)) for text in texts[field] if text] for field in Field}


def _phrases(columns: str, alternatives: Iterable[Alternative]) -> str:
    quoted = [f'"{" ".join(each.words)}"' + (" *" if each.is_prefix else "") for each in alternatives]
    return f"{{{columns}}} : ({' OR '.join(quoted)})"


def _numbered(numbers: Sequence[int]) -> str:
    """An expression that matches the papers with these numbers."""
    if not numbers:
        return _NOTHING
    quoted = [f'"{number}"' for number in numbers]
    return f"{{{ROW_COLUMN}}} : ({' OR '.join(quoted)})"


# Matches nothing: no paper has this number.
_NOTHING: Final = f'{{{ROW_COLUMN}}} : "none"'
