"""How many examples are tried: hypothesis's, and those of tables.

A usual run tries the same few each time, so that it fails only for what was changed. `PAPERBOY_EXAMPLES=thorough`,
which `make test-all` sets, tries others each time, and fifty times as many. It also runs the tests marked
`pytest.mark.thorough`: more examples of what a usual run holds.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import pytest
from _pytest.mark import ParameterSet
from hypothesis import settings

T = TypeVar("T")

THOROUGH = os.environ.get("PAPERBOY_EXAMPLES") == "thorough"
_FACTOR = 50 if THOROUGH else 1


def examples(usual: int) -> int:
    """The number of examples for a test that tries `usual` ones in a usual run."""
    return usual * _FACTOR


def only_thorough(cases: Sequence[T]) -> Sequence[T]:
    """More cases of kinds that a usual run tries already."""
    return cases if THOROUGH else ()


def thorough(*values: object) -> ParameterSet:
    """A case of `pytest.mark.parametrize` that only a thorough run tries."""
    return pytest.param(*values, marks=pytest.mark.thorough)


def some(cases: Sequence[T]) -> Sequence[T]:
    """Rows of a long table whose rows differ by data only, of which a usual run tries every eighth."""
    return cases if THOROUGH else cases[::8]


def first(count: int, cases: Iterable[Any]) -> list[Any]:
    """Cases of `pytest.mark.parametrize`, of which a usual run tries only the first; a tuple has a value each."""
    found = list(cases)
    more = [case if type(case) is tuple else (case,) for case in found[count:]]
    return [*found[:count], *(thorough(*case) for case in more)]


def load_profile() -> None:
    settings.register_profile(
        "paperboy", max_examples=examples(10), deadline=None, derandomize=not THOROUGH, database=None
    )
    settings.load_profile("paperboy")
