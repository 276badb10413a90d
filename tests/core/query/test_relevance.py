"""How close papers are to a query."""

from __future__ import annotations

import pytest

from bot.core.query.nodes import in_topic
from bot.core.query.parser import parse_query
from bot.core.query.relevance import Relevance, relevance, relevance_text
from tests.cases import each
from tests.samples import a_paper


@each(
    ("typed", "topic"),
    [
        ("agents", "topic:agent"),
        ("agents AND benchmark", "topic:agent AND topic:benchmark"),
        ('"world model" OR quantiz*', 'topic:"world model" OR topic:quantiz*'),
        ("agents -survey", "topic:agent -survey"),
        ("agents title:video", "title:video AND topic:agent"),
        ("title:video", None),
        ("author:Kaiming He", None),
        ("*", None),
    ],
)
def test_what_is_wanted_is_asked_for_as_the_topic(typed: str, topic: str | None) -> None:
    found = in_topic(parse_query(typed).root)
    assert (None if found is None else str(found)) == topic


def test_papers_are_about_it_or_mention_it_once_or_several_times() -> None:
    papers = [
        a_paper(1, title="Agents"),
        a_paper(2, abstract="We use agents."),
        a_paper(3, abstract="We use an agent. Agents help."),
    ]

    close = relevance(parse_query("agents"), papers, about={papers[0].id})

    assert close == Relevance(papers=3, about=1, once=1)


def test_each_phrase_of_a_query_may_be_mentioned_once() -> None:
    once = a_paper(1, abstract="Agents on a benchmark.")
    twice = a_paper(2, abstract="Agents on a benchmark of agents.")

    close = relevance(parse_query("agents AND benchmark"), [once, twice], about=())

    assert close.once == 1


def test_no_more_abstracts_are_read_than_allowed() -> None:
    papers = [a_paper(number, abstract="agents") for number in range(3)]

    assert relevance(parse_query("agents"), papers, about=(), most_read=3).once == 3
    assert relevance(parse_query("agents"), papers, about=(), most_read=2).once is None


@pytest.mark.parametrize(
    ("papers", "about", "once", "expected"),
    [
        (10, 4, 5, "4 are about it (title or AI keywords), 5 mention it once, in the abstract"),
        (2, 1, 1, "1 is about it (title or AI keywords), 1 mentions it once, in the abstract"),
        (3, 0, 0, "none is about it"),
        (300, 100, None, "100 are about it (title or AI keywords), 200 mention it in the abstract"),
        (3, 3, 0, ""),
    ],
)
def test_the_words_agree_with_the_numbers(papers: int, about: int, once: int | None, expected: str) -> None:
    assert relevance_text(Relevance(papers=papers, about=about, once=once)) == expected


@pytest.mark.parametrize(
    ("papers", "about", "expected"), [(10, 4, True), (10, 5, False), (4, 1, False), (10, 0, False)]
)
def test_topic_is_offered_where_most_papers_only_mention_it(
    papers: int, about: int, *, expected: bool
) -> None:
    assert Relevance(papers=papers, about=about, once=0).is_mostly_mentioned is expected
