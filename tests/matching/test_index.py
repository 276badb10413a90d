"""The index finds what the keyword language says, and nothing else."""

from __future__ import annotations

import asyncio
import gc
import itertools
import weakref
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.query.highlights import mark
from bot.core.query.nodes import Field
from bot.core.query.parser import parse_query
from bot.core.words.latex import readable
from bot.core.words.tokenizer import Mode, segments
from bot.matching.index import PaperIndex
from tests.cases import each
from tests.examples import examples
from tests.list_days import both_sources, papers_of
from tests.matching import oracle
from tests.queries import expression

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down


def paper(title: str = "", *, number: int = 1, **values: Any) -> Paper:
    given_values: dict[str, Any] = {"abstract": ""} | values
    return Paper(id=PaperId(f"2601.{number:05}"), list_day=None, title=title, **given_values)


def found(query: str, *papers: Paper) -> list[str]:
    """The titles that a query finds."""
    titles = {paper.id: paper.title for paper in papers}
    index = PaperIndex(papers)
    return [titles[id_] for id_ in index.search(expression(query))]


def finds(query: str, title: str) -> bool:
    return bool(found(query, paper(title)))


@each(
    ("query", "title"),
    [
        ("diffusion model", "Diffusion Models at scale"),
        ("diffusion models", "A diffusion model"),
        ("index", "Indices"),
        ("multimodal chain of thought", "Multi-modal chain-of-thought"),
        ("multi modal", "Multi-modal"),
        ("multi-modal", "Multimodal"),
        ("chain-of-thought", "Chain of thought"),
        ("chainofthought prompting", "Chain-of-thought prompting"),
        ("chainof thought", "Chain-of-thought"),
        ("large multimodal state of the art", "A large multi-modal state-of-the-art model"),
        ("fine tuning", "Finetuning"),
        ("fine-tuning", "Fine tuning"),
        ("finetuning", "Fine-tuning"),
        ("finetunings", "Fine-tuning"),
        ("re-ranking of documents", "Reranking of documents"),
        ("quantiz*", "Quantized"),
        ("multi-mod*", "Multimodality"),
        ("multimod*", "Multi-modality"),
        ("language mod*", "language modelling"),
        ("matric*", "Matrices"),
        ("models*", "Models"),
        ("GPT-4*", "GPT-4o"),
        ("gpt4o", "GPT-4o"),
        ("gpt", "gpt4"),
        ("alpha", r"$\alpha$"),
        ("4.1", "version 4-1"),
        ("α", r"An $\alpha$-model"),
        (r"$\alpha$", "α"),
        ("cafe", "Café"),
        ("C++", "in C++ code"),
        ("A*", "A* search"),
        ("Q*", "Q*-learning"),
        ("ai", "AIs"),
        ("ais", "AIs"),
        ("AIs", "AI"),
        ("gpu", "GPUs"),
        ("gpus", "GPU"),
        ("llm", "An LLM's"),
        ("llm's", "LLM's"),
        ("*", "anything"),
        ("* -survey", "anything"),
        ("a OR b", "only b"),
        ("a, b", "only a"),
    ],
)
def test_a_query_finds(query: str, title: str) -> None:
    assert finds(query, title)


@each(
    ("query", "title"),
    [
        ("diffusion model", "model diffusion"),
        ("diffusion model", "diffusion of a model"),
        ("finetuning", "Fine tuning"),
        ("finetuning", "Fine\N{EM DASH}tuning"),
        ("GPT-4", "GPT-4o"),
        ("c", "C++ and C# and c*"),
        ("C++", "c"),
        ("A*", "A star, a"),
        ("token", "tokenizer"),
        ("tokenizer", "token"),
        ("new", "news"),
        ("models*", "model"),
        ("quantiz*", "equantized"),
        ("agents -survey", "agents, a survey"),
        ("agents -finetuning", "agents by fine-tuning"),
        ("* -multi modal", "multi-modal"),
        ("a AND b", "only a"),
        ("author:x", "x"),
        ("title:x abstract:y", "x y"),
        ("x", "xy"),
    ],
)
def test_a_query_does_not_find(query: str, title: str) -> None:
    assert not finds(query, title)


def test_fields_are_searched_alone_and_the_default_three_together() -> None:
    each = paper(
        "tea",
        abstract="milk",
        ai_keywords=("sugar", "cold cup"),
        authors=("Ada Lee", "Bo Chan"),
        organization="Blue Lab",
        organization_login="blue-lab-2",
        submitter="Zed",
    )
    hits = [
        "tea", "milk", "sugar", "title:tea", "abstract:milk", "keyword:cold cup", "author:ada lee", "author:bo",
        "org:blue lab", "org:bluelab2", "org:lab 2", "tea milk*", "tea AND sugar", "title:(tea -milk)",
    ]  # fmt: skip
    misses = [
        "ada", "blue", "title:milk", "abstract:tea", "author:lee bo", "keyword:(sugar cold)", 'org:"lab blue"',
        "tea milk", "tea -sugar", "author:(ada -bo)", "zed", "every", "none", "paper", "0",
    ]  # fmt: skip
    assert [query for query in hits if not found(query, each)] == []
    assert [query for query in misses if found(query, each)] == []


