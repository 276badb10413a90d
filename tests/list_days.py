"""List days as the API sent them: our own in every odd shape, and recorded ones where they lie beside the checkout.

Our own stand in `tests/data/daily_papers`, one file a list day, so that a clone alone tries every shape. What is
beside the checkout, in `../shared`, may be missing. The end of the test run then says what was not tried.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.core.papers import Paper
from bot.sources.parse import parse_list
from tests.examples import THOROUGH, thorough

SHARED = Path(__file__).parents[2] / "shared" / "data"
REQUIRES_SHARED = os.environ.get("PAPERBOY_REQUIRE_SHARED") == "1"
NOT_TRIED = "not beside the checkout, in ../shared"
OWN = sorted((Path(__file__).parent / "data" / "daily_papers").glob("*.json"))
# One parameter stands for all recorded days where there are none, so that they count as one skipped test.
RECORDED: list[Path] = sorted((SHARED / "daily_papers").glob("*.json")) or [SHARED / "daily_papers"]

# A usual run takes some of the recorded days: our own have every shape.
each_day = pytest.mark.parametrize(
    "file",
    [*OWN, *(thorough(file) if number % 10 else file for number, file in enumerate(RECORDED))],
    ids=lambda file: f"{file.parent.name}-{file.stem}",
)
both_sources = pytest.mark.parametrize(
    "files", [OWN, RECORDED if THOROUGH else RECORDED[::10]], ids=["own", "recorded"]
)


def must_be_there(path: Path) -> None:
    """Skips the test where a shared file is missing, and fails it where everything has to be tried."""
    if path.suffix != ".json" or not path.is_file():
        (pytest.fail if REQUIRES_SHARED else pytest.skip)(f"{path.name} is {NOT_TRIED}")


def items_of(file: Path) -> list[Any]:
    """The items of a list day, as the API sent them."""
    must_be_there(file)
    return json.loads(file.read_text(encoding="utf-8"))


def papers_of(files: Iterable[Path]) -> list[Paper]:
    """Each paper of these days once, as it is on the last of them."""
    papers: dict[str, Paper] = {}
    for file in files:
        day = parse_list(items_of(file), asked_day=date.fromisoformat(file.stem))
        papers |= {paper.id: paper for paper in day.papers}
    return list(papers.values())
