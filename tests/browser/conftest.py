"""A visitor at the page of a sandbox, for each test, in one Chromium for all."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser import chromium
from tests.browser.visiting import Visitor, browsing, sandbox_process, visiting


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Skips where no Chromium is installed, and fails where everything has to be tried."""
    found = chromium.find_chromium()
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(chromium.MISSING)
    async with browsing(found) as ready:
        yield ready


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(browser: Browser, tmp_path: Path) -> AsyncIterator[Visitor]:
    """Somebody who has just opened the page that `make run` prints."""
    async with sandbox_process(tmp_path) as url, visiting(url, browser) as ready:
        yield ready
