"""Compiled queries: made within the operator's limits, whatever they are for, and made again without them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.core.limits import MAX_QUERY_LENGTH, Limits
from bot.core.query.compiled import (
    CompiledQuery,
    compile_alternatives,
    compile_exclusion,
    compile_query,
    distinct,
)
from bot.core.query.errors import QueryError
from bot.core.query.expression import EVERY_PAPER, RULES_VERSION, compile_node
from bot.core.query.parser import parse_query
from tests.cases import each
from tests.queries import compiled


def one_of(typed: str, limits: Limits) -> CompiledQuery:
    (query,) = compile_alternatives(typed, limits)
    return query


PURPOSES = [compile_query, compile_exclusion, one_of]


@pytest.mark.parametrize("compiling", PURPOSES)
def test_a_query_may_be_as_long_as_the_operator_allows(
    compiling: Callable[[str, Limits], CompiledQuery],
) -> None:
    assert compiling("a" * MAX_QUERY_LENGTH, Limits()).canonical == "a" * MAX_QUERY_LENGTH
    assert compiling("a" * 1_000, Limits(query_length=1_000)).canonical == "a" * 1_000
    for length, limits in (
        (201, Limits()),
        (1_001, Limits(query_length=1_000)),
        (21, Limits(query_length=20)),
    ):
        with pytest.raises(QueryError, match=f"It can have at most {length - 1}") as raised:
            compiling("a" * length, limits)
        assert raised.value.position == length - 1


def test_white_space_does_not_count() -> None:
    query = compile_query("  world \n\n model ", Limits(query_length=11))

    assert query == CompiledQuery(
        text="world model",
        canonical="world model",
        expression=compile_node(parse_query("world model").root),
        rules_version=RULES_VERSION,
    )


def test_each_alternative_has_the_whole_length() -> None:
    queries = compile_alternatives(f"{'a' * 20}, {'b' * 20}", Limits(query_length=20))

    assert [query.text for query in queries] == ["a" * 20, "b" * 20]


def test_a_query_typed_twice_keeps_its_first_spelling() -> None:
    queries, merged = distinct(compile_alternatives("LLMs, video, llm, LLM", Limits()))

    assert [query.text for query in queries] == ["LLMs", "video"]
    assert [(query.text, query.same_as) for query in merged] == [("llm", "LLMs"), ("LLM", "LLMs")]


@pytest.mark.parametrize(
    ("typed", "advised"),
    [
        ("agents,  -survey", "`agents -survey`"),
        ("video, agents OR benchmark, -survey", "`(agents OR benchmark) -survey`"),
        ("author:Kaiming He, NOT survey", "`author:Kaiming He NOT survey`"),
        ("agents, -`", "nothing to search for"),
    ],
)
def test_an_alternative_that_only_excludes_belongs_to_the_one_before(typed: str, advised: str) -> None:
    with pytest.raises(QueryError, match=re.escape(advised)):
        compile_alternatives(typed, Limits())


def test_an_alternative_that_excludes_first_is_a_query_of_its_own() -> None:
    queries = compile_alternatives("agents, -survey benchmark", Limits())

    assert [query.canonical for query in queries] == ["agent", "benchmark -survey"]


EXCLUDED = [
    ("-survey", "survey"),
    ("NOT survey", "survey"),
    ("--survey", "survey"),
    ("-(world model)", "(world model)"),
    ('-"world model"', '"world model"'),
    ("-survey -benchmark", "survey, benchmark"),
    ("-survey AND -benchmark", "survey, benchmark"),
    ("-survey, -benchmark", "survey, benchmark"),
    ("survey OR -benchmark", "survey OR benchmark"),
    ("title:-survey", "title:survey"),
    ("(-survey)", "(survey)"),
    ("-*", "survey"),
    ("survey NOT", "survey"),
    ("-sur`vey", "sur'vey"),
]


@each(("typed", "advised"), EXCLUDED)
def test_what_is_excluded_anyway_needs_no_minus(typed: str, advised: str) -> None:
    with pytest.raises(QueryError) as error:
        compile_exclusion(typed, Limits())
    assert str(error.value).endswith(f"so leave the minus out: `{advised}`.")


def test_an_exclusion_may_itself_make_an_exception() -> None:
    assert compile_exclusion("survey -benchmark", Limits()).canonical == "survey -benchmark"


@pytest.mark.parametrize("typed", ["", "..."])
def test_an_empty_exclusion_asks_what_to_exclude(typed: str) -> None:
    with pytest.raises(QueryError, match="Type what to exclude, such as `survey`"):
        compile_exclusion(typed, Limits())


def test_a_query_is_compiled_again_whatever_the_limits_are() -> None:
    query = compiled("long " * 100)

    assert replace(query, canonical="x", expression="x", rules_version=0).recompiled() == query


def test_a_star_compiles_to_every_paper() -> None:
    assert compiled("*").expression == EVERY_PAPER


def test_every_paper_cannot_be_excluded() -> None:
    with pytest.raises(QueryError, match="every paper"):
        compile_exclusion("*", Limits())


def test_what_cannot_be_stored_as_text_is_left_out() -> None:
    query = compile_query("vid\x00eo \ud800 \x00 agents", Limits())
    assert (query.text, query.canonical) == ("video agents", "video agent")
