"""Holds the engine against a second reading of the keyword language: by examples, by chance, and over recorded days."""

from __future__ import annotations

import random
import re
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
from tests.cases import each
from tests.examples import THOROUGH, examples, some
from tests.list_days import both_sources, papers_of
from tests.matching import oracle
from tests.matching.examples import IN_FIELDS, IN_NAMES, IN_TITLES, RIGHT, SAMPLE, WRONG
from tests.queries import expression

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down


def paper_of(title: str, number: int = 1) -> Paper:
    return Paper(id=PaperId(f"2401.{number:05}"), list_day=None, title=title, abstract="")


def engine_finds(query: str, papers: Sequence[Paper]) -> set[str]:
    return set(PaperIndex(papers).search(expression(query)))


def oracle_finds(query: str, papers: Sequence[Paper]) -> set[str]:
    return {paper.id for paper in papers if oracle.matches(query, paper)}


def engine_takes(query: str) -> bool:
    try:
        expression(query)
    except QueryError:
        return False
    return True


# --- By examples ----------------------------------------------------------------------------------------------------

EXAMPLES = [
    *((query, paper_of(title), found) for rows in IN_TITLES.values() for query, title, found in rows),
    *(
        (f"{field}:{query}", paper, found)
        for rows in IN_NAMES.values()
        for query, name, found in rows
        for field, paper in (
            ("author", replace(paper_of(""), authors=("Nobody", name))),
            ("org", replace(paper_of(""), organization=name)),
            ("org", replace(paper_of(""), organization="Nobody", organization_login=name)),
        )
    ),
    *((query, SAMPLE, found) for rows in IN_FIELDS.values() for query, found in rows),
]
each_example = each(("query", "paper", "found"), EXAMPLES)
each_wrong_query = each("query", [query for queries in WRONG.values() for query in queries])
each_right_query = each("query", [query for queries in RIGHT.values() for query in queries])


@pytest.mark.thorough
@each_example
def test_the_second_reading_finds_what_the_language_says(query: str, paper: Paper, *, found: bool) -> None:
    assert oracle.matches(query, paper) is found


@each_example
def test_the_engine_finds_what_the_language_says(query: str, paper: Paper, *, found: bool) -> None:
    assert bool(engine_finds(query, [paper])) is found


@each_wrong_query
def test_the_second_reading_refuses_an_invalid_query(query: str) -> None:
    with pytest.raises(oracle.OracleError):
        oracle.matches(query, SAMPLE)


@each_wrong_query
def test_the_engine_refuses_an_invalid_query(query: str) -> None:
    assert not engine_takes(query)


@each_right_query
def test_the_second_reading_takes_a_valid_query(query: str) -> None:
    assert oracle.is_valid(query)


@each_right_query
def test_the_engine_takes_a_valid_query(query: str) -> None:
    assert engine_takes(query)


def test_every_acronym_of_the_table_finds_its_long_form_and_is_found_by_it() -> None:
    for line in some(list(oracle.lines_of("acronyms.tsv"))):
        acronym, long_form = line.split("\t")
        assert oracle.matches(acronym, paper_of(f"A {long_form} here")), line
        assert oracle.matches(long_form, paper_of(f"A {acronym} here")), line
        # *MCTS* ends like a plural, and is folded like one; its own plural is not.
        plural = acronym if acronym.endswith("S") else f"{acronym}s"
        assert oracle.matches(long_form.replace(" ", "-"), paper_of(f"The {plural} here")), line


def test_both_spellings_of_the_table_find_each_other() -> None:
    for line in some(list(oracle.lines_of("spelling.tsv"))):
        british, american = line.split("\t")
        assert oracle.matches(british, paper_of(american)), line
        assert oracle.matches(american, paper_of(british)), line


# --- By chance ------------------------------------------------------------------------------------------------------

