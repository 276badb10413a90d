"""Bulk: many rows inserted or changed at once, as fast as each kind of database can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

_POSTGRESQL = postgresql.dialect()


async def insert_rows(
    conn: AsyncConnection, table: Table, rows: Sequence[Mapping[Any, object]], *, skips: bool = False
) -> None:
    """Inserts rows that all have the same columns; `skips` leaves out those that break a unique constraint.

    SQLAlchemy would convert row by row, and PostgreSQL carry out a statement for each: a run has 100,000.
    """
    if not rows:
        return
    names: tuple[str, ...] = tuple(rows[0])
    columns = [_stored(table.c[name].type, [row[name] for row in rows], conn.dialect) for name in names]
    if conn.dialect.name == "postgresql":
        await conn.exec_driver_sql(_of_arrays(table, names, skips=skips), tuple(columns))
    else:
        await conn.exec_driver_sql(_of_row(table, names, skips=skips), list(zip(*columns, strict=True)))


async def update_rows(
    conn: AsyncConnection,
    table: Table,
    rows: Sequence[Mapping[Any, object]],
    *,
    where: str,
    value: tuple[TypeEngine[Any], object],
) -> None:
    """Changes the rows with these ids; what is None stays as it was. All have the same columns, `id` first.

    `where` is a condition on the row as it was; `{}` in it stands for the value, which has its type with it.
    """
    if not rows:
        return
    names: tuple[str, ...] = tuple(rows[0])
    columns = [_stored(table.c[name].type, [row[name] for row in rows], conn.dialect) for name in names]
    (last,) = _stored(value[0], [value[1]], conn.dialect)
    if conn.dialect.name == "postgresql":
        await conn.exec_driver_sql(_update_of_arrays(table, names, where), (*columns, last))
    else:
        changed = [(*row, last) for row in zip(*columns, strict=True)]
        await conn.exec_driver_sql(_update_of_row(table, names, where), changed)


def _stored(kind: TypeEngine[Any], values: list[object], dialect: Dialect) -> list[object]:
    """The values as the driver takes them."""
    convert = kind.dialect_impl(dialect).bind_processor(dialect)
    return values if convert is None else [convert(value) for value in values]


@cache
def _of_row(table: Table, names: tuple[str, ...], *, skips: bool) -> str:
    return f"{_into(table, names)} VALUES ({', '.join('?' * len(names))}){_end(skips=skips)}"


@cache
def _of_arrays(table: Table, names: tuple[str, ...], *, skips: bool) -> str:
    """One statement for all rows, with an array for each column."""
    rows = f"unnest({_arrays(table, names)})"
    return f"{_into(table, names)} SELECT * FROM {rows}{_end(skips=skips)}"  # noqa: S608 - names of ours


@cache
def _update_of_row(table: Table, names: tuple[str, ...], where: str) -> str:
    new = {name: f"?{number}" for number, name in enumerate(names, start=1)}
    return f"{_update(table, new)} WHERE id = ?1 AND ({where.format(f'?{len(names) + 1}')})"


@cache
def _update_of_arrays(table: Table, names: tuple[str, ...], where: str) -> str:
    new = {name: f"new.{name}" for name in names}
    rows = f"unnest({_arrays(table, names)}) AS new ({', '.join(names)})"
    condition = where.format(f"${len(names) + 1}")
    return f"{_update(table, new)} FROM {rows} WHERE {table.name}.id = new.id AND ({condition})"


def _update(table: Table, new: Mapping[str, str]) -> str:
    """All of the statement up to its condition; `new` has the values, the id's too."""
    changes = [f"{name} = coalesce({new[name]}, {table.name}.{name})" for name in new if name != "id"]
    return f"UPDATE {table.name} SET {', '.join(changes)}"  # noqa: S608 - names of ours


def _arrays(table: Table, names: tuple[str, ...]) -> str:
    """An array of values for each column, as parameters."""
    types = [_type_of(table.c[name].type) for name in names]
    return ", ".join(f"${number}::{type_}[]" for number, type_ in enumerate(types, start=1))


def _type_of(kind: TypeEngine[Any]) -> str:
    name = kind.compile(_POSTGRESQL)
    # A text that is too long is to be an error, and a cast to VARCHAR(10) would cut it.
    return "TEXT" if name.startswith(("VARCHAR", "TEXT")) else name


def _into(table: Table, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(names)})"


def _end(*, skips: bool) -> str:
    return " ON CONFLICT DO NOTHING" if skips else ""
