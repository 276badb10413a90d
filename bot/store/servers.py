"""Servers (Discord's guilds) that have used Paperboy."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import ServerId
from bot.store import tables
from bot.store.dialects import insert_if_new


async def ensure(conn: AsyncConnection, server_id: ServerId, *, now: datetime) -> None:
    row = {"id": server_id, "added_at": now}
    await conn.execute(insert_if_new(conn, tables.servers, key=["id"]), row)


async def count(conn: AsyncConnection) -> int:
    return (await conn.execute(select(func.count()).select_from(tables.servers))).scalar_one()
