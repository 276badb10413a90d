"""People: all that the store keeps about a person, found by their id at Discord, and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, delete, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import UserId
from bot.store import tables


def person_columns() -> list[Column[Any]]:
    """The columns that hold a person's id."""
    return [column for table in tables.metadata.sorted_tables for column in table.c if _is_person(column)]


def tables_about_people() -> list[str]:
    """The tables in which rows can be about a person."""
    return [table.name for table in tables.metadata.sorted_tables if _about(table, UserId(0)) is not None]


async def rows_about(conn: AsyncConnection, user_id: UserId) -> dict[str, list[Mapping[str, Any]]]:
    """By table, the rows with the person's id, and those that belong to such a row (a feed's posts).

    Tables without any are there, too.
    """
    by_table: dict[str, list[Mapping[str, Any]]] = {}
    for table in tables.metadata.sorted_tables:
        condition = _about(table, user_id)
        if condition is not None:
            statement = select(table).where(condition).order_by(*table.primary_key)
            by_table[table.name] = [dict(row) for row in (await conn.execute(statement)).mappings()]
    return by_table


async def forget(conn: AsyncConnection, user_id: UserId) -> None:
    """Deletes all that is kept about the person. The history of a server keeps the change, without them.

    Protected by the locks on the person and on their feed, which the caller holds.
    """
    await conn.execute(delete(tables.feeds).where(tables.feeds.c.user_id == user_id))  # with its posts
    await conn.execute(delete(tables.saved_papers).where(tables.saved_papers.c.user_id == user_id))
    await conn.execute(delete(tables.drafts).where(tables.drafts.c.user_id == user_id))
    changes = tables.changes
    await conn.execute(update(changes).where(changes.c.user_id == user_id).values(user_id=None))


async def everybody(conn: AsyncConnection) -> set[UserId]:
    """Every person about whom something is kept."""
    ids = union(*(select(column).where(column.is_not(None)) for column in person_columns()))
    return {UserId(user_id) for user_id in (await conn.execute(ids)).scalars()}


def _is_person(column: Column[Any]) -> bool:
    return bool(column.info.get("is_person"))


def _about(table: Table, user_id: UserId) -> ColumnElement[bool] | None:
    """Which rows of the table are about the person; None if no row can be."""
    conditions: list[ColumnElement[bool]] = [column == user_id for column in table.c if _is_person(column)]
    for key in table.foreign_keys:
        if key.ondelete == "CASCADE":
            of_owner = _about(key.column.table, user_id)
            if of_owner is not None:
                conditions.append(key.parent.in_(select(key.column).where(of_owner)))
    return or_(*conditions) if conditions else None
