"""What is stored of a query for its focus."""

from __future__ import annotations

import pytest

from bot.core.query.expression import compile_node
from bot.core.query.focus import FocusQuery, compile_focus, hard_filter, in_title
from bot.core.query.parser import parse_query
from tests.cases import each


@each(
    ("text", "terms"),
    [
        ("diffusion models", ["diffusion model"]),
        ("RL", ["RL", "reinforcement learning"]),
        ("reinforcement learning", ["reinforcement learning", "RL"]),
        ('"RL"', ["RL"]),
        ('"Reward Hacking"', ["reward hacking"]),
        ("quantiz*", ["quantiz*"]),
        ("title:agents", ["agent"]),
        ("agents -survey author:LeCun", ["agent"]),
    ],
)
def test_a_term_has_all_ways_to_write_it(text: str, terms: list[str]) -> None:
    assert FocusQuery.stored(compile_focus(parse_query(text).root)).terms.split("|") == terms


def test_operators_follow_their_parts_and_count_only_those_that_score() -> None:
    query = "agents AND author:LeCun AND (benchmark OR dataset OR org:Meta)"
    terms = FocusQuery.stored(compile_focus(parse_query(query).root)).terms
    assert terms.split("\n") == ["agent", "benchmark", "dataset", "|2", "&2"]


@pytest.mark.parametrize(
    ("text", "filtered", "title"),
    [
        ("agents", "*", "title:agents"),
        ("agents -survey", "* -survey", "title:agents -survey"),
        ("abstract:agents AND author:LeCun", "author:LeCun", "title:agents AND author:LeCun"),
        ("(agents OR org:Meta) author:LeCun", "author:LeCun", "(title:agents OR org:Meta) author:LeCun"),
    ],
)
def test_names_and_exclusions_hold_for_every_paper(text: str, filtered: str, title: str) -> None:
    node = parse_query(text).root
    assert hard_filter(node) == parse_query(filtered).root
    assert in_title(node) == parse_query(title).root
    stored = FocusQuery.stored(compile_focus(node))
    assert stored.hard_filter == compile_node(parse_query(filtered).root)
    assert stored.in_title == compile_node(parse_query(title).root)