WORDS = """
fine tuning finetuning multi modal multimodal model models Models LLM LLMs llm MLLM large language RL reinforcement learning
RoPE rope rotary position embedding GPT GPT4 gpt 4 4o 4.1 1 Qwen Qwen2.5 Llama3 DINOv2 v2 SAM SAM2 R R³ R^3 $R^3$ 3 Transformer²
transformer 2 τ tau τ2 π0 π_0 pi0 pi 0 αβ C c C++ c# A* a matrix matrices class classes study studies bias news new gas metrics
metric ID IDs ids id gpus GPU behaviour behaviors behavior optimise optimized Poincaré poincare AIs ai chain of thought CoT
model's LLM's WebShop web shop CLIP clip
""".split()  # noqa: SIM905 — a list of words


def _texts(separators: Sequence[str], most: int) -> st.SearchStrategy[str]:
    """Words of the vocabulary with something between each two."""
    pairs = st.lists(
        st.tuples(st.sampled_from(WORDS), st.sampled_from(separators)), min_size=1, max_size=most
    )
    return pairs.map(lambda found: "".join(word + gap for word, gap in found[:-1]) + found[-1][0])


TITLES = _texts([" ", " ", "-", "-", "_", ", ", "/", " (", " -", "- ", " – "], 8)
RUNS = _texts([" ", " ", "-", "_"], 3)
NAME_PARTS = ["Yann", "Y.", "LeCun", "Le-Cun", "Fei-Fei", "FeiFei", "Li", "L.", "Song", "Han", "H.", "S.", "Philip", "Søren", "Soren", "Google", "DeepMind", "Deep"]  # fmt: skip
NAMES = st.lists(st.sampled_from(NAME_PARTS), min_size=1, max_size=4).map(" ".join)


def _numbered(papers: list[Paper]) -> list[Paper]:
    return [replace(paper, id=PaperId(f"2401.{number:05}")) for number, paper in enumerate(papers)]


PAPERS = st.lists(
    st.builds(
        Paper,
        id=st.just(PaperId("2401.00001")),
        list_day=st.none(),
        title=TITLES,
        abstract=st.just("") | TITLES,
        authors=st.lists(NAMES, max_size=2).map(tuple),
        ai_keywords=st.lists(TITLES, max_size=2).map(tuple),
        organization=st.none() | NAMES,
        organization_login=st.none() | NAMES.map(lambda name: name.replace(" ", "-")),
    ),
    min_size=1,
    max_size=4,
).map(_numbered)

PREFIXES = st.sampled_from(
    ["mod*", "multi*", "fine*", "stud*", "GPT*", "matri*", "multi-mod*", "fine-tun*", "LLM*", "behav*", "qwen2*", "tau-be*", "opti*"]
)  # fmt: skip
QUOTES = RUNS.map('"{}"'.format) | st.sampled_from(['"fine tun*"', '"LLM mod*"', '"CLI*"', '"web sho*"'])
ATOMS = st.one_of(RUNS, QUOTES, PREFIXES)
NAMED = st.builds(
    "{}{}".format,
    st.sampled_from(["author:", "org:", "-author:"]),
    st.one_of(NAMES, NAMES.map('"{}"'.format), st.just("Phil*"), st.just("Google Dee*")),
).map(lambda query: f"* {query}" if query.startswith("-") else query)
IN_A_FIELD = st.builds(
    "{}{}".format,
    st.sampled_from(["title:", "abstract:", "keyword:", "topic:"]),
    st.one_of(ATOMS, ATOMS.map("({})".format)),
)
TERMS = st.one_of(ATOMS, ATOMS, IN_A_FIELD, NAMED)


def _wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    closed = inner.map("({})".format)
    excluding = st.builds(
        "({}) {}{}".format, inner, st.sampled_from(["-", "NOT ", "AND -", "AND NOT "]), ATOMS | closed
    )
    excluded_first = st.builds("-{} ({})".format, st.sampled_from(WORDS), inner)
    joined = st.builds("{}{}{}".format, inner, st.sampled_from([" AND ", " OR ", ", ", " "]), inner)
    return closed | excluding | excluded_first | joined


