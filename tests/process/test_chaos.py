"""A short chaos run; `make chaos` is longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process.chaos import chaos


@pytest.mark.thorough
async def test_kills_at_random_moments_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    async with chaos(tmp_path, spots=6, papers=2, kills=3, seed=7) as run:
        await run.run()
        assert run.spots.report() == ([], [])
        assert run.spots.posted() == run.spots.pending >= 12
