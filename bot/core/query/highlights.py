"""Which words of a displayed text made it match."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.query.nodes import Field, positive_phrases
from bot.core.query.parser import Query
from bot.core.query.phrase_search import find
from bot.core.words.tokenizer import words


def mark(queries: Iterable[Query], field: Field, text: str) -> tuple[tuple[int, int], ...]:
    """Where the phrases that `queries` look for stand in a text that is shown for `field`.

    Whole words, a phrase as one span; sorted, without overlaps. What a query excludes is never marked.

    Args:
        queries: the queries whose phrases to mark.
        field: what the text stands for.
        text: the text as it is shown, with its LaTeX read (`bot.core.words.latex`); it may be shortened.
    """
    phrases = {
        phrase for query in queries for phrase in positive_phrases(query.root) if field in phrase.fields
    }
    found = words(text)
    spans = sorted(
        (found[first].start, found[behind - 1].end)
        for phrase in phrases
        for first, behind in find(phrase.words, found, is_prefix=phrase.is_prefix)
    )
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
