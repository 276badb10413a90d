"""The history of changes, kept for KEPT_DAYS."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime, timedelta

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import KEPT_DAYS, Change, Revision
from bot.core.ids import ChangeId, ChannelId, ServerId
from bot.store import servers, tables
from bot.store.locking import delete_unlocked

_changes = tables.changes
_revisions = TypeAdapter(Revision)
_add = insert(_changes).returning(_changes.c.id)
_forget_old = delete_unlocked(_changes, _changes.c.changed_at < bindparam("since"))


async def add(conn: AsyncConnection, change: Change, *, revision: Revision | None = None) -> ChangeId:
    """Add a change, and delete those of every server that are older than KEPT_DAYS.

    Protected by sharing nothing: each change is a separate row, and old ones are deleted unless locked.
    """
    await servers.ensure(conn, change.server_id, now=change.changed_at)
    row = asdict(change) | {"revision": revision and _revisions.dump_json(revision).decode()}
    change_id = ChangeId((await conn.execute(_add, row)).scalar_one())
    await conn.execute(_forget_old, {"since": change.changed_at - timedelta(days=KEPT_DAYS)})
    return change_id


async def revised(conn: AsyncConnection, change_ids: range) -> list[tuple[Change, Revision]]:
    """Those of these changes that have a revision, in their order; none if another version wrote one."""
    conditions = (
        _changes.c.id.between(change_ids.start, change_ids.stop - 1),
        _changes.c.revision.is_not(None),
    )
    rows = await conn.execute(select(_changes).where(*conditions).order_by(_changes.c.id))
    try:
        return [
            (
                Change(**{field.name: row[field.name] for field in fields(Change)}),
                _revisions.validate_json(row["revision"]),
            )
            for row in rows.mappings()
        ]
    except ValidationError:
        return []


async def of_server(
    conn: AsyncConnection,
    server_id: ServerId,
    *,
    since: datetime,
    channel_id: ChannelId | None = None,
    limit: int,
) -> list[Change]:
    """The newest changes since then, of the whole server or of one channel, newest first."""
    of_channel = () if channel_id is None else (_changes.c.channel_id == channel_id,)
    statement = (
        select(*(_changes.c[field.name] for field in fields(Change)))
        .where(_changes.c.server_id == server_id, _changes.c.changed_at >= since, *of_channel)
        .order_by(_changes.c.id.desc())
        .limit(limit)
    )
    return [Change(**row) for row in (await conn.execute(statement)).mappings()]
