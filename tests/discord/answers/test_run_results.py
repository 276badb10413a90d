"""What a run did, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.core.feeds import LastRun
from bot.core.ids import RunId
from bot.core.runs import Outcome, Run
from bot.discord.answers.run_results import days_read, failed_run, run_result
from bot.errors import Problem, ProblemKind
from tests.cases import each
from tests.discord.answers.test_feed_status import SURVEY, changed
from tests.samples import NOW


@each(
    ("figures", "expected"),
    [
        ((0, 0, 0), "**quiet**: nothing new was listed"),
        ((0, 1, 0), "**quiet**: nothing new was listed; 1 matching paper is waiting for upvotes"),
        ((0, 2, 0), "**quiet**: nothing new was listed; 2 matching papers are waiting for upvotes"),
        ((1, 0, 0), "**filtered**: 1 new paper was listed, but nothing new matched"),
        (
            (40, 3, 0),
            "**filtered**: 40 new papers were listed; 3 matching papers are waiting for upvotes",
        ),
        ((40, 7, 7), "**7 papers** to post (40 new papers were listed)"),
        ((40, 7, 6), "**6 papers** to post; 1 more is waiting for upvotes (40 new papers were listed)"),
        ((0, 1, 1), "**1 paper** to post (no new papers were listed)"),
    ],
)
def test_a_run_is_to_post_quiet_or_filtered(figures: tuple[int, int, int], expected: str) -> None:
    new, matched, planned = figures
    feed = changed(min_upvotes=5)
    assert run_result(LastRun(new=new, matched=matched, planned=planned), feeds=[feed]) == expected


@pytest.mark.parametrize(
    ("filters", "number", "why"),
    [
        ([{"min_upvotes": 5}], 1, "is waiting for upvotes"),
        ([{"only_with_code": True}], 2, "are waiting for code"),
        ([{"only_with_code": True}, {"min_upvotes": 1}, {}], 2, "are waiting for upvotes or code"),
        ([{"exclude": SURVEY}], 1, "is excluded"),
        ([{"exclude": SURVEY, "min_upvotes": 1}], 2, "are excluded or waiting for upvotes"),
        ([{}], 2, "are filtered out"),
    ],
)
def test_a_filtered_run_says_what_filtered_it(filters: list[dict[str, Any]], number: int, why: str) -> None:
    feeds = [changed(**values) for values in filters]
    answer = run_result(LastRun(new=9, matched=number, planned=0), feeds=feeds)
    assert answer.endswith(f"{why}")
    assert answer.startswith("**filtered**: 9 new papers were listed; ")


def test_a_failed_run_says_why() -> None:
    run = Run(
        id=RunId(1),
        started_at=NOW,
        finished_at=NOW,
        outcome=Outcome.SOURCE_FAILED,
        listed=0,
        new_papers=0,
        feeds=1,
        posts=0,
        problem=Problem(ProblemKind.SERVER_ERROR, 503),
        problem_day=date(2026, 8, 19),
    )
    assert failed_run(run) == (
        "**failed**: the list of 19 Aug 2026 could not be read completely, because Hugging Face had an "
        "internal error (503). The next run catches up"
    )
    bug = replace(run, outcome=Outcome.FAILED, problem=Problem(ProblemKind.BUG))
    assert "**failed**: a bug" in failed_run(bug)
    full = replace(run, outcome=Outcome.FAILED, problem=Problem(ProblemKind.DATABASE))
    assert "**failed**: the database could not be used" in failed_run(full)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (0, "None of these 7 days' lists have been read yet."),
        (1, "Only 1 of these 7 days' lists has been read so far, so the numbers may be low."),
        (5, "Only 5 of these 7 days' lists have been read so far, so the numbers may be low."),
    ],
)
def test_a_preview_says_how_many_lists_have_been_read(known: int, expected: str) -> None:
    assert days_read(known, of=7) == expected
