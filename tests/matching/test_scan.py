"""Holds the scan of stored texts against the index: what it is sure of is right, and it misses nothing."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.query.expression import numbers_of
from bot.core.query.phrase_search import Lexicon
from bot.matching.index import PaperIndex
from bot.matching.scan import TextScan, asked_forms
from bot.matching.search_texts import code_of, forms_of, search_text
from tests.cases import each
from tests.examples import THOROUGH, examples, some
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
        words = set[str]().union(*(text.words() for text in texts))
        self._numbers = {word: number for number, word in enumerate(sorted(words), 1)}
        self._texts = list(zip(*(text.encoded(self._numbers) for text in texts), strict=True))

    def differences(self, queries: Iterable[str]) -> list[str]:
        """Where the scan finds other papers than the index."""
        found: list[str] = []
        for query in queries:
            scanned, wanted = self.scanned(query), set(self._index.search(expression(query)))
            if scanned != wanted:
                found.append(
                    f"{query}: too many {sorted(scanned - wanted)}, missing {sorted(wanted - scanned)}"
                )
        return found

    def scanned(self, query: str) -> set[str]:
        """The papers that the query matches."""
        words, beginnings = asked_forms([expression(query)])
        codes = {
            word: code_of(number)
            for word, number in self._numbers.items()
            if any(form in words or form.startswith(tuple(beginnings)) for form in forms_of(word))
        }
        every = (1 << len(self._papers)) - 1
        found = TextScan(expression(query), Lexicon(codes)).matching(self._texts, every)
        return {self._papers[number].id for number in numbers_of(found)}


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
    # 14 times as many papers and 7 times as many queries are a hundred times as many pairs.
    sample = chance.sample(papers, min(56 if THOROUGH else 4, len(papers)))
    of_examples = some([query for query, *_ in EXAMPLES])  # each finds its own paper in the test above
    keywords = some([query.strip() for query in KEYWORDS if query.strip()])
    queries = [*keywords, *queries_from(papers, chance, 168 if THOROUGH else 24)]
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


def test_numbers_of_words_skip_what_is_no_character() -> None:
    numbers = [1, 0xD7E0, 0xD7E1, 0xD7E2, 100_000]
    codes = list(map(code_of, numbers))
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert code.encode().decode() == code


def test_a_scan_reads_only_what_its_words_may_be_in() -> None:
    lexicon = Lexicon({"video": "v", "robot": "r"})
    for query, parts in {
        "video": {"run"},
        "zzzz": set[str](),
        "video zzzz": set[str](),
        "video -zzzz": {"run"},
        '"robot" OR author:zzzz': {"quoted", "names"},
        '"zzzz robot"': set[str](),
        "zzz*": set[str](),
        "*": set[str](),
    }.items():
        assert TextScan(expression(query), lexicon).parts == parts, query
