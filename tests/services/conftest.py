"""Fixtures of the services' tests.

A usual run tries each test on one store, as `use_usual_store` says. A module that imports `each_store` runs on both
in every run: what touches transactions, locks or the SQL of one store.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.services.bots import Bot, a_bot
from tests.stores import Store, databases_stay_open, in_one_loop, use_usual_store
from tests.stores import kept_databases as databases_are_freed
from tests.stores import usual_store as each_store

__all__ = ["databases_are_freed", "databases_stay_open", "each_store"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_one_loop(items, Path(__file__).parent)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if not hasattr(metafunc.module, "each_store"):
        use_usual_store(metafunc)


@pytest_asyncio.fixture(loop_scope="session")
async def bot(tmp_path: Path, each_store: Store, databases_are_freed: None) -> AsyncIterator[Bot]:
    async with a_bot(tmp_path) as made:
        yield made
