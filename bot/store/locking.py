"""Row locks, with which transactions of several processes wait for one another on PostgreSQL.

What keeps writes right there (READ COMMITTED), beside constraints and single statements that are atomic; the
docstring of each function that writes says which:

- Code that reads something of a feed in order to change it locks the feed first: its settings, subscriptions,
  posts, follow-ups and notices. What belongs to a whole server is protected by the server's lock: its
  defaults, its notices channel, and how many feeds it has. What one person saved is protected by the
  person's.
- Always in this order: servers, feeds, anything else; of each kind, by id. So no two wait for each other.
- What is no longer needed is deleted unless somebody changes it just now (`delete_unlocked`).

SQLite has one writer at a time, and none of these statements.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Delete, Select, Table, cast, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import UserId
from bot.store.statements import as_array, ids_from


def for_update(statement: Select[Any], *, skip_locked: bool = False) -> Select[Any]:
    """Locks the rows that it reads until the transaction ends, each as it is once no other has it locked.

    Rows that refer to them can still be added, so that adding them does not wait.
    """
    return statement.with_for_update(key_share=True, skip_locked=skip_locked)


async def lock(conn: AsyncConnection, table: Table, ids: Collection[int], *, waits: bool = True) -> set[int]:
    """Locks the rows with these ids, in their order; returns their ids.

    With `waits=False`, it leaves out rows that another transaction has locked: that one may be stuck.
    """
    if has_one_writer(conn):
        return set(ids)
    return set((await conn.execute(_lock(table, waits=waits), {"ids": as_array(ids)})).scalars())


@cache
def _lock(table: Table, *, waits: bool) -> Select[Any]:
    key = table.c.id
    statement = select(key).where(key.in_(ids_from("ids"))).order_by(key)
    return for_update(statement, skip_locked=not waits)


async def lock_person(conn: AsyncConnection, user_id: UserId) -> None:
    """Locks what one person saved, which has no row of its own: no key of another lock is a person's id."""
    if not has_one_writer(conn):
        await conn.execute(select(func.pg_advisory_xact_lock(cast(user_id, BigInteger))))


def delete_unlocked(table: Table, *conditions: ColumnElement[bool]) -> Delete:
    """A DELETE that leaves out rows that another transaction has locked, and so never waits."""
    (key,) = table.primary_key
    return delete(table).where(
        key.in_(select(key).where(*conditions).with_for_update(skip_locked=True)), *conditions
    )


def has_one_writer(conn: AsyncConnection) -> bool:
    return conn.dialect.name == "sqlite"
