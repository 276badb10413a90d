"""Compiled queries: made within the operator's limits, whatever they are for, and made again without them."""

from __future__ import annotations

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
from bot.core.query.fts5 import EVERY_PAPER, RULES_VERSION
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
        expression='{title abstract keyword} : "world model"',
        rules_version=RULES_VERSION,
    )


def test_each_alternative_has_the_whole_length() -> None:
    queries = compile_alternatives(f"{'a' * 20}, {'b' * 20}", Limits(query_length=20))

    assert [query.text for query in queries] == ["a" * 20, "b" * 20]


def test_a_query_typed_twice_keeps_its_first_spelling() -> None:
    queries, merged = distinct(compile_alternatives("LLMs, video, llm, LLM", Limits()))

    assert [query.text for query in queries] == ["LLMs", "video"]
    assert [(one.text, one.same_as) for one in merged] == [("llm", "LLMs"), ("LLM", "LLMs")]


def test_an_alternative_that_only_excludes_belongs_to_the_one_before() -> None:
    with pytest.raises(QueryError, match="`agents -survey`"):
        compile_alternatives("agents,  -survey", Limits())


def test_a_query_is_compiled_again_whatever_the_limits_are() -> None:
    query = compiled("long " * 100)

    assert replace(query, canonical="x", expression="x", rules_version=0).recompiled() == query


def test_a_star_compiles_to_every_paper() -> None:
    assert compiled("*").expression == EVERY_PAPER


def test_every_paper_cannot_be_excluded() -> None:
    with pytest.raises(QueryError, match="every paper"):
        compile_exclusion("*", Limits())
