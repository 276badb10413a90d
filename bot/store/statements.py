"""SQL that SQLite and PostgreSQL write differently: upserts, ids in one bound value, partial indexes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache, reduce
from typing import Any, ClassVar, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Index,
    Select,
    String,
    Table,
    Text,
    bindparam,
    cast,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.roles import InElementRole
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

# For engines: a row's values are found by name or place, not by the columns of the executed statement.
# Else SQLAlchemy makes a new table of those at each execution of one that it has compiled before. Its ORM
# does the same.
BY_NAME: Final = {"_result_disable_adapt_to_context": True}


@cache
def insert_if_new(table: Table, *, key: tuple[str, ...] | None) -> Insert:
    """An INSERT that skips rows whose `key`, a unique set of columns, exists already; None is any such set.

    It is PostgreSQL's, whose ON CONFLICT SQLite's dialect writes as well.
    """
    return insert(table).on_conflict_do_nothing(index_elements=key)


@cache
def insert_or_update(table: Table, *, key: tuple[str, ...], where_differs: str | None = None) -> Insert:
    """An upsert: an INSERT that overwrites the row whose `key`, a unique set of columns, exists already.

    With `where_differs`, only if that column has another value. Rows that it leaves alone are not in the
    result of RETURNING.
    """
    new = insert(table)
    rest = {
        column.name: new.excluded[column.name]
        for column in table.c
        if column.name not in key and not column.primary_key
    }
    differs = None if where_differs is None else table.c[where_differs] != new.excluded[where_differs]
    return new.on_conflict_do_update(index_elements=key, set_=rest, where=differs)


@cache
def insert_or_fill(table: Table, *, key: tuple[str, ...], empty: str) -> Insert:
    """An INSERT that, where the row exists already, only sets its column `empty`, and only if that is NULL.

    Rows that it leaves alone are not in the result of RETURNING.
    """
    new = insert(table)
    return new.on_conflict_do_update(
        index_elements=key, set_={empty: new.excluded[empty]}, where=table.c[empty].is_(None)
    )


def id_array(ids: Iterable[int]) -> InElementRole:
    """Ids for IN, in one bound value, so that no limit on variables applies."""
    return _Values(as_array(ids), BigInteger())


def text_array(texts: Iterable[str]) -> InElementRole:
    """As `id_array`, for texts."""
    return _Values(as_array(texts), String())


def ids_from(parameter: str) -> Select[Any]:
    """The ids that a parameter of the statement has, by `as_array`, as a subselect."""
    return _values_in(parameter, BigInteger())


def texts_from(parameter: str) -> Select[Any]:
    """As `ids_from`, for texts."""
    return _values_in(parameter, String())


def is_among(value: ColumnElement[int], parameter: str) -> ColumnElement[bool]:
    """As IN with `ids_from`, for a few ids: a condition that is tried on each row as it is read.

    For IN, PostgreSQL may join all rows with the ids before it sorts them, where an index has their order.
    """
    return _IsAmong(value, bindparam(parameter, type_=String))


def joined(columns: Iterable[ColumnElement[Any]], separator: str) -> ColumnElement[str]:
    """The columns as one text, which the database makes: reading each of their values takes longer."""
    first, *others = (func.coalesce(cast(column, Text), "") for column in columns)
    return reduce(lambda text, other: text.concat(separator).concat(other), others, first)


def as_array(ids: Iterable[int | str]) -> str:
    """Ids or texts as one value."""
    return json.dumps(list(ids), ensure_ascii=False)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of only the rows for which the condition is true."""
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


class _ArrayValues(FunctionElement[Any]):
    """The values of a JSON array, a row each."""

    inherit_cache = True
    name = "json_each"


@compiles(_ArrayValues, "sqlite")
def _json_each(element: _ArrayValues, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_ArrayValues, "postgresql")
def _json_array_elements(element: _ArrayValues, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS JSON))"


class _IsAmong(FunctionElement[bool]):
    """Whether the first argument is one of the ids in the second one, a JSON array."""

    inherit_cache = True
    type = Boolean()


@compiles(_IsAmong, "sqlite")
def _in_subselect(element: _IsAmong, compiler: SQLCompiler, **options: Any) -> str:
    value, array = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({value} IN (SELECT value FROM json_each({array})))"  # noqa: S608 - a bound value


@compiles(_IsAmong, "postgresql")
def _in_array(element: _IsAmong, compiler: SQLCompiler, **options: Any) -> str:
    value, array = (compiler.process(clause, **options) for clause in element.clauses)
    values = f"SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST({array} AS JSON)) AS value"  # noqa: S608
    return f"({value} = ANY (ARRAY({values})))"


def _values_in(parameter: str, type_: TypeEngine[Any]) -> Select[Any]:
    array = bindparam(parameter, type_=String)
    return select(cast(_ArrayValues(array).table_valued("value").c.value, type_))


class _Values(InElementRole, ColumnElement[Any]):
    """The same subselect of a value, as one element: a Select and its key take four times as long to make."""

    _traverse_internals: ClassVar[Any] = [
        ("array", InternalTraversal.dp_clauseelement),
        ("type", InternalTraversal.dp_type),
    ]

    def __init__(self, array: str, type_: TypeEngine[Any]) -> None:
        self.array = literal(array, String())
        self.type = type_


@compiles(_Values)
def _subselect(element: _Values, compiler: SQLCompiler, **options: Any) -> str:
    array = compiler.process(_ArrayValues(element.array), **options)
    type_ = compiler.dialect.type_compiler_instance.process(element.type)
    return f"(SELECT CAST(value AS {type_}) FROM {array} AS value)"  # noqa: S608 - a bound value
