"""Checks the processes of a fleet: which of them own which shards, and which shards nobody owns."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.plurals import count
from bot.core.shards import ranges
from bot.doctor.findings import Finding, fine, warning, wrong
from bot.store.postgres.inspection import FleetMember, FleetShards


def judge_fleet(
    shards: FleetShards, members: list[FleetMember], *, shard_count: int | None
) -> Iterator[Finding]:
    """What is to be said of the fleet on the database, for an operator with this SHARD_COUNT."""
    running = [member for member in members if member.is_connected]
    if running and shards.count != shard_count:
        local = "not set here" if shard_count is None else f"{shard_count} here"
        yield wrong(
            f"{count(len(running), 'process', 'processes')} with SHARD_COUNT={shards.count} "
            f"{'runs' if len(running) == 1 else 'run'} on it, and SHARD_COUNT is {local}",
            "give all processes the same SHARD_COUNT; to change it, stop all of them first",
            prevents_start=True,
        )
    for member in members:
        shards_text = (
            f"{_shards(member.shards)} of {shards.count}" if member.shards else "a spare without shards"
        )
        since = f"since {member.started_at:%Y-%m-%d %H:%M} UTC"
        if member.is_connected:
            yield fine(f"Process {member.id}, {since}: {shards_text}")
        elif member.shards:
            what = f"Process {member.id}, {since}, is not connected to the database, and has {shards_text}"
            yield warning(what, "another process takes them over within a minute; if none does, start one")
    if running and shards.free:
        what = f"No process has {_shards(shards.free)} of {shards.count}"
        yield warning(
            what, "this is normal for a minute; otherwise start more processes, or raise SHARDS_PER_PROCESS"
        )


def _shards(ids: tuple[int, ...]) -> str:
    return f"{'shard' if len(ids) == 1 else 'shards'} {ranges(ids)}"
