"""Hints for whatever a person may type, and their bounds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.limits import DEFAULT_LIMITS
from bot.core.query.compiled import CompiledQuery, compile_alternatives, compile_query
from bot.core.query.description import reading
from bot.core.query.errors import QueryError
from bot.core.query.hints import MAX_HINTS, hint_text
from bot.core.query.rewrites import Kind
from bot.matching.index import PaperIndex
from bot.services.queries.hints import study
from tests.examples import examples
from tests.samples import a_paper

INDEX = PaperIndex(
    [
        a_paper(1, title="Diffusion models", authors=("Kaiming He",), organization="NVIDIA"),
        a_paper(2, title="Agents and tools: a survey", abstract="Fine tuning an LLM."),
        a_paper(3, title="Tokenization", abstract="We use reinforcement learning."),
        a_paper(4, title="Tokenizing video", ai_keywords=("world model",)),
    ]
)
PIECES = st.sampled_from(
    [
        *(
            "agents",
            "diffussion",
            "tokenizer",
            "finetuning",
            "RL",
            "IT",
            "LLM agents",
            "and",
            "or",
            "not",
            "|",
            ";",
        ),
        *(
            "&",
            "!",
            "!survey",
            "-survey",
            "AND",
            "OR",
            "NOT",
            ",",
            "(",
            ")",
            '"world model"',
            "title:",
            "topic:",
        ),
        *(
            "author:He, Kaiming",
            "10,000",
            "org:nvidia diffusion",
            "quantiz*",
            "*",
            "R³",
            "tau",
            "$\\alpha$",
            "C++",
            "é",
        ),
    ]
)


@settings(deadline=None, max_examples=examples(24))
@given(st.lists(PIECES, min_size=1, max_size=7).map(" ".join))
def test_whatever_is_typed_gets_hints_that_can_be_typed_or_none(typed: str) -> None:
    try:
        queries = compile_alternatives(typed, DEFAULT_LIMITS)
    except QueryError:
        return
    found = study(INDEX, queries, days=30, limits=DEFAULT_LIMITS)
    assert len(found.hints) <= MAX_HINTS
    for hint in found.hints:
        compile_alternatives(hint.rewrite.text, DEFAULT_LIMITS)
        assert set(hint.queries) <= {query.canonical for query in queries}
        assert "{" not in hint_text(hint, period="in the last 30 days")
    for query in queries:
        assert "{" not in reading(query.parsed())


def test_the_numbers_are_what_both_queries_find() -> None:
    queries = [compile_query("diffussion", DEFAULT_LIMITS)]

    (hint,) = study(INDEX, queries, days=30, limits=DEFAULT_LIMITS).hints

    assert (hint.rewrite.text, hint.before, hint.after, hint.listed) == ("diffusion", 0, 1, 4)


def test_keywords_that_a_comma_within_a_number_separates_get_one_hint() -> None:
    queries = compile_alternatives("10,000 models", DEFAULT_LIMITS)

    (hint,) = study(INDEX, queries, days=30, limits=DEFAULT_LIMITS).hints

    assert (hint.rewrite.text, hint.queries) == ('"10,000 models"', ("10", "000 model"))


def test_a_stored_query_that_can_no_longer_be_read_gets_no_hint() -> None:
    old = CompiledQuery(text="(never closed", canonical="never closed", expression="never closed")
    new = compile_query("diffussion", DEFAULT_LIMITS)

    found = study(INDEX, [old, new], days=30, limits=DEFAULT_LIMITS)

    assert [hint.rewrite.kind for hint in found.hints] == [Kind.SPELLING]


@pytest.mark.parametrize(
    ("typed", "more"),
    [("RL", [1]), ("LLM", [0]), ("large language model", [1]), ("RL AND LLM", [1, 0]), ("video", [])],
)
def test_an_acronym_counts_the_papers_that_only_its_other_forms_find(typed: str, more: list[int]) -> None:
    query = compile_query(typed, DEFAULT_LIMITS)

    found = study(INDEX, [query], days=30, limits=DEFAULT_LIMITS)

    assert [item.more for item in found.expansions[query.canonical]] == more
