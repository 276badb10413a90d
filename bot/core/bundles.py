"""Bundles: ready-made keywords on a subject, for people who set up their first channel."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.core.limits import DEFAULT_LIMITS
from bot.core.query.compiled import CompiledQuery, compile_query
from bot.core.tables import TextTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    name: str
    queries: tuple[CompiledQuery, ...]

    def is_in(self, queries: Iterable[CompiledQuery]) -> bool:
        """Whether all of its queries are among these."""
        return {query.canonical for query in self.queries} <= {query.canonical for query in queries}


def _bundles(table: TextTable) -> tuple[Bundle, ...]:
    return tuple(
        Bundle(
            name=name,
            queries=tuple(compile_query(" ".join(row), DEFAULT_LIMITS) for row in table.rows(name)),
        )
        for name in table.sections
    )


BUNDLES: Final = _bundles(TextTable("bot.core", "bundles.txt"))


def exchanged(queries: Sequence[CompiledQuery], chosen: Collection[str]) -> list[str]:
    """The texts of the queries once the bundles with these names, and no others, are chosen.

    The queries of a bundle that is no longer chosen are removed; all others stay. A bundle of which a query
    was edited does not count as chosen, so the rest of its queries stay too.
    """
    kept = {query.canonical: query.text for query in queries}
    for bundle in BUNDLES:
        if bundle.name in chosen:
            for query in bundle.queries:
                kept.setdefault(query.canonical, query.text)
        elif bundle.is_in(queries):
            for query in bundle.queries:
                del kept[query.canonical]
    return list(kept.values())
