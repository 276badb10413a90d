"""Queries by what they are for: several to subscribe to, or one to exclude; errors advise accordingly."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from bot.core.query.lexer import EMPTY, EXCLUSION, Kind, tokens
from bot.core.query.parser import (
    MAX_QUERY_LENGTH,
    Everything,
    Query,
    QueryError,
    parse_query,
    split_alternatives,
)
from bot.core.words.latex import readable

_ENDS_TERM: Final = {Kind.WORDS, Kind.QUOTE, Kind.PREFIX, Kind.EVERYTHING, Kind.CLOSE}


def parse_exclusion(text: str, *, max_length: int = MAX_QUERY_LENGTH) -> Query:
    """As `parse_query`, of what is to be excluded: a minus in front has no place there.

    Raises:
        QueryError: it cannot be read, or is every paper.
    """
    try:
        query = parse_query(text, max_length=max_length)
    except QueryError as error:
        if error.topic == EMPTY:
            raise error.advising("Type what to exclude, such as `survey`.") from error
        if error.topic != EXCLUSION:
            raise
        word = _without_minus(text, max_length=max_length) or "survey"
        raise error.advising(
            f"What you type here is what to exclude, so leave the minus out: `{word}`."
        ) from error
    if isinstance(query.root, Everything):
        raise QueryError(
            "This is every paper:",
            "Exclude words, such as `survey`; `/config pause` stops a channel.",
            text=" ".join(text.split()),
            position=0,
        )
    return query


def parse_alternatives(text: str, *, max_length: int = MAX_QUERY_LENGTH) -> list[tuple[str, Query]]:
    """Each part between top-level commas, as it was typed and read.

    Raises:
        QueryError: a part cannot be read.
    """
    parts = [" ".join(part.split()) for part in split_alternatives(text)]
    found: list[tuple[str, Query]] = []
    for number, part in enumerate(parts):
        try:
            found.append((part, parse_query(part, max_length=max_length)))
        except QueryError as error:
            if error.topic != EXCLUSION or number == 0 or error.position > 0:
                raise
            raise error.advising(
                "A comma begins another subscription, and this one only excludes. Without the comma it "
                f"belongs to the one before: `{parts[number - 1]} {part}`."
            ) from error
    return found


def _without_minus(text: str, *, max_length: int) -> str:
    """The words that were typed with a minus or NOT before them; '' where nothing readable is left."""
    try:
        bare = _bare(readable(" ".join(text.split())))
        is_everything = isinstance(parse_query(bare, max_length=max_length).root, Everything)
    except QueryError:
        return ""
    return "" if is_everything else bare


def _bare(typed: str) -> str:
    sizes = {Kind.MINUS: 1, Kind.NOT: len(Kind.NOT)}
    bare, found = typed, list(tokens(typed))
    for before, token in reversed(list(pairwise([None, *found]))):
        if token is None or token.kind not in sizes:
            continue
        # Each exclusion counts by itself: what one of them matches is excluded.
        comma = ", " if before is not None and before.kind in _ENDS_TERM else ""
        behind = bare[token.position + sizes[token.kind] :].lstrip()
        bare = bare[: token.position].rstrip() + (comma or " ") + behind
    return " ".join(bare.replace("( ", "(").split())
