"""Turns of a fleet's processes, on a real PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.services.fleet.turns import Turns
from tests.fakes import postgres
from tests.stores import open_database, postgresql

__all__ = ["postgresql"]

NAME = "identify 0"


class WaitedError(Exception):
    pass


async def give_up(_: float) -> None:
    raise WaitedError


@pytest.mark.usefixtures("postgresql", "databases_are_freed")
async def test_a_spaced_turn_keeps_others_waiting_for_a_time_after_its_end(tmp_path: Path) -> None:
    database = await open_database(tmp_path / "paperboy.db")
    try:
        mine, other = Turns(database), Turns(database, sleep=give_up)
        async with mine.spaced(NAME, seconds=600):
            with pytest.raises(WaitedError):
                await other.take(NAME, seconds=1)
        with pytest.raises(WaitedError):
            await other.take(NAME, seconds=1)
        async with mine.spaced(NAME, seconds=0):
            pass
        async with other.spaced(NAME, seconds=0):
            pass
    finally:
        await database.close()


@pytest.mark.usefixtures("postgresql", "databases_are_freed")
async def test_a_turn_whose_row_is_locked_is_somebody_elses_at_once(tmp_path: Path) -> None:
    database = await open_database(tmp_path / "paperboy.db")
    turns = Turns(database, sleep=give_up)
    await turns.take(NAME, seconds=0)
    async with postgres.connected(await postgres.address_of(tmp_path / "paperboy.db")) as frozen:
        async with frozen.transaction():
            await frozen.execute("SELECT FROM turns FOR UPDATE")
            with pytest.raises(WaitedError):
                await turns.take(NAME, seconds=1)
        await turns.take(NAME, seconds=1)
    await database.close()
