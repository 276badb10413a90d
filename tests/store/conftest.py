"""A separate database for each test."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from tests.stores import Store, databases_stay_open, each_store, in_one_loop, open_database
from tests.stores import kept_databases as databases_are_freed

__all__ = ["databases_are_freed", "databases_stay_open", "each_store"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_one_loop(items, Path(__file__).parent)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'data' / 'paperboy.db'}"


@pytest_asyncio.fixture(loop_scope="session")
async def database(tmp_path: Path, each_store: Store, databases_are_freed: None) -> AsyncGenerator[Database]:
    database = await open_database(tmp_path / "data" / "paperboy.db")
    yield database
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def conn(database: Database) -> AsyncGenerator[AsyncConnection]:
    """One write transaction for the whole test."""
    async with database.write() as conn:
        yield conn
