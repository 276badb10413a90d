"""Deletions: who deleted their data, so that a restored backup forgets them again.

Kept is a keyed digest, not the person's id, because to keep the id would be to remember who was to be
forgotten. The digest answers only one question: whether a person whom a backup still knows has deleted
their data since. The key is the database's own, so that digests of two databases cannot be compared.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import UserId
from bot.store import people, tables
from bot.store.statements import insert_or_update

_deletions = tables.deletions


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    digest: str
    key: str
    deleted_at: datetime


async def record(conn: AsyncConnection, user_id: UserId, *, now: datetime) -> None:
    """Records that the person deleted their data; it has yet to be erased from the database's files.

    Two processes may each make a first key: a digest is looked for by the key of its own row. Protected by
    an upsert by the digest.
    """
    key = (await conn.execute(select(func.max(_deletions.c.key)))).scalar() or secrets.token_hex(32)
    row = {"digest": _digest(user_id, key), "key": key, "deleted_at": now, "erased_at": None}
    await conn.execute(insert_or_update(_deletions, key=("digest",)).values(row))


async def to_erase(conn: AsyncConnection) -> list[Deletion]:
    """Those that were not erased from the database's files yet."""
    return await _where(conn, _deletions.c.erased_at.is_(None))


async def mark_erased(conn: AsyncConnection, erased: Sequence[Deletion], *, now: datetime) -> None:
    """Notes that the files keep nothing of them. Who deleted their data again since is not among them.

    Protected by single statements that compare when the data was deleted.
    """
    for deletion in erased:
        is_same = _deletions.c.digest == deletion.digest, _deletions.c.deleted_at == deletion.deleted_at
        await conn.execute(update(_deletions).where(*is_same).values(erased_at=now))


async def all_of_them(conn: AsyncConnection) -> list[Deletion]:
    return await _where(conn)


async def apply_again(conn: AsyncConnection, carried: Sequence[Deletion]) -> int:
    """Applies deletions of a later state of this database; returns how many people it forgot again.

    A deletion that is known here already was before this state, and the person may have come back since.
    Protected by nobody else using the database that is being restored.
    """
    known = set(await all_of_them(conn))
    later = [deletion for deletion in carried if deletion not in known]
    digests = {deletion.digest for deletion in later}
    forgotten = [
        user_id
        for user_id in (await people.everybody(conn) if later else ())
        if any(_digest(user_id, key) in digests for key in {deletion.key for deletion in later})
    ]
    for user_id in forgotten:
        await people.forget(conn, user_id)
    for item in later:
        row = {"digest": item.digest, "key": item.key, "deleted_at": item.deleted_at, "erased_at": None}
        await conn.execute(insert_or_update(_deletions, key=("digest",)).values(row))
    return len(forgotten)


async def _where(conn: AsyncConnection, *conditions: ColumnElement[bool]) -> list[Deletion]:
    columns = _deletions.c.digest, _deletions.c.key, _deletions.c.deleted_at
    rows = await conn.execute(select(*columns).where(*conditions))
    return [Deletion(**row) for row in rows.mappings()]


def _digest(user_id: UserId, key: str) -> str:
    return hashlib.blake2b(str(user_id).encode(), key=bytes.fromhex(key), digest_size=32).hexdigest()
