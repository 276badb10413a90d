"""Shards: which of Discord's shards a server belongs to, and which of them a process owns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.core.ids import ServerId

# More processes don't own shards: Discord allows 50 requests a second, and each of them needs one.
MOST_OWNERS: Final = 48


def shard_of(server_id: ServerId, count: int) -> int:
    """The shard that Discord sends the server's events to.

    The rule: https://discord.com/developers/docs/events/gateway#sharding
    """
    return (server_id >> 22) % count


@dataclass(frozen=True, slots=True)
class OwnedShards:
    """The shards, out of `count`, whose servers a process is responsible for."""

    count: int
    ids: frozenset[int]

    def shard_of(self, server_id: ServerId | None) -> int:
        """The server's shard; None stands for direct messages, which are shard 0's."""
        return 0 if server_id is None else shard_of(server_id, self.count)

    def has(self, server_id: ServerId | None) -> bool:
        """Whether the server's shard is one of them."""
        return self.shard_of(server_id) in self.ids

    @classmethod
    def read(cls, text: str) -> OwnedShards:
        """What `str` wrote, such as `0-3,7 of 16`."""
        ids, _, count = text.partition(" of ")
        ends = [part.split("-") for part in ids.split(",") if part]
        return cls(
            int(count), frozenset(shard for end in ends for shard in range(int(end[0]), int(end[-1]) + 1))
        )

    def __str__(self) -> str:
        return f"{ranges(self.ids)} of {self.count}"

    @property
    def has_first(self) -> bool:
        """Whether shard 0 is one of them: its process also does what only one process should do."""
        return 0 in self.ids


# What a bot owns that runs in one process: one shard, as far as the store is concerned, has every server.
EVERYTHING: Final = OwnedShards(1, frozenset({0}))


def equal_part(count: int, *, processes: int, place: int) -> int:
    """How many of the shards a process owns if all own as many; the first ones own one more.

    `place` is its place among the processes, from 0 on.
    """
    owners = min(processes, MOST_OWNERS)
    part, more = divmod(count, owners)
    return part + (place < more) if place < owners else 0


def least_part(count: int) -> int:
    """How many of the shards each process must own, so that `MOST_OWNERS` own all of them."""
    return -(-count // MOST_OWNERS)


def ranges(shards: Iterable[int]) -> str:
    """The shards, with those that follow one another as a range: `0-3,7`."""
    runs: list[list[int]] = []
    for shard in sorted(shards):
        if runs and runs[-1][-1] == shard - 1:
            runs[-1][1:] = [shard]
        else:
            runs.append([shard])
    return ",".join("-".join(map(str, run)) for run in runs)
