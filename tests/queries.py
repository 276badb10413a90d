"""Compiled queries for tests, of any length."""

from __future__ import annotations

from typing import Final

from bot.core.limits import Limits
from bot.core.query.compiled import CompiledQuery, compile_query

UNLIMITED: Final = Limits(feeds=10_000, subscriptions=10_000, query_length=10_000)


def compiled(text: str) -> CompiledQuery:
    return compile_query(text, UNLIMITED)


def expression(text: str) -> str:
    """What the index evaluates for this query."""
    return compiled(text).expression
