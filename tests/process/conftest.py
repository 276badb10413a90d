"""A stage for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.examples import thorough
from tests.fakes import postgres
from tests.process.running import Stage, staged
from tests.stores import Store

__all__ = ["on_each_store", "on_usual_store", "stage"]


on_each_store = pytest.mark.parametrize("stage", [Store.SQLITE, Store.POSTGRESQL], indirect=True)
# For one that a usual run starts on SQLite, and a thorough one on both.
on_usual_store = pytest.mark.parametrize("stage", [Store.SQLITE, thorough(Store.POSTGRESQL)], indirect=True)


@pytest.fixture
async def stage(
    tmp_path: Path, request: pytest.FixtureRequest, databases_are_freed: None
) -> AsyncIterator[Stage]:
    """The bot's surroundings, with a database in its own folder unless the test is on PostgreSQL."""
    database_url = ""
    if getattr(request, "param", Store.SQLITE) is Store.POSTGRESQL:
        postgres.must_be_there()
        database_url = await postgres.address_of(tmp_path)
    async with staged(tmp_path, database_url=database_url) as ready:
        yield ready
