"""Closeness: how close papers are to the queries of subscriptions whose focus is not exact."""

from __future__ import annotations

from bot.core.focus import Focus
from bot.core.query.compiled import CompiledQuery


def focus_terms(query: CompiledQuery, focus: Focus) -> str | None:  # noqa: ARG001 - nothing is compared yet
    """What is stored to compare papers with the query; None where nothing is compared."""
    return None
