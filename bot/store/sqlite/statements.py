"""SQLite's own SQL: upserts, and lists of ids in one bound value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BindParameter, Insert, Select, String, Table, bindparam, func, select
from sqlalchemy.dialects import sqlite


def insert_if_new(table: Table, *, key: Sequence[str]) -> Insert:
    """An INSERT that skips rows whose `key`, a unique set of columns, exists already."""
    return sqlite.insert(table).on_conflict_do_nothing(index_elements=key)


def insert_or_update(table: Table, *, key: Sequence[str]) -> Insert:
    """An upsert: an INSERT that overwrites the row whose `key`, a unique set of columns, exists already."""
    insert = sqlite.insert(table)
    rest = {
        column.name: insert.excluded[column.name]
        for column in table.c
        if column.name not in key and not column.primary_key
    }
    return insert.on_conflict_do_update(index_elements=key, set_=rest)


def insert_or_fill(table: Table, *, key: Sequence[str], empty: str) -> Insert:
    """An INSERT that, where the row exists already, only sets its column `empty`, and only if that is NULL.

    Rows that it leaves alone are not in what RETURNING gives.
    """
    insert = sqlite.insert(table)
    return insert.on_conflict_do_update(
        index_elements=key, set_={empty: insert.excluded[empty]}, where=table.c[empty].is_(None)
    )


def these(ids: Iterable[int | str]) -> Select[Any]:
    """Ids as a subselect for IN, in one bound value, so that no limit on variables applies."""
    return _values_in(as_these(ids))


def these_in(parameter: str) -> Select[Any]:
    """The ids that a parameter of the statement has, by `as_these`."""
    return _values_in(bindparam(parameter, type_=String))


def as_these(ids: Iterable[int | str]) -> str:
    """Ids as one value."""
    return json.dumps(list(ids))


def _values_in(array: str | BindParameter[str]) -> Select[Any]:
    return select(func.json_each(array).table_valued("value").c.value)
