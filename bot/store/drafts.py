"""The drafts of open /setup panels."""

from __future__ import annotations

from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.drafts import Draft
from bot.core.ids import UserId
from bot.store import tables
from bot.store.locking import delete_unlocked
from bot.store.statements import insert_or_update

_drafts = tables.drafts
_json = TypeAdapter(Draft)


async def save(
    conn: AsyncConnection, key: str, draft: Draft, *, user_id: UserId, now: datetime, kept_since: datetime
) -> None:
    """Save the draft in place of the one with this key, and delete those that were saved before then.

    Protected by an upsert by the key.
    """
    await delete_saved_before(conn, kept_since)
    row = {"key": key, "user_id": user_id, "saved_at": now, "draft": _json.dump_json(draft).decode()}
    await conn.execute(insert_or_update(_drafts, key=("key",)).values(row))


async def by_key(conn: AsyncConnection, key: str, *, kept_since: datetime) -> tuple[UserId, Draft] | None:
    """The draft with this key and whose it is; None if it is older, or another version wrote it."""
    wanted = select(_drafts.c.user_id, _drafts.c.draft).where(
        _drafts.c.key == key, _drafts.c.saved_at >= kept_since
    )
    row = (await conn.execute(wanted)).one_or_none()
    try:
        return (UserId(row.user_id), _json.validate_json(row.draft)) if row else None
    except ValidationError:
        return None


async def any_saved_before(conn: AsyncConnection, moment: datetime) -> bool:
    rows = await conn.execute(select(_drafts.c.key).where(_drafts.c.saved_at < moment).limit(1))
    return rows.first() is not None


async def delete_saved_before(conn: AsyncConnection, moment: datetime) -> None:
    """Protected by leaving out drafts that are being saved."""
    await conn.execute(delete_unlocked(_drafts, _drafts.c.saved_at < moment))


async def delete_one(conn: AsyncConnection, key: str) -> None:
    """Protected by a single statement."""
    await conn.execute(delete(_drafts).where(_drafts.c.key == key))
