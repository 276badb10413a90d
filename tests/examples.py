"""How many examples are tried: hypothesis's, and those of tables.

A usual run tries the same few each time, so that it fails only for what was changed. `PAPERBOY_EXAMPLES=thorough`,
which `make test-all` sets, tries others each time, and twenty times as many.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import settings

T = TypeVar("T")

_FACTOR = 20 if os.environ.get("PAPERBOY_EXAMPLES") == "thorough" else 1


def examples(usual: int) -> int:
    """The number of examples for a test that tries `usual` ones in a usual run."""
    return usual * _FACTOR


def only_thorough(cases: Sequence[T]) -> Sequence[T]:
    """More cases of kinds that a usual run tries already."""
    return cases if _FACTOR > 1 else ()


def load_profile() -> None:
    settings.register_profile(
        "paperboy", max_examples=examples(25), deadline=None, derandomize=_FACTOR == 1, database=None
    )
    settings.load_profile("paperboy")
