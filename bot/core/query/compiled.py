"""Compiled queries: what is stored of a query, and the one way to make it from what a person typed.

Subscriptions, excluded queries and imported queries are all made here, within the operator's limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from bot.core.limits import Limits
from bot.core.query.errors import ONLY_EXCLUDES, QueryError, inline_code
from bot.core.query.exclusion import parse_exclusion
from bot.core.query.expression import RULES_VERSION, compile_node
from bot.core.query.nodes import Or, in_topic
from bot.core.query.parser import Query, parse_query, split_alternatives

# Neither can be stored: PostgreSQL takes no NUL, and an unpaired surrogate cannot be encoded. An imported
# file may have them.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledQuery:
    text: str  # as typed, white space collapsed
    canonical: str  # two queries are the same exactly if their canonical forms are
    expression: str  # what `bot.matching` evaluates
    rules_version: int = RULES_VERSION  # of the rules that made `canonical` and `expression`

    def parsed(self) -> Query:
        """The query as a tree.

        Raises:
            QueryError: today's rules cannot read it.
        """
        return parse_query(self.text)

    def readable(self) -> Query | None:
        """As `parsed`; None for a stored query that today's rules cannot read."""
        try:
            return self.parsed()
        except QueryError:
            return None

    def about(self) -> str:
        """The expression of the papers that are about it: all its papers where it names fields itself."""
        query = self.readable()
        narrowed = in_topic(query.root) if query is not None else None
        return self.expression if narrowed is None else compile_node(narrowed)

    def recompiled(self) -> CompiledQuery:
        """The same query by today's rules, whatever today's limits are.

        Raises:
            QueryError: today's rules cannot read it.
        """
        return _compiled(self.text, self.parsed())


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Another spelling of a query that was typed already, and counts once."""

    text: str
    same_as: str  # the first spelling, which is kept


def compile_query(text: str, limits: Limits, *, parse: Callable[[str], Query] = parse_query) -> CompiledQuery:
    """Compile what a person typed.

    Raises:
        QueryError: it cannot be read, or is longer than the operator allows.
    """
    typed = " ".join(_NO_TEXT.sub("", text).split())
    if len(typed) > limits.query_length:
        raise QueryError(
            f"This query is {len(typed)} characters long:",
            f"It can have at most {limits.query_length}. Split it into two.",
            text=typed,
            position=limits.query_length,
        )
    return _compiled(typed, parse(typed))


def compile_exclusion(text: str, limits: Limits) -> CompiledQuery:
    """As `compile_query`, for a query whose papers are excluded: a minus in front is an error.

    Raises:
        QueryError: it cannot be read, is too long, or matches every paper.
    """
    return compile_query(text, limits, parse=parse_exclusion)


def compile_alternatives(text: str, limits: Limits) -> list[CompiledQuery]:
    """Compile each part between top-level commas, in the order typed.

    Raises:
        QueryError: a part cannot be read, or is too long.
    """
    compiled: list[CompiledQuery] = []
    for part in split_alternatives(text):
        try:
            compiled.append(compile_query(part, limits))
        except QueryError as error:
            if error.topic != ONLY_EXCLUDES or not compiled or error.position > 0:
                raise
            before = compiled[-1]
            wanted = f"({before.text})" if isinstance(before.parsed().root, Or) else before.text
            raise error.advising(
                "A comma starts another subscription, and this one only excludes. Without the comma, it "
                f"belongs to the one before: {inline_code(f'{wanted} {part}')}."
            ) from error
    return compiled


def distinct(queries: Iterable[CompiledQuery]) -> tuple[tuple[CompiledQuery, ...], tuple[Merged, ...]]:
    """Each query once, in its first spelling, and the other spellings."""
    by_canonical: dict[str, CompiledQuery] = {}
    merged: list[Merged] = []
    for query in queries:
        first = by_canonical.setdefault(query.canonical, query)
        if first is not query:
            merged.append(Merged(text=query.text, same_as=first.text))
    return tuple(by_canonical.values()), tuple(merged)


def readable_queries(canonicals: Iterable[str]) -> tuple[Query, ...]:
    """The queries of these canonical forms, to show them; without those that today's rules cannot read."""
    found: list[Query] = []
    for canonical in canonicals:
        with suppress(QueryError):
            found.append(parse_query(canonical))
    return tuple(found)


def _compiled(text: str, query: Query) -> CompiledQuery:
    return CompiledQuery(text=text, canonical=query.canonical, expression=compile_node(query.root))
