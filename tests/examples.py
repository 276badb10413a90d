"""How many examples hypothesis tries.

Every run of the tests tries others, so few a run find the same in the end. `PAPERBOY_EXAMPLES=thorough` tries twenty
times as many, for a run by hand.
"""

from __future__ import annotations

import os

from hypothesis import settings

_FACTOR = 20 if os.environ.get("PAPERBOY_EXAMPLES") == "thorough" else 1


def examples(usual: int) -> int:
    """The number of examples for a test that tries `usual` ones in a usual run."""
    return usual * _FACTOR


def load_profile() -> None:
    settings.register_profile("paperboy", max_examples=examples(25), deadline=None)
    settings.load_profile("paperboy")
