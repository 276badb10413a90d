"""Fixtures of the services' tests, which run on both stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.services.bots import Bot, a_bot
from tests.stores import Store, each_store

__all__ = ["each_store"]


@pytest_asyncio.fixture
async def bot(tmp_path: Path, each_store: Store, databases_are_freed: None) -> AsyncIterator[Bot]:
    async with a_bot(tmp_path) as made:
        yield made
