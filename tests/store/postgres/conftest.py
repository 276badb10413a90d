"""These tests are about PostgreSQL alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import stores
from tests.stores import Store


@pytest.fixture(scope="module")
def each_store() -> Iterator[Store]:
    with stores.on(Store.POSTGRESQL):
        yield Store.POSTGRESQL
