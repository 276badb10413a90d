"""The table of word vectors that ships with the bot, and closeness by it."""

from __future__ import annotations

import math
from importlib.resources import files

import pytest

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.query.focus import FocusQuery, compile_focus
from bot.core.query.parser import parse_query
from bot.matching.focus.table import FocusTable
from tests.cases import each

ROBOTS = (
    "A humanoid robot learns to grasp objects from demonstrations, by imitation learning and teleoperation."
)
SPEECH = "We train a text-to-speech model that synthesises natural voices, and measure the word error rate."
MENTION = f"{SPEECH} Among other uses, we show it on a robot."


def paper(title: str, abstract: str = "") -> Paper:
    return Paper(id=PaperId("2608.00001"), list_day=None, title=title, abstract=abstract)


def query(text: str) -> FocusQuery:
    return FocusQuery.stored(compile_focus(parse_query(text).root))


def closeness(text: str, *papers: Paper) -> list[float]:
    table = FocusTable.load()
    return table.closeness([query(text)], table.papers(papers))[0].tolist()


@each(
    "text",
    [
        "robot",
        "robot*",
        '"robot"',
        "title:robot",
        "robot AND imitation learning",
        "robot OR humanoid OR unheardofword",
        "robot AND org:Google",
        "robot -speech",
    ],
)
def test_a_paper_about_it_is_closer_than_one_that_mentions_it_and_that_than_another(text: str) -> None:
    about, mention, other = closeness(
        text, paper("Robots", ROBOTS), paper("Speech", MENTION), paper("Speech", SPEECH)
    )
    assert about > 3
    assert about > mention > other


def test_an_acronym_and_its_long_form_are_equally_close() -> None:
    papers = paper("RL for robots"), paper("Reinforcement learning for robots")
    assert closeness("RL", *papers) == pytest.approx(closeness("reinforcement learning", *papers))
    assert min(closeness("RL", *papers)) > 2


def test_all_parts_count_in_a_query_of_several() -> None:
    both, one = closeness(
        "robot AND speech", paper("A robot that speaks", f"{ROBOTS} {SPEECH}"), paper("Robots", ROBOTS)
    )
    assert both > one


def test_a_query_is_exact_only_if_no_word_of_it_is_known() -> None:
    table = FocusTable.load()
    assert not table.knows(query("qqxyzzy OR fooblatz*"))
    assert table.knows(query("qqxyzzy OR robot"))
    assert all(map(math.isnan, closeness("qqxyzzy AND fooblatz*", paper("Robots", ROBOTS))))


@pytest.mark.parametrize("text", ["author:Kaiming He", "org:(Google OR Meta) -survey", "*", "* -survey"])
def test_a_query_of_names_alone_has_nothing_that_scores(text: str) -> None:
    assert compile_focus(parse_query(text).root) == ""


@pytest.mark.parametrize("text", ["", "()", "!?", "qqxyzzy"])
def test_a_paper_without_a_known_word_has_a_closeness_too(text: str) -> None:
    assert closeness("robot", paper(text)) == [0.0]


def test_no_paper_and_no_query_give_an_empty_result() -> None:
    table = FocusTable.load()
    assert table.closeness([query("robot")], table.papers([])).shape == (1, 0)
    assert table.closeness([], table.papers([paper("Robots")])).shape == (0, 1)


def test_the_words_that_brought_a_paper_are_its_own() -> None:
    found = paper("Grasping", ROBOTS)
    words = FocusTable.load().near_words(query("robot*"), found)
    assert words[0] == "robot"
    assert len(words) == 3
    assert all(word in ROBOTS.lower() for word in words)


def test_the_words_that_brought_a_paper_have_no_acronym_that_it_does_not_use() -> None:
    words = FocusTable.load().near_words(
        query("reward model"), paper("Reward models", "We train a reward model.")
    )
    assert words[0] == "reward"
    assert "RM" not in words


def test_the_table_is_not_larger_than_it_may_be() -> None:
    table = files("bot.matching.focus") / "table.bin"
    assert len(table.read_bytes()) <= 2_500_000
