"""A database of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'data' / 'paperboy.db'}"


@pytest.fixture
async def database(url: str) -> AsyncGenerator[Database]:
    database = await Database.open(url)
    yield database
    await database.close()


@pytest.fixture
async def conn(database: Database) -> AsyncGenerator[AsyncConnection]:
    """One write transaction for the whole test."""
    async with database.write() as conn:
        yield conn
