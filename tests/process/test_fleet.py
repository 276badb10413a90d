"""A short chaos of two processes; `make chaos` is longer, with three of them and more that fails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.examples import thorough
from tests.fakes import postgres
from tests.process.disruptions import Disruption, freeze, kill
from tests.process.fleet_chaos import fleet_chaos

# Leases that are lost after seconds. What lies between `certain` and `expires` is for requests under way.
_SOON = """
from functools import partial
import bot.services.fleet.membership as membership
membership.Timing = partial(
    membership.Timing, renew=1.0, look=0.5, certain=2.0, expires=6.0, overdue=7.0, settle=0.5, give_back=2.0
)
"""
_DIES = Disruption(name="SIGKILL", weight=1, seconds=(0.0, 0.0), act=kill, recovers_seconds=0.0, ends=True)
_FREEZES = Disruption(name="SIGSTOP", weight=1, seconds=(8.0, 8.0), act=freeze, recovers_seconds=0.0)


@pytest.mark.parametrize("disruptions", [(_DIES,), thorough((_DIES, _FREEZES))], ids=["dies", "freezes too"])
async def test_two_processes_lose_nothing_and_repeat_nothing_when_one_dies_or_freezes(
    tmp_path: Path, disruptions: Sequence[Disruption]
) -> None:
    postgres.must_be_there()
    async with fleet_chaos(
        tmp_path,
        spots=4,
        papers=1,
        disruptions=disruptions,
        seed=3,
        size=2,
        shard_count=2,
        before=_SOON,
        only_shared=True,
    ) as run:
        await run.run()
        report = run.report()
        assert not report.broken, "\n".join(report.lines())
        assert report.takeovers
        assert report.posts >= 4
