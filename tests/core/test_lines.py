"""A line says what, who and why, in the room that it has."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.lines import MAX_LINE_LENGTH, MIN_LINE_LENGTH, digest_line
from bot.core.markdown import length
from bot.core.papers import Paper
from bot.core.query.parser import Query, parse_query
from tests.cases import each
from tests.core.test_cards import CLOSE_TO, QUERIES
from tests.fakes.hostile_papers import HOSTILE_PAPERS, PLAIN

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down

URL = "https://huggingface.co/papers/2608.00001"
SURVEY = replace(
    PLAIN,
    title="A Survey",
    abstract="We look at kites that fly far from any harbour, where a turbine would cost too much to keep.",
    authors=("Ben Sample", "Ada Example"),
    ai_keywords=("planning", "robotics"),
    organization="Kite Lab",
    organization_login="kites",
)


@settings(deadline=None)
@given(HOSTILE_PAPERS, QUERIES, st.integers(MIN_LINE_LENGTH, 500))
def test_a_line_links_its_paper_within_its_limit(
    paper: Paper, queries: tuple[Query, ...], limit: int
) -> None:
    line = digest_line(paper, queries=queries, close_to=CLOSE_TO, limit=limit)
    first, _, small = line.partition("\n")
    assert length(line) <= min(limit, MAX_LINE_LENGTH)
    assert "\n" not in small
    assert small == "" or small.startswith("-# ")
    assert f"]({paper.page_url})" in first
    assert not re.search(r"@everyone|<@\d|(?<!\()https?://(?!\S*\))", line)


def test_a_paper_without_a_title_is_shown_by_its_id() -> None:
    assert digest_line(replace(PLAIN, title="\u200b"), queries=()).startswith("▲ 1,234 [2608.00001](")


def test_a_line_says_what_and_who_and_marks_what_matched_in_its_title() -> None:
    assert digest_line(PLAIN, queries=[parse_query("tidal power")]) == (
        f"▲ 1,234 [Kites for **Tidal Power**: a Survey]({URL})\n-# Ada Example · Institute of Kites"
    )


@each(
    ("query", "small"),
    [
        ("author:Ada", "**Ada Example** · Kite Lab"),
        ("org:lab", "Ben Sample · **Kite Lab**"),
        ("org:kites", "Ben Sample · **kites**"),
        ("robotics", "Ben Sample · Kite Lab · keyword **robotics**"),
        ("turbine OR harbour OR kites", "Ben Sample · Kite Lab · abstract: **kites**, **harbour**"),
        ("survey", "Ben Sample · Kite Lab"),
        ("*", "Ben Sample · Kite Lab"),
        ("nothing of this", "Ben Sample · Kite Lab"),
    ],
)
def test_a_line_says_why_its_paper_is_there_where_the_title_does_not(query: str, small: str) -> None:
    line = digest_line(SURVEY, queries=[parse_query(query)])

    assert line.replace("**Survey**", "Survey") == f"▲ 1,234 [A Survey]({URL})\n-# {small}"


def test_a_tight_line_gives_up_whose_it_is_before_why_it_is_there_and_both_before_its_title() -> None:
    queries = [parse_query("robotics")]
    lines = [digest_line(SURVEY, queries=queries, limit=limit) for limit in (105, 95, 70)]

    assert [line.partition("\n")[2] for line in lines] == [
        "-# Ben Sample · keyword **robotics**",
        "-# keyword **robotics**",
        "",
    ]
    assert all("A Survey](" in line for line in lines)


def test_a_line_without_details_is_one_line() -> None:
    assert "\n" not in digest_line(SURVEY, queries=[parse_query("robotics")], has_details=False)