QUERIES = st.recursive(TERMS, _wider, max_leaves=6).filter(lambda q: len(q) <= 200)


@settings(max_examples=examples(12), deadline=None)
@given(query=QUERIES, papers=PAPERS)
def test_both_find_the_same_papers_for_any_query(query: str, papers: list[Paper]) -> None:
    assert oracle.is_valid(query)
    assert engine_finds(query, papers) == oracle_finds(query, papers)


@settings(max_examples=examples(12), deadline=None)
@given(run=RUNS, quoted=st.booleans(), title=TITLES)
def test_both_agree_whether_a_phrase_is_in_a_title(run: str, quoted: bool, title: str) -> None:  # noqa: FBT001
    query = f'"{run}"' if quoted else run
    texts = [
        title,
        f"x {run} y",
        run.replace(" ", "-"),
        run.replace("-", " "),
        run.replace("-", ""),
        run.upper(),
    ]
    papers = [paper_of(text, number) for number, text in enumerate(texts)]
    assert engine_finds(query, papers) == oracle_finds(query, papers)


@settings(max_examples=examples(12), deadline=None)
@given(asked=NAMES, name=NAMES)
def test_both_agree_whether_a_name_is_meant(asked: str, name: str) -> None:
    names = [name, f"{name} {asked}", asked.replace(" ", "-"), " ".join(reversed(asked.split())), re.sub(r"(?<=\b\w)\w+", ".", asked, count=1)]  # fmt: skip
    papers = [replace(paper_of("", number), authors=(each,)) for number, each in enumerate(names)]
    for query in (f"author:{asked}", f'author:"{asked}"'):
        assert engine_finds(query, papers) == oracle_finds(query, papers)


@settings(max_examples=examples(12), deadline=None)
@given(run=RUNS)
def test_a_run_finds_itself_however_its_spaces_are_written(run: str) -> None:
    for text in (run, run.replace("-", " "), run.replace(" ", "-")):
        assert oracle.matches(run, paper_of(f"x {text} y"))


PIECES = st.sampled_from(
    """a|fine-tuning|AND|OR|NOT|and|-b|--b|a -|a !|2:4|*|(|)|,|"x y"|"|title:|title:a|-title:a|author:|author:b c|foo:bar|foo: a|\
Foo: a|Title: a|abc*|ab*|C++|"gaussian splat*"|–b|title:(a|-(a|(-b""".split("|")  # noqa: SIM905 — a list of pieces
)


@settings(max_examples=examples(24), deadline=None)
@given(pieces=st.lists(PIECES, max_size=7))
def test_both_agree_whether_a_text_is_a_query(pieces: list[str]) -> None:
    query = " ".join(pieces)
    assert engine_takes(query) == oracle.is_valid(query)


# --- Over recorded days ---------------------------------------------------------------------------------------------

