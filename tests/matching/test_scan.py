"""Holds the scan of stored texts against the index: what it is sure of is right, and it misses nothing."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.matching.index import PaperIndex
from bot.matching.scan import TextScan
from bot.matching.scan_texts import Columns, Lines, code_of, encoded, search_text, stored_words
from bot.matching.scan_words import Codes, looked_for
from tests.cases import each
from tests.examples import examples
from tests.list_days import both_sources, papers_of
from tests.matching.test_oracle import EXAMPLES, KEYWORDS, PAPERS, QUERIES, queries_from
from tests.queries import expression

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down


class StoredTexts:
    """The texts of some papers, as they are stored."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._papers = papers
        self._index = PaperIndex(papers)
        texts = [search_text(paper) for paper in papers]
        words = {word for text in texts for word in stored_words(text)}
        self._numbers = {word: number for number, word in enumerate(sorted(words), 1)}
        parts = list(zip(*(encoded(text, self._numbers) for text in texts), strict=True))
        run, quoted = ((*three[:2], dict(enumerate(three[2]))) for three in (parts[:3], parts[3:6]))
        self._columns = Columns(Lines(*run), Lines(*quoted), parts[6])

    def differences(self, queries: Iterable[str]) -> list[str]:
        """Where the scan is sure of a paper that the index does not find, or misses one that it finds."""
        found: list[str] = []
        for query in queries:
            certain, possible = self.scanned(query)
            wanted = set(self._index.search(expression(query)))
            if certain - wanted or wanted - certain - possible:
                missing = sorted(wanted - certain - possible)
                found.append(f"{query}: too many {sorted(certain - wanted)}, missing {missing}")
        return found

    def scanned(self, query: str) -> tuple[set[str], set[str]]:
        """The papers that the query matches for certain, and those that it may match."""
        words, beginnings = looked_for(expression(query))
        numbers = {
            word: number
            for word, number in self._numbers.items()
            if word.lower() in words or word.lower().startswith(tuple(beginnings))
        }
        scan = TextScan(expression(query), Codes(numbers))
        certain, possible = scan.matching(self._columns, range(len(self._papers)))
        return {self._papers[one].id for one in certain}, {self._papers[one].id for one in possible}


@each(("query", "paper"), [(query, paper) for query, paper, _ in EXAMPLES])
def test_the_scan_finds_what_the_language_says(query: str, paper: Paper) -> None:
    assert not StoredTexts([paper]).differences([query])


@settings(max_examples=examples(10), deadline=None)
@given(query=QUERIES, papers=PAPERS)
def test_the_scan_and_the_index_find_the_same_papers_for_any_query(query: str, papers: list[Paper]) -> None:
    assert not StoredTexts(papers).differences([query])


@both_sources
def test_the_scan_and_the_index_find_the_same_papers_on_recorded_list_days(files: list[Path]) -> None:
    papers = papers_of(files)
    chance = random.Random(2026)  # noqa: S311 - a fixed choice, no secret
    sample = chance.sample(papers, min(examples(8), len(papers)))
    of_examples = [query for query, *_ in EXAMPLES]
    queries = [query.strip() for query in KEYWORDS if query.strip()] + queries_from(
        papers, chance, examples(24)
    )
    differences = StoredTexts(sample).differences([*queries, *of_examples])
    assert not differences, "\n".join(differences)


@each(
    ("query", "title"),
    [
        ("childr*", "Every child"),
        ("childr*", "Children"),
        ("programm*", "A programme of study"),
        ("programmes*", "Programmes"),
        ("models*", "A reward model"),
        ("models*", "Reward models"),
        ("reward models*", "Reward-models"),
        ("finetunings*", "Fine-tunings"),
        ("multistudie*", "Multi-studies"),
        ("llms*", "Many LLMs"),
        ("classe*", "Classes"),
        ('"language model"', "Language model2"),
        ('"bench"', "The τbench"),
        ('"model"', "A model-2"),
        ('"rope"', "RoPE"),
        ("mll*", "MLLMs"),
        ("behavior*", "A behaviour"),
        ("userbehavior", "User-behaviours"),
        ("a fast llm inference engine", "A fast LLM infer-ence engine"),
    ],
)
def test_what_is_read_in_other_ways_is_not_missed(query: str, title: str) -> None:
    assert not StoredTexts(
        [Paper(id=PaperId("2401.00001"), list_day=None, title=title, abstract="")]
    ).differences([query])


def test_common_queries_leave_nothing_to_the_index() -> None:
    papers = [
        Paper(id=PaperId(f"2401.{number:05}"), list_day=None, title=title, abstract="")
        for number, title in enumerate(("A large language model", "Large Language Models", "LLMs", "Video"))
    ]
    texts = StoredTexts(papers)
    for query in (
        "LLM",
        "large language model",
        '"large language model"',
        "language -video",
        "vid*",
        "models*",
        "language models*",
        "title:(language models*)",
        "title:video",
    ):
        assert not texts.scanned(query)[1], query


@pytest.mark.parametrize(
    "query", ['"IT"', '"LLM agents"', '"GPT-4"', 'title:"PyTorch"', "topic:LLM", 'author:"LeCun"']
)
def test_quotes_with_capitals_and_fields_leave_nothing_to_the_index(query: str) -> None:
    titles = (
        "IT for it",
        "An LLM-agents test of GPT-4.1",
        "PyTorch",
        "Pytorch",
        "An llm agent, and GPT-4",
        "LLMs",
    )
    texts = StoredTexts(
        [
            Paper(
                id=PaperId(f"2401.{n:05}"),
                list_day=None,
                title=title,
                abstract=title,
                authors=("Yann LeCun",),
            )
            for n, title in enumerate(titles)
        ]
    )
    certain, possible = texts.scanned(query)
    assert (bool(certain), possible) == (True, set())
    assert not texts.differences([query])


def test_numbers_of_words_skip_what_is_no_character() -> None:
    numbers = [1, 0xD7E0, 0xD7E1, 0xD7E2, 100_000]
    codes = list(map(code_of, numbers))
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert code.encode().decode() == code


def test_a_query_whose_words_no_text_has_is_hopeless() -> None:
    numbers = {"video": 1, "robot": 2}
    for query, is_hopeless in {
        "video": False,
        "zzzz": True,
        "video zzzz": True,
        "video -zzzz": False,
        "zzzz -video": True,
        "zzzz OR video": False,
        '"zzzz robot"': True,
        "zzz*": True,
        "author:zzzz": False,
        "*": False,
    }.items():
        assert TextScan(expression(query), Codes(numbers)).is_hopeless is is_hopeless, query
