"""Shards in statements: the condition that a feed's server is of a shard that the process owns."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, func

from bot.core.shards import OwnedShards
from bot.store import tables
from bot.store.statements import as_array, is_among


@cache
def is_owned() -> ColumnElement[bool]:
    """The condition; its parameters are `values`. Direct messages belong to shard 0 (`OwnedShards.has`)."""
    server = func.coalesce(tables.feeds.c.server_id, 0)
    return is_among((server // 2**22) % bindparam("shard_count", type_=Integer), "shards")


def values(owned: OwnedShards) -> dict[str, Any]:
    """The parameters of a statement with `is_owned`."""
    return {"shard_count": owned.count, "shards": as_array(owned.ids)}
