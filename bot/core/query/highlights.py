"""Highlights: the words of a displayed text that a query matches."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.query.nodes import Field, positive_phrases
from bot.core.query.parser import Query
from bot.core.query.phrase_search import find_phrase
from bot.core.words.tokenizer import words


def mark(queries: Iterable[Query], field: Field, text: str) -> tuple[tuple[int, int], ...]:
    """The spans of `text` that the queries match, sorted and without overlaps.

    They cover whole words, and a phrase is one span. What a query excludes is never marked. The text is the
    paper's field as it is shown, with its LaTeX converted (`bot.core.words.latex`); it may be shortened.
    """
    phrases = {
        phrase for query in queries for phrase in positive_phrases(query.root) if field in phrase.fields
    }
    text_words = words(text)
    spans = sorted(
        (text_words[first].start, text_words[end - 1].end)
        for phrase in phrases
        for first, end in find_phrase(phrase.words, text_words, is_prefix=phrase.is_prefix)
    )
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
