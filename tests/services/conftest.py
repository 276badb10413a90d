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
from tests.stores import Store, databases_are_freed, use_usual_store
from tests.stores import usual_store as each_store

__all__ = ["databases_are_freed", "each_store"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if not hasattr(metafunc.module, "each_store"):
        use_usual_store(metafunc)


@pytest_asyncio.fixture
async def bot(tmp_path: Path, each_store: Store, databases_are_freed: None) -> AsyncIterator[Bot]:
    async with a_bot(tmp_path) as made:
        yield made
