"""A separate database for each test."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from tests.stores import Store, compiled_is_shared, each_store, open_database

__all__ = ["compiled_is_shared", "each_store"]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'data' / 'paperboy.db'}"


@pytest_asyncio.fixture
async def database(tmp_path: Path, each_store: Store, databases_are_freed: None) -> AsyncGenerator[Database]:
    database = await open_database(tmp_path / "data" / "paperboy.db")
    yield database
    await database.close()


@pytest_asyncio.fixture
async def conn(database: Database) -> AsyncGenerator[AsyncConnection]:
    """One write transaction for the whole test."""
    async with database.write() as conn:
        yield conn
