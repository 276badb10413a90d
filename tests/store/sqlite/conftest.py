"""These tests are about SQLite alone, and about its files: each test has one of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.store.database import Database
from tests.fakes.database import open_database
from tests.stores import Store


@pytest.fixture(scope="module")
def each_store() -> Store:
    return Store.SQLITE


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    database = await open_database(tmp_path / "data" / "paperboy.db")
    yield database
    await database.close()
