"""Holds the engine against a second reading of the keyword language: by examples, by chance, and over recorded days."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.query.errors import QueryError
from bot.matching.index import PaperIndex
from tests.examples import examples
from tests.list_days import both_sources, papers_of
from tests.matching import oracle
from tests.matching.examples import IN_FIELDS, IN_TITLES, RIGHT, SAMPLE, WRONG
from tests.queries import expression

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down


def paper_of(title: str, number: int = 1) -> Paper:
    return Paper(id=PaperId(f"2401.{number:05}"), list_day=None, title=title, abstract="")


def engine_finds(query: str, papers: Sequence[Paper]) -> set[str]:
    with PaperIndex(papers) as index:
        return set(index.search(expression(query)))


def oracle_finds(query: str, papers: Sequence[Paper]) -> set[str]:
    return {paper.id for paper in papers if oracle.matches(query, paper)}


def engine_takes(query: str) -> bool:
    try:
        expression(query)
    except QueryError:
        return False
    return True


@pytest.mark.parametrize(("query", "title", "expected"), IN_TITLES)
def test_a_query_finds_in_a_title_what_the_language_says(query: str, title: str, *, expected: bool) -> None:
    paper = paper_of(title)
    assert oracle.matches(query, paper) is expected, "the second reading"
    assert bool(engine_finds(query, [paper])) is expected, "the engine"


@pytest.mark.parametrize(("query", "expected"), IN_FIELDS)
def test_a_query_searches_the_fields_that_it_names(query: str, *, expected: bool) -> None:
    assert oracle.matches(query, SAMPLE) is expected, "the second reading"
    assert bool(engine_finds(query, [SAMPLE])) is expected, "the engine"


@pytest.mark.parametrize("query", WRONG)
def test_both_refuse_an_invalid_query(query: str) -> None:
    assert not oracle.is_valid(query), "the second reading"
    assert not engine_takes(query), "the engine"


@pytest.mark.parametrize("query", RIGHT)
def test_both_accept_a_valid_query(query: str) -> None:
    assert oracle.is_valid(query), "the second reading"
    assert engine_takes(query), "the engine"


# --- By chance ------------------------------------------------------------------------------------------------------

WORDS = ["fine", "tuning", "finetuning", "multi", "modal", "multimodal", "model", "models", "Models", "c", "C", "C++", "c#", "A*", "a", "LLM", "LLMs", "llm", "GPT", "4", "4o", "GPT4", "4.1", "1", "matrix", "matrices", "class", "classes", "study", "studies", "bias", "biases", "news", "new", "gas", "Poincaré", "poincare", "AIs", "ai", "chain", "of", "thought"]  # fmt: skip


def _texts(separators: Sequence[str], most: int) -> st.SearchStrategy[str]:
    """Words of the vocabulary with something between each two."""
    pairs = st.lists(
        st.tuples(st.sampled_from(WORDS), st.sampled_from(separators)), min_size=1, max_size=most
    )
    return pairs.map(lambda found: "".join(word + gap for word, gap in found[:-1]) + found[-1][0])


TITLES = _texts([" ", " ", "-", "-", ", ", "/", " (", " -", "- "], 8)
RUNS = _texts([" ", "-"], 3)


def _numbered(papers: list[Paper]) -> list[Paper]:
    return [replace(paper, id=PaperId(f"2401.{number:05}")) for number, paper in enumerate(papers)]


PAPERS = st.lists(
    st.builds(
        Paper,
        id=st.just(PaperId("2401.00001")),
        list_day=st.none(),
        title=TITLES,
        abstract=st.just("") | TITLES,
        authors=st.lists(TITLES, max_size=2).map(tuple),
        ai_keywords=st.lists(TITLES, max_size=2).map(tuple),
        organization=st.none() | TITLES,
    ),
    min_size=1,
    max_size=4,
).map(_numbered)

FIELDS = st.sampled_from(["", "", "", "title:", "abstract:", "author:", "org:", "keyword:"])
PREFIXES = st.sampled_from(
    ["mod*", "multi*", "fine*", "stud*", "GPT*", "matri*", "multi-mod*", "fine-tun*", "LLM*"]
)
ATOMS = st.one_of(RUNS, RUNS.map('"{}"'.format), PREFIXES)


def _wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    closed = st.builds("{}({})".format, FIELDS, inner)
    excluding = st.builds(
        "({}) {}{}".format, inner, st.sampled_from(["-", "NOT ", "AND -", "AND NOT "]), ATOMS | closed
    )
    joined = st.builds("{}{}{}".format, inner, st.sampled_from([" AND ", " OR ", ", ", " "]), inner)
    return closed | excluding | joined


QUERIES = st.recursive(st.builds("{}{}".format, FIELDS, ATOMS), _wider, max_leaves=6).filter(
    lambda q: len(q) <= 200
)


@settings(max_examples=examples(50), deadline=None)
@given(query=QUERIES, papers=PAPERS)
def test_both_find_the_same_papers_for_any_query(query: str, papers: list[Paper]) -> None:
    assert oracle.is_valid(query)
    assert engine_finds(query, papers) == oracle_finds(query, papers)


@settings(max_examples=examples(50), deadline=None)
@given(run=RUNS, title=TITLES)
def test_both_agree_whether_a_phrase_is_in_a_title(run: str, title: str) -> None:
    papers = [paper_of(title), paper_of(f"x {run} y", 2), paper_of(run.replace(" ", "-"), 3)]
    # A plural within a compound is read as its singular, so that what it would be as one word is left open; and
    # so are signs that touch the next word.
    if all(len(oracle.singulars(word)) == 1 and word.isalnum() for word in oracle.words_of(run)[:-1]):
        papers.append(paper_of(run.replace("-", ""), 4))
    assert engine_finds(run, papers) == oracle_finds(run, papers)


PIECES = st.sampled_from(
    [
        "a",
        "fine-tuning",
        "AND",
        "OR",
        "NOT",
        "and",
        "-b",
        "-",
        "*",
        "!",
        "(",
        ")",
        ",",
        '"x y"',
        '"',
        "title:",
        "foo:",
        "abc*",
        "ab*",
        "C++",
    ]
)


@settings(max_examples=examples(100), deadline=None)
@given(pieces=st.lists(PIECES, max_size=7))
def test_both_agree_whether_a_text_is_a_query(pieces: list[str]) -> None:
    query = " ".join(pieces)
    assert engine_takes(query) == oracle.is_valid(query)


# --- Over recorded days ---------------------------------------------------------------------------------------------

KEYWORDS = """
LLM | LLMs | large language models | vision-language model | vision language action | VLA | diffusion model | text-to-image
text to video generation | RLHF, reward model | reinforcement learning | GRPO | chain-of-thought | chain of thought reasoning
multimodal | multi-modal | multi modal LLM | fine-tuning | finetuning | fine tuning | pre-training | pretraining | agents -survey
agent AND benchmark | agents NOT benchmark | world model OR "world models" | "world model" (video OR robot) | quantiz* | distill*
mixture of experts | MoE | mixture-of-experts (MoE) | long context | long-context -video | KV cache | attention | self-attention
speculative decoding | retrieval augmented generation | RAG | embeddings | tokenizer | token | tokens | code generation OR coding agent
(code OR math) AND benchmark | title:benchmark | title:agent -title:survey | title:(video OR image) diffusion | abstract:open-source
abstract:we release | keyword:reinforcement learning | keyword:LLMs, keyword:agents | author:Wang | author:Li author:Zhang
author:Wei -author:Li | author:(Chen OR Liu) title:video | org:University | org:research | org:NVIDIA OR org:google | GPT-4 | GPT-4o
GPT 4.1 | Qwen2.5 | qwen* | llama 3 | Llama-3.1 | C++ | 3D | 3D gaussian splatting | 4D | image editing | data | dataset | datasets
metrics | analysis | analyses | hypothesis | bias | biases | matrix | matrices | robotics | robotic | robot | physics | GPU | GPUs
state-of-the-art | state of the art | SOTA | end-to-end | end to end | real-time | zero-shot | zero shot, few shot | open source
in-context learning | out-of-distribution | safety OR alignment -vision | jailbreak* | hallucinat* | speech, audio, music | TTS
memory AND (agent OR LLM) | deep research | search agent | GUI agents | computer use | self-evolving | test-time scaling | O(1) -x
""".replace("\n", "|").split("|")


def queries_from(papers: Sequence[Paper], chance: random.Random, count: int) -> list[str]:
    """Quoted words out of the papers themselves, with their hyphens kept, opened or closed, and names."""
    found: list[str] = []
    while len(found) < count:
        paper = chance.choice(papers)
        words = chance.choice([paper.title, paper.abstract]).replace('"', " ").split()
        start, length = chance.randrange(max(len(words), 1)), chance.randint(1, 3)
        words = [" ".join(words[start : start + length]), *paper.ai_keywords[:2]]
        name = chance.choice([*paper.authors, "Wang"]).replace('"', " ")
        shape = chance.choice(
            [
                "{0}",
                "{1}",
                "{2}",
                "title:{0}",
                "abstract:{0}",
                "keyword:{0}",
                "author:{3}",
                "{0} AND {4}",
                "{4} -{0}",
            ]
        )
        text = chance.choice(words)
        quoted = (text, text.replace("-", " "), text.replace("-", ""), name, chance.choice(words).lower())
        query = shape.format(*(f'"{part}"' for part in quoted))
        if len(query) <= 200 and oracle.is_valid(query):
            found.append(query)
    return found


@both_sources
def test_both_find_the_same_papers_on_recorded_list_days(files: list[Path]) -> None:
    papers = papers_of(files)
    chance = random.Random(2026)  # noqa: S311 - a fixed choice, no secret
    sample = chance.sample(papers, min(20, len(papers)))
    queries = [query.strip() for query in KEYWORDS if query.strip()] + queries_from(papers, chance, 200)
    differences: list[str] = []
    with PaperIndex(sample) as index:
        for query in queries:
            found = set(index.search(expression(query)))
            wanted = oracle_finds(query, sample)
            if found != wanted:
                differences.append(
                    f"{query}: too many {sorted(found - wanted)}, missing {sorted(wanted - found)}"
                )
    assert not differences, "\n".join(differences)
