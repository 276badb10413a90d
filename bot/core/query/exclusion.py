"""Queries whose papers are excluded: the same language, with errors that say how to exclude."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from bot.core.query.errors import EMPTY, EXCLUSION, ONLY_EXCLUDES, QueryError, inline_code
from bot.core.query.lexer import Kind, tokens
from bot.core.query.nodes import Everything
from bot.core.query.parser import Query, parse_query
from bot.core.words.latex import readable

_EXCLUDES: Final = {Kind.MINUS, Kind.NOT}
_ENDS_TERM: Final = {
    Kind.WORD,
    Kind.PREFIX,
    Kind.QUOTE,
    Kind.EVERYTHING,
    Kind.CLOSE,
    Kind.AND,
}


def parse_exclusion(text: str) -> Query:
    """As `parse_query`, for a query whose papers are excluded: a minus in front is an error.

    Raises:
        QueryError: it cannot be read, or matches every paper.
    """
    try:
        query = parse_query(text)
    except QueryError as error:
        if error.topic == EMPTY:
            raise error.advising("Type what to exclude, such as `survey`.") from error
        if error.topic not in {EXCLUSION, ONLY_EXCLUDES}:
            raise
        word = _without_minus(text) or "survey"
        raise error.advising(
            f"Everything you type here is excluded, so leave the minus out: {inline_code(word)}."
        ) from error
    if isinstance(query.root, Everything):
        raise QueryError(
            "This matches every paper:",
            "Exclude words, such as `survey`. To stop posting in a channel, use `/config pause`.",
            text=" ".join(text.split()),
            position=0,
        )
    return query


def _without_minus(text: str) -> str:
    """The query with each minus and NOT removed; '' if that cannot be read or matches every paper."""
    try:
        bare = _bare(readable(text))
        is_everything = isinstance(parse_query(bare).root, Everything)
    except QueryError:
        return ""
    return "" if is_everything else bare


def _bare(typed: str) -> str:
    bare = typed
    for before, token in reversed(list(pairwise([None, *tokens(typed)]))):
        if token is None or token.kind not in _EXCLUDES:
            continue
        start, joiner = token.start, ""
        if before is not None and before.kind in _ENDS_TERM:
            # Several exclusions become alternatives: a paper that matches any of them is excluded.
            start, joiner = (before.start if before.kind == Kind.AND else token.start), ", "
        elif before is not None and before.kind not in {Kind.OPEN, Kind.FIELD}:
            joiner = " "
        bare = bare[:start].rstrip() + joiner + bare[token.end :].lstrip()
    return bare
