"""Queries whose papers are excluded: the same language, with errors that say how to exclude."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from bot.core.query.errors import EMPTY, EXCLUSION, QueryError
from bot.core.query.lexer import Kind, tokens
from bot.core.query.nodes import Everything
from bot.core.query.parser import Query, parse_query
from bot.core.words.latex import readable

_ENDS_TERM: Final = {Kind.WORDS, Kind.QUOTE, Kind.PREFIX, Kind.EVERYTHING, Kind.CLOSE}


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
        if error.topic != EXCLUSION:
            raise
        word = _without_minus(text) or "survey"
        raise error.advising(
            f"Everything you type here is excluded, so leave the minus out: `{word}`."
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
        bare = _bare(readable(" ".join(text.split())))
        is_everything = isinstance(parse_query(bare).root, Everything)
    except QueryError:
        return ""
    return "" if is_everything else bare


def _bare(typed: str) -> str:
    sizes = {Kind.MINUS: 1, Kind.NOT: len(Kind.NOT)}
    bare = typed
    for before, token in reversed(list(pairwise([None, *tokens(typed)]))):
        if token is None or token.kind not in sizes:
            continue
        # Several exclusions become alternatives: a paper that matches any of them is excluded.
        comma = ", " if before is not None and before.kind in _ENDS_TERM else ""
        behind = bare[token.position + sizes[token.kind] :].lstrip()
        bare = bare[: token.position].rstrip() + (comma or " ") + behind
    return " ".join(bare.replace("( ", "(").split())
