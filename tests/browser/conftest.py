"""A visitor at the page of a sandbox, for each module, in one Chromium for all."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser import chromium
from tests.browser.visiting import Visitor, browsing, sandbox_process, visiting


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Skips where no Chromium is installed, and fails where everything has to be tried."""
    found = chromium.find_chromium()
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(chromium.MISSING)
    async with browsing(found) as ready:
        yield ready


@pytest_asyncio.fixture(scope="module")
async def visitor(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Visitor]:
    """Somebody at the page that `make run` prints, one for all tests of a module: a page takes seconds to open."""
    folder = tmp_path_factory.mktemp("sandbox")
    async with sandbox_process(folder) as url, visiting(url, browser) as ready:
        yield ready
