"""Fixtures of the services' tests, which run on both stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.services.bots import Bot, a_bot
from tests.stores import Store, databases_stay_open, each_store, in_one_loop
from tests.stores import kept_databases as databases_are_freed

__all__ = ["databases_are_freed", "databases_stay_open", "each_store"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_one_loop(items, Path(__file__).parent)


@pytest_asyncio.fixture(loop_scope="session")
async def bot(tmp_path: Path, each_store: Store, databases_are_freed: None) -> AsyncIterator[Bot]:
    async with a_bot(tmp_path) as made:
        yield made
