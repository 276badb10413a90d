"""Fixtures of the services' tests.

A module that imports `each_store` runs on PostgreSQL too in every run; the others do so in a thorough one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.services.bots import Bot, a_bot
from tests.stores import Store, databases_are_freed
from tests.stores import usual_store as each_store

__all__ = ["databases_are_freed", "each_store"]


@pytest_asyncio.fixture
async def bot(tmp_path: Path, each_store: Store, databases_are_freed: None) -> AsyncIterator[Bot]:
    async with a_bot(tmp_path) as made:
        yield made