def test_a_hyphen_in_one_paper_does_not_affect_another() -> None:
    papers = (paper("fine-tuning", number=1), paper("fine tuning", number=2), paper("finetuning", number=3))
    assert found("finetuning", *papers) == ["fine-tuning", "finetuning"]
    assert found("fine tuning", *papers) == ["fine-tuning", "fine tuning", "finetuning"]
    assert found("fine tuning -finetuning", *papers) == ["fine tuning"]
    assert found("finetuning* OR nothing", *papers) == ["fine-tuning", "finetuning"]


def test_capitals_in_one_paper_do_not_affect_another() -> None:
    papers = (paper("AIs", number=1), paper("ais", number=2), paper("AI", number=3))
    assert found("ai", *papers) == ["AIs", "AI"]
    assert found("ais", *papers) == ["AIs", "ais"]


def test_papers_are_found_in_the_given_order_once_each() -> None:
    papers = [paper("x", number=number) for number in (3, 1, 2, 1)]
    index = PaperIndex(papers)
    assert index.search(expression("x")) == ("2601.00003", "2601.00001", "2601.00002")


def test_many_queries_are_answered_together() -> None:
    compiled = [expression(query) for query in ("x", "y", "x", "* -x")]
    index = PaperIndex([paper("x")])
    assert index.search_many(compiled) == {compiled[0]: ("2601.00001",)}


def test_an_empty_index_finds_nothing() -> None:
    index = PaperIndex([])
    assert index.search(expression("* OR a-b*")) == ()


async def test_an_index_works_across_threads() -> None:
    index = await asyncio.to_thread(PaperIndex, [paper("x")])
    assert await asyncio.to_thread(index.search, expression("x")) == ("2601.00001",)


def test_hostile_texts_and_queries_are_fast_and_exact() -> None:
    text = "a-" * 1000 + "b " + "a " * 500 + "\ue000 \x00 ' \" OR } every 0"
    assert finds("a " * 99 + "b", text)
    assert not finds("b " * 100, text)
    assert finds("aa a aa b", text)
    assert not finds("aabb", text)
    assert finds("aaaa aa aaa b", "a-" * 30 + "b")


# --- Highlights agree with the index ---------------------------------------------------------------------------


_SINGULARS = ["ab", "cdef", "abcdef", "efg", "abcdefefg", "x", "index"]
_SINGULAR = st.sampled_from(_SINGULARS)  # the oracle joins words as they are typed
_WORD = st.sampled_from([*_SINGULARS, "cdefs", "indices"])
_TEXT = st.lists(st.tuples(_WORD, st.sampled_from([" ", "-"])), min_size=1, max_size=7).map(
    lambda pairs: "".join(itertools.chain.from_iterable(pairs)).strip("- ")
)


@settings(max_examples=examples(24))
@given(
    texts=st.lists(_TEXT, min_size=1, max_size=4),
    query=st.lists(_SINGULAR, min_size=1, max_size=4),
    is_prefix=st.booleans(),
    cut=st.integers(min_value=3, max_value=9),
)
def test_index_highlights_and_oracle_agree_on_compounds(
    texts: list[str], query: list[str], *, is_prefix: bool, cut: int
) -> None:
    if is_prefix:
        query[-1] = query[-1][:cut]
        is_prefix = len("-".join(query)) >= 3 and len(query[-1]) > 1
    typed = "-".join(query) + "*" if is_prefix else " ".join(query)
    papers = [paper(text, number=number) for number, text in enumerate(texts)]
    expected = [paper.title for paper in papers if oracle.matches(typed, paper)]
    assert found(typed, *papers) == expected
    parsed = parse_query(typed)
    assert [text for text in texts if mark([parsed], Field.TITLE, text)] == expected


# --- List days --------------------------------------------------------------------------------------------------


@both_sources
def test_every_pair_of_words_of_a_title_is_found_in_it(files: list[Path]) -> None:
    # Of a title whose markup is converted, the text has other words.
    papers = {paper.id: paper for paper in papers_of(files) if readable(paper.title) == paper.title}
    index = PaperIndex(papers.values())
    for paper in itertools.islice(papers.values(), 0, None, len(papers) // examples(6) + 1):
        places = [
            (start + part.start, start + part.end)
            for start, segment in segments(paper.title, Mode.QUOTE)
            for part in segment[0]
        ]
        for first, second in itertools.pairwise(places):
            typed = f"{paper.title[slice(*first)]} {paper.title[slice(*second)]}"
            assert paper.id in index.search(expression(f'"{typed}"')), typed


def test_an_index_is_freed_as_soon_as_nobody_needs_it() -> None:
    index = PaperIndex([paper("Large models for the understanding of videos", authors=("Wei Li",))])
    queries = ["large models for the understanding", '"models for the understanding"', "author:Li Wei"]
    index.search_many(map(expression, queries))
    parts = [weakref.ref(part) for part in (index, index._default, index._default._lexicon)]
    gc.disable()
    try:
        del index
        assert [part() for part in parts] == [None] * len(parts)
    finally:
        gc.enable()
