"""One connected client for the tests of a module, which then run in the module's event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.discord.loopback import Loopback, connected


@pytest_asyncio.fixture(scope="module")
async def shared_loopback() -> AsyncIterator[Loopback]:
    async with connected() as loopback:
        yield loopback


@pytest_asyncio.fixture
async def loopback(shared_loopback: Loopback) -> AsyncIterator[Loopback]:
    """The module's client, without faults, recorded requests or denied permissions of earlier tests."""
    yield shared_loopback
    await shared_loopback.reset()
