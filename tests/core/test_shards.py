"""Shards as text, and how they are shared out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.shards import MOST_OWNERS, OwnedShards, equal_part


@pytest.mark.parametrize(
    ("ids", "text"),
    [({0, 1, 2, 3, 7, 9, 10}, "0-3,7,9-10 of 16"), ({15}, "15 of 16"), (set[int](), " of 16")],
)
def test_shards_that_follow_one_another_are_a_range(ids: set[int], text: str) -> None:
    assert str(OwnedShards(16, frozenset(ids))) == text


@given(st.frozensets(st.integers(0, 40)))
def test_shards_are_read_as_they_were_written(ids: frozenset[int]) -> None:
    owned = OwnedShards(41, ids)
    assert OwnedShards.read(str(owned)) == owned


@given(st.integers(1, 10_000), st.integers(1, 200))
def test_processes_that_share_all_shards_equally_own_at_least_a_request_a_second(
    count: int, processes: int
) -> None:
    parts = [equal_part(count, processes=processes, place=place) for place in range(processes)]
    assert sum(parts) == count
    owned = [part for part in parts if part]
    assert parts[: len(owned)] == owned
    assert len(owned) == min(count, processes, MOST_OWNERS)
    assert max(owned) - min(owned) <= 1
