"""Highlights: the words of a displayed text that a query matches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.core.query.acronyms import expansions
from bot.core.query.names import NameSearch, name_line
from bot.core.query.nodes import Field, Phrase, positive_phrases
from bot.core.query.parser import Query
from bot.core.query.phrase_search import SearchableText
from bot.core.words.tokenizer import Mode

_NAME = re.compile(r"[^,;\s](?:[^,;]*[^,;\s])?")


def mark(queries: Iterable[Query], field: Field, text: str) -> tuple[tuple[int, int], ...]:
    """The spans of `text` that the queries match, sorted and without overlaps.

    They cover whole words, and a phrase is one span; names are marked whole. What a query excludes is never
    marked. The text is the paper's field as it is shown, with its LaTeX converted (`bot.core.words.latex`);
    it may be shortened. Names are separated by commas.
    """
    phrases = {
        phrase for query in queries for phrase in positive_phrases(query.root) if field in phrase.fields
    }
    spans = sorted(_names(phrases, text) if field.is_name else _words(phrases, text))
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _words(phrases: Iterable[Phrase], text: str) -> Iterator[tuple[int, int]]:
    read: dict[Mode, SearchableText] = {}
    for phrase in phrases:
        mode = phrase.mode
        if mode not in read:
            read[mode] = SearchableText(text, mode)
        for words in expansions(phrase.words) if mode is Mode.RUN else (phrase.words,):
            yield from read[mode].find(words)


def _names(phrases: Iterable[Phrase], text: str) -> Iterator[tuple[int, int]]:
    searches = [NameSearch(phrase.words, phrase.mode) for phrase in phrases]
    for match in _NAME.finditer(text):
        line = name_line([match[0]])
        if any(search.stands_in(line) for search in searches):
            yield match.span()
