"""A visitor at the page of a sandbox, for each test."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.browser import chromium
from tests.browser.visiting import Visitor, sandbox_process, visiting


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Skips where no Chromium is installed, and fails where everything has to be tried."""
    found = chromium.find_chromium()
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(chromium.MISSING)
    return found


@pytest.fixture
async def visitor(chromium_path: str, tmp_path: Path) -> AsyncIterator[Visitor]:
    """Somebody who has just opened the page that `make run` prints."""
    async with sandbox_process(tmp_path) as url, visiting(url, chromium_path=chromium_path) as ready:
        yield ready
