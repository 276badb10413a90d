"""The rows of leases and processes: which of them count, and how they are read."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists

from bot.store import tables

_leases = tables.shard_leases
_newer = _leases.alias("newer")
# Of each shard the row with the highest term; see `bot/store/tables.py`.
IS_CURRENT = ~exists().where(_newer.c.shard == _leases.c.shard, _newer.c.term > _leases.c.term)


@dataclass(frozen=True, slots=True)
class Lease:
    shard: int
    term: int
    owner: str | None  # a process's id; None: given back, or never owned
    renewals: int


@dataclass(frozen=True, slots=True)
class Process:
    id: str
    renewals: int


@dataclass(frozen=True, slots=True)
class FleetState:
    """What the database says about the fleet at one moment."""

    leases: tuple[Lease, ...]  # in the order of the shards
    processes: tuple[Process, ...]  # the oldest first


COLUMNS = (_leases.c.shard, _leases.c.term, _leases.c.owner, _leases.c.renewals)  # as `Lease` has them
