"""What follows the shards that a process owns."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

from bot.core.shards import OwnedShards
from bot.discord.connection.sharing import Sharing


def test_a_renewal_has_posts_looked_for_and_other_shards_start_a_run() -> None:
    membership: Any = MagicMock()
    membership.owned = OwnedShards(4, frozenset({0, 1}))
    delivery, wake = MagicMock(), MagicMock()
    sharing = Sharing(membership, client=MagicMock(), pace=MagicMock(), delivery=delivery)
    sharing.follow(wake=wake)
    changed = membership.follow.call_args.kwargs["changed"]

    changed()  # a renewal: a run would read the list far too often
    assert (delivery.wake.call_count, wake.call_count) == (1, 0)
    for taken in ({0, 1, 2}, {0}):
        membership.owned = OwnedShards(4, frozenset(taken))
        changed()
    assert (delivery.wake.call_count, wake.call_count) == (3, 2)
