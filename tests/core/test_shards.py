"""Shards as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.shards import OwnedShards


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
