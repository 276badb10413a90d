"""Matching: stored queries over one day's papers, compared with tantivy and with plain loops.

    python -m benchmarks.matching

Times are processor time. The works take turns, and the best of several rounds counts, because other programs
share the machine.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from benchmarks._corpus import Corpus
from bot.core.limits import DEFAULT_LIMITS
from bot.core.papers import Paper
from bot.core.query.compiled import compile_query
from bot.core.query.parser import parse_query
from bot.matching.index import PaperIndex

try:
    import tantivy
except ImportError:
    tantivy: Any = None

QUERIES = 100_000
SOME_QUERIES = 10_000  # of each kind but the phrase, and to parse
LOOP_QUERIES = 200  # for the loops, which are slow
PAPERS = 72
ROUNDS = 5


@dataclass
class Work:
    """Goals are in microseconds, or in the times that a phrase takes."""

    name: str
    count: int  # of queries or papers
    run: Callable[[], object]
    most: float | None = None
    most_phrases: float | None = None
    least_phrases: float | None = None
    seconds: float = float("inf")  # of the best round

    def measure(self) -> None:
        started = time.process_time()
        self.run()
        self.seconds = min(self.seconds, time.process_time() - started)

    @property
    def microseconds(self) -> float:
        return self.seconds / self.count * 1e6

    def line(self, phrase: float) -> str:
        """The result, and whether it meets its goal."""
        each, ratio = self.microseconds, self.microseconds / phrase
        goal = ""
        if self.most is not None:
            goal = f"goal: at most {self.most:,} µs: {_verdict(each <= self.most)}"
        elif self.most_phrases is not None:
            goal = f"goal: at most {self.most_phrases} ×: {_verdict(ratio <= self.most_phrases)}"
        elif self.least_phrases is not None:
            goal = f"goal: at least {self.least_phrases} ×: {_verdict(ratio >= self.least_phrases)}"
        return f"  {self.name:<26} {each:9.2f} µs {ratio:9.1f} × a phrase  {goal}".rstrip()


def main() -> None:
    """Print how long each work takes, and which goals are met."""
    rng = random.Random(20_260_801)
    made = Corpus(rng, papers=PAPERS)
    papers, keywords = made.papers, made.keywords(QUERIES)
    # Each day once, because nothing is cached the first time: other words than those of the day before.
    new_days = iter([Corpus(random.Random(day), papers=PAPERS).papers for day in range(ROUNDS)])
    first = Work("index a new paper", PAPERS, lambda: PaperIndex(next(new_days)), most=1_500)
    index = PaperIndex(papers)
    phrases = _compiled(keywords)
    some, few = keywords[:SOME_QUERIES], keywords[:LOOP_QUERIES]
    texts = [f"{paper.title}\n{paper.abstract}\n{' '.join(paper.ai_keywords)}" for paper in papers]
    phrase = Work("phrase", QUERIES, lambda: index.search_many(phrases))
    works = [
        phrase,
        *(_kind(index, name, queries) for name, queries in _kinds(rng, keywords, papers).items()),
        Work("regex loop", LOOP_QUERIES, lambda: _regex_loop(few, texts), least_phrases=700),
        Work("substring loop", LOOP_QUERIES, lambda: _substring_loop(few, texts)),
        Work("parse", SOME_QUERIES, lambda: [parse_query(keyword) for keyword in some], most=25),
        Work("parse and compile", SOME_QUERIES, lambda: _compiled(some)),
        first,
        Work("index a paper again", PAPERS, lambda: PaperIndex(papers)),
    ]
    if tantivy:
        search = _tantivy_search(papers, keywords)
        works.insert(1, Work("tantivy: parse and search", QUERIES, search, least_phrases=3))
    for _ in range(ROUNDS):
        for work in works:
            work.measure()

    found = len(index.search_many(phrases))
    print(f"matching: {QUERIES:,} distinct keywords over {PAPERS} papers, {found:,} found")
    if not tantivy:
        print("  tantivy is not installed and was left out; `make bench` installs it")
    for work in works:
        print(work.line(phrase.microseconds))


def _verdict(is_met: bool) -> str:  # noqa: FBT001 - said at the call
    return "met" if is_met else "MISSED"


def _compiled(queries: Sequence[str]) -> list[str]:
    return [compile_query(query, DEFAULT_LIMITS).expression for query in queries]


def _kind(index: PaperIndex, name: str, queries: Sequence[str]) -> Work:
    compiled = _compiled(queries)
    index.search_many(compiled)  # reads the field in this mode
    return Work(name, len(queries), lambda: index.search_many(compiled), most_phrases=4)


def _kinds(rng: random.Random, keywords: Sequence[str], papers: Sequence[Paper]) -> dict[str, list[str]]:
    """Queries with an operator or a field, by what they have."""
    some = list(pairwise(rng.sample(keywords, SOME_QUERIES + 1)))
    authors = [author for paper in papers for author in paper.authors]
    names = [(rng.choice(authors).split()[0], rng.choice(authors).split()[1]) for _ in some]
    return {
        "a AND b": [f"{one} AND {other}" for one, other in some],
        "a OR b": [f"{one} OR {other}" for one, other in some],
        "a NOT b": [f"{one} NOT ({other})" for one, other in some],
        "a -b": [f"{one} -{other.split()[0]}" for one, other in some],
        "title:a": [f"title:({one})" for one, _ in some],
        "abstract:a": [f"abstract:({one})" for one, _ in some],
        "keyword:a": [f"keyword:({one})" for one, _ in some],
        "topic:a": [f"topic:({one})" for one, _ in some],
        "author:a": [f"author:{first} {last}" for first, last in names],
        '"a"': [f'"{one}"' for one, _ in some],
        "a*": [f"{max(one.split(), key=len)[:5]}*" for one, _ in some],
        '"a b*"': [f'"{one}*"' for one, _ in some if len(one.split()[-1]) > 2],
    }


def _tantivy_search(papers: Sequence[Paper], keywords: Sequence[str]) -> Callable[[], object]:
    fields = ["title", "abstract", "keywords"]
    builder = tantivy.SchemaBuilder()
    for field in fields:
        builder.add_text_field(field)
    index = tantivy.Index(builder.build())
    writer = index.writer(num_threads=1)
    for paper in papers:
        writer.add_document(
            tantivy.Document(title=paper.title, abstract=paper.abstract, keywords=list(paper.ai_keywords))
        )
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    phrases = [f'"{keyword}"' for keyword in keywords]

    def search() -> int:
        found = (
            searcher.search(index.parse_query(phrase, fields), limit=PAPERS, count=False).hits
            for phrase in phrases
        )
        return sum(1 for hits in found if hits)

    return search


def _regex_loop(keywords: Sequence[str], texts: Sequence[str]) -> int:
    """The obvious solution: one pattern per keyword, tried on every paper."""
    patterns = [re.compile(rf"\b{re.escape(keyword)}\b", re.IGNORECASE) for keyword in keywords]
    return sum(1 for pattern in patterns for text in texts if pattern.search(text))


def _substring_loop(keywords: Sequence[str], texts: Sequence[str]) -> int:
    lowered = [text.lower() for text in texts]
    return sum(1 for keyword in keywords for text in lowered if keyword.lower() in text)


if __name__ == "__main__":
    main()
