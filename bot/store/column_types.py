"""Column types: times, times of day, weekdays, tuples of text, and 64-bit ids."""

# ruff: noqa: ARG002 - the signatures are SQLAlchemy's
from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Column,
    ColumnElement,
    Dialect,
    Integer,
    String,
    Text,
    TypeDecorator,
    func,
    literal,
)
from sqlalchemy.types import TypeEngine

# Discord's ids need 64 bits. SQLite only numbers rows in INTEGER columns, which have 64 bits.
Id = BigInteger().with_variant(Integer, "sqlite")

# Text that is compared code point by code point, as SQLite compares all text.
Word = Text().with_variant(Text(collation="C"), "postgresql")


# Made once, because `json.dumps` makes one for each text, and a run stores 100,000.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@lru_cache(maxsize=4096)
def texts_as_json(texts: tuple[str, ...]) -> str:
    """How `TextTuple` stores them; cached, as the papers of a post mostly have the same queries."""
    return _encode(texts)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond: PostgreSQL's own type, or text in SQLite, which has none.

    The text is of a fixed width (``2026-08-07T09:00:00.000000Z``), so that it sorts as time does.

    Raises:
        ValueError: a naive datetime is given (SQLAlchemy wraps it in its StatementError).
    """

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        own = TIMESTAMP(timezone=True) if dialect.name == "postgresql" else String(27)
        return dialect.type_descriptor(own)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the store takes aware datetimes only")
        if dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:
        return _moment_of(value) if isinstance(value, str) else value


@lru_cache(maxsize=1024)  # most feeds ran at one of a few moments
def _moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def keep_first(column: Column[Any], now: datetime) -> ColumnElement[Any]:
    """The moment in the column where there is one, else `now`.

    A bare `coalesce` would bind `now` as SQLAlchemy's own DateTime, which has another format.
    """
    return func.coalesce(column, literal(now, UtcDateTime()))


class TimeOfDay(TypeDecorator[time]):
    """A local time to the minute, as ``HH:MM``."""

    impl = String(5)
    cache_ok = True

    def process_bind_param(self, value: time | None, dialect: Dialect) -> str | None:
        return None if value is None else value.isoformat(timespec="minutes")

    def process_result_value(self, value: str | None, dialect: Dialect) -> time | None:
        return None if value is None else _time_of(value)


@lru_cache(maxsize=1440)  # minutes of a day
def _time_of(text: str) -> time:
    return time.fromisoformat(text)


class Weekdays(TypeDecorator[frozenset[int]]):
    """Days of the week as a bit mask: Monday is 1, Sunday 64."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: frozenset[int] | None, dialect: Dialect) -> int | None:
        return None if value is None else sum(1 << day for day in value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> frozenset[int] | None:
        return None if value is None else days_of(value)


@lru_cache(maxsize=128)  # there are 127 of them
def days_of(mask: int) -> frozenset[int]:
    """The days of a bit mask as `Weekdays` stores them."""
    return frozenset(day for day in range(7) if mask >> day & 1)


class TextTuple(TypeDecorator[Sequence[str]]):
    """A tuple of texts, as a JSON array."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str | None:
        return None if value is None else texts_as_json(tuple(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(json.loads(value))