KEYWORDS = """
LLM | LLMs | large language models | vision-language model | vision language action | VLA | diffusion model | text-to-image
text to video generation | RLHF, reward model | reinforcement learning | RL | GRPO | chain-of-thought | chain of thought reasoning
multimodal | multi-modal | multi modal LLM | MLLM | fine-tuning | finetuning | fine tuning | pre-training | pretraining | agents -survey
agents -survey benchmark | -survey agents | agent AND benchmark | agents NOT benchmark | world model OR "world models"
"world model" (video OR robot) | quantiz* | distill* | "gaussian splat*" | mixture of experts | MoE | mixture-of-experts (MoE)
long context | long-context -video | KV cache | attention | self-attention | speculative decoding | retrieval augmented generation | RAG
embeddings | tokenizer | token | tokens | code generation OR coding agent | (code OR math) AND benchmark | title:benchmark
title:agent -title:survey | title:(video OR image) diffusion | title:(world model) | topic:agents | topic:(large language models) -topic:agents
abstract:open-source | abstract:(we release) | keyword:(reinforcement learning) | keyword:LLMs, keyword:agents | author:Wang
author:Li author:Zhang | author:Wei -author:Li | author:(Chen OR Liu) title:video | author:J. Wang | author:"Wei Wang" | author:Wan*
org:University | org:research | org:NVIDIA OR org:google | org:Hong Kong University | GPT-4 | GPT-4o | GPT 4.1 | Qwen | Qwen2.5 | qwen* | llama 3
Llama3 | Llama-3.1 | SAM | SAM 2 | DINO | DINOv2 | C++ | A* | 3D | 3D gaussian splatting | 3DGS | 4D | image editing | data | dataset | datasets
metrics | analysis | analyses | hypothesis | bias | biases | matrix | matrices | robotics | robotic | robot | physics | GPU | GPUs | gpus
tau-bench | π0 | pi0 | state-of-the-art | state of the art | SOTA | end-to-end | end to end | real-time | zero-shot | zero shot, few shot | open source
in-context learning | ICL | out-of-distribution | OOD | safety OR alignment -vision | jailbreak* | hallucinat* | speech, audio, music | TTS
"CLIP" | "RL" | behaviour | generalisation | visualise | modelling | memory AND (agent OR LLM) | deep research | GUI agents | computer use
self-evolving | test-time scaling | O(1) -x
""".replace("\n", "|").split("|")


def queries_from(papers: Sequence[Paper], chance: random.Random, count: int) -> list[str]:
    """Words out of the papers themselves, quoted and not, with their hyphens kept, opened or closed, and names."""
    found: list[str] = []
    while len(found) < count:
        paper = chance.choice(papers)
        words = chance.choice([paper.title, paper.abstract]).replace('"', " ").split()
        start, length = chance.randrange(max(len(words), 1)), chance.randint(1, 3)
        run = chance.choice([" ".join(words[start : start + length]), *paper.ai_keywords[:2]]).replace(
            '"', " "
        )
        bare = re.sub(r"[(),:*]", " ", run)
        bare = chance.choice([bare, bare.replace("-", " "), bare.replace("-", ""), bare.lower()])
        names = chance.choice([*paper.authors, "Wei Wang"]).replace('"', " ").replace(",", " ").split()
        name = chance.choice([names, names[::-1], names[-1:], [names[0][0] + ".", *names[1:]], names[::2]])
        shape = chance.choice(
            ['"{run}"', "{bare}", "{bare}", "title:({bare})", 'title:"{run}"', "topic:({bare})", "author:{name}", 'author:"{name}"', "{bare} AND {bare}", "* -({bare})", "{bare} -{word}"]
        )  # fmt: skip
        query = shape.format(run=run, bare=bare, name=" ".join(name), word=chance.choice(words or ["x"]))
        if len(query) <= 200 and oracle.is_valid(query):
            found.append(query)
    return found


@both_sources
def test_both_find_the_same_papers_on_recorded_list_days(files: list[Path]) -> None:
    papers = papers_of(files)
    chance = random.Random(2026)  # noqa: S311 - a fixed choice, no secret
    # The oracle is slow: seven times as many papers and queries are fifty times as many pairs.
    sample = chance.sample(papers, min(28 if THOROUGH else 4, len(papers)))
    queries = [query.strip() for query in KEYWORDS if query.strip()] + queries_from(
        papers, chance, 168 if THOROUGH else 24
    )
    index = PaperIndex(sample)
    differences: list[str] = []
    for query in queries:
        found = set(index.search(expression(query)))
        wanted = oracle_finds(query, sample)
        if found != wanted:
            differences.append(
                f"{query}: too many {sorted(found - wanted)}, missing {sorted(wanted - found)}"
            )
    assert not differences, "\n".join(differences)
