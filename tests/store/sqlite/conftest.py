"""These tests are about SQLite alone."""

from __future__ import annotations

import pytest

from tests.stores import Store


@pytest.fixture(scope="module")
def each_store() -> Store:
    return Store.SQLITE
