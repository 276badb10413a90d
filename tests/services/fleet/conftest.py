"""Fixtures of the fleet's tests, each process of which has engines of its own."""

from __future__ import annotations

from tests.stores import compiled_is_shared

__all__ = ["compiled_is_shared"]
