"""The tools that make the table for focus and measure its quality, on small data."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import pytest

from bot.core.focus import THRESHOLDS, Focus
from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.query.focus import FocusQuery, compile_focus
from bot.core.query.parser import parse_query
from bot.matching.focus.table import FocusTable
from tools import focus_quality, focus_table
from tools.focus_quality import Score, Topic, failures, left_out

TEXTS = [
    "a robot grasps a cup with its arm",
    "speech and voice in a noisy room",
    "proofs of a theorem in algebra",
]


def test_the_same_archive_gives_the_same_table_which_can_be_read(tmp_path: Path) -> None:
    # Chance, so that no two axes are equally long: rounding would decide their order.
    rng = random.Random(1)  # noqa: S311
    others = " ".join(TEXTS).split()
    archive = [
        {
            "list_day": f"2026-01-{day:02}",
            "title": text,
            "abstract": f"{text} {word} {' '.join(rng.sample(others, 4))}",
        }
        for text, word, papers in zip(TEXTS, ("hand", "sound", "lemma"), (9, 8, 7), strict=True)
        for day in range(1, papers + 1)
    ]
    first, second = tmp_path / "first", tmp_path / "second"
    focus_table.make_table(archive, dimensions=3).write(first)
    focus_table.make_table(archive, dimensions=3).write(second)
    assert first.read_bytes() == second.read_bytes()

    table = FocusTable(first.read_bytes())
    assert (table.header["from"], table.header["to"], table.header["papers"]) == (
        "2026-01-01",
        "2026-01-09",
        24,
    )
    papers = [
        Paper(id=PaperId(f"2601.0000{n}"), list_day=None, title=text, abstract="")
        for n, text in enumerate(TEXTS)
    ]
    query = FocusQuery.stored(compile_focus(parse_query("lemma").root))
    assert table.closeness([query], table.papers(papers))[0].argmax() == 2


def topic(hits: list[bool], closeness: list[float], judged: list[int]) -> Topic:
    none = np.zeros(len(hits), bool)
    return Topic(
        name="",
        hits=np.array(hits),
        in_title=none,
        may_be_added=~none,
        closeness=np.array(closeness, np.float32),
        judged=np.array(judged),
    )


def test_a_topic_that_is_left_out_has_no_say_in_its_cuts() -> None:
    usual = topic([True, True], [3, 2.6], [2, 0])
    odd = topic([True, True], [1.3, 1], [2, 0])
    assert left_out(Focus.BALANCED, [usual, usual, odd])[2] == Score(0, 0, 1)
    assert odd.score(THRESHOLDS[Focus.EXACT]) == Score(1, 1, 0)


@pytest.mark.parametrize(
    ("balanced", "strict", "count"),
    [
        (Score(50, 50, 10), Score(30, 20, 30), 0),
        (Score(50, 140, 10), Score(30, 20, 30), 1),
        (Score(40, 10, 20), Score(30, 20, 30), 1),
        (Score(50, 50, 10), Score(30, 21, 30), 1),
    ],
)
def test_avoidable_results_are_named(balanced: Score, strict: Score, count: int) -> None:
    scores = {Focus.EXACT: Score(50, 150, 10), Focus.BALANCED: balanced, Focus.STRICT: strict}
    assert len(failures(scores)) == count


def test_without_judged_topics_nothing_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["focus_quality", str(tmp_path)])
    assert focus_quality.main() == 0
    assert capsys.readouterr().out.startswith("NOT TRIED")
