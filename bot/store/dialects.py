"""The differences between SQL dialects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Insert, Select, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def insert_if_new(conn: AsyncConnection, table: Table, *, key: Sequence[str]) -> Insert:
    """An INSERT that skips rows whose `key`, a unique set of columns, exists already."""
    return _insert(conn, table).on_conflict_do_nothing(index_elements=key)


def insert_or_update(conn: AsyncConnection, table: Table, *, key: Sequence[str]) -> Insert:
    """An upsert: an INSERT that overwrites the row whose `key`, a unique set of columns, exists already."""
    insert = _insert(conn, table)
    rest = {column.name: insert.excluded[column.name] for column in table.c if column.name not in key}
    return insert.on_conflict_do_update(index_elements=key, set_=rest)


def _insert(conn: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if conn.dialect.name == "postgresql" else sqlite.insert(table)


def these_ids(conn: AsyncConnection, ids: Iterable[int]) -> Select[Any]:
    """Ids as a subselect for IN, in one bound value, so that no limit on variables applies."""
    if conn.dialect.name == "postgresql":
        return select(func.unnest(postgresql.array(list(ids), type_=BigInteger)).column_valued("id"))
    return select(func.json_each(json.dumps(list(ids))).table_valued("value").c.value)
