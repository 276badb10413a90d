"""Matching: stored queries over one day's papers, compared with tantivy and with plain loops.

    python -m benchmarks.matching

Times are processor time, and the best of several rounds counts, because other programs share the machine.
Each round measures a part of each work right after a part of the phrases, so that both sides of a ratio are
of the same moment; the median of the rounds counts.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from itertools import pairwise
from statistics import median
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
PARTS = 10  # of the queries of each work
ROUNDS = 20


@dataclass
class Work:
    """Goals are in microseconds, or in the times that a phrase takes."""

    name: str
    count: int  # of queries or papers, each round
    run: Callable[[int], object]  # takes the number of the round
    most: float | None = None
    most_phrases: float | None = None
    least_phrases: float | None = None
    # Of each round: microseconds for one query or paper, and how many times what a phrase took just before.
    times: list[float] = dataclass_field(default_factory=list)
    ratios: list[float] = dataclass_field(default_factory=list)

    def measure(self, number: int) -> float:
        started = time.process_time()
        self.run(number)
        self.times.append((time.process_time() - started) / self.count * 1e6)
        return self.times[-1]

    def line(self) -> str:
        """The result, and whether it meets its goal."""
        each, ratio = min(self.times), median(self.ratios)
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
    index = PaperIndex(papers)
    phrases = _compiled(keywords)
    some, few = keywords[:SOME_QUERIES], keywords[:LOOP_QUERIES]
    texts = [f"{paper.title}\n{paper.abstract}\n{' '.join(paper.ai_keywords)}" for paper in papers]
    phrase = Work("phrase", *_in_parts(phrases, index.search_many))
    works = [
        *(_kind(index, name, queries) for name, queries in _kinds(rng, keywords, papers).items()),
        Work("regex loop", *_in_parts(few, lambda part: _regex_loop(part, texts)), least_phrases=700),
        Work("substring loop", *_in_parts(few, lambda part: _substring_loop(part, texts))),
        Work("parse", *_in_parts(some, lambda part: [*map(parse_query, part)]), most=25),
        Work("parse and compile", *_in_parts(some, _compiled)),
        Work("index a new paper", PAPERS, lambda _: PaperIndex(next(new_days)), most=1_500),
        Work("index a paper again", PAPERS, lambda _: PaperIndex(papers)),
    ]
    if tantivy:
        quoted = [f'"{keyword}"' for keyword in keywords]
        search = _tantivy_search(papers)
        works.insert(0, Work("tantivy: parse and search", *_in_parts(quoted, search), least_phrases=3))
    for number in range(ROUNDS):
        for work in works:
            before = phrase.measure(number)
            work.ratios.append(work.measure(number) / before)

    found = len(index.search_many(phrases))
    print(f"matching: {QUERIES:,} distinct keywords over {PAPERS} papers, {found:,} found")
    print(f"  {phrase.name:<26} {min(phrase.times):9.2f} µs")
    if not tantivy:
        print("  tantivy is not installed and was left out; `make bench` installs it")
    for work in works:
        print(work.line())


def _in_parts(
    queries: Sequence[str], run: Callable[[Sequence[str]], object]
) -> tuple[int, Callable[[int], object]]:
    """How many queries a round has, and what runs on those of a round."""
    size = len(queries) // PARTS
    parts = [queries[start : start + size] for start in range(0, size * PARTS, size)]
    return size, lambda number: run(parts[number % PARTS])


def _verdict(is_met: bool) -> str:  # noqa: FBT001 - said at the call
    return "met" if is_met else "MISSED"


def _compiled(queries: Sequence[str]) -> list[str]:
    return [compile_query(query, DEFAULT_LIMITS).expression for query in queries]


def _kind(index: PaperIndex, name: str, queries: Sequence[str]) -> Work:
    compiled = _compiled(queries)
    index.search_many(compiled)  # reads the field in this mode
    return Work(name, *_in_parts(compiled, index.search_many), most_phrases=4)


def _kinds(rng: random.Random, keywords: Sequence[str], papers: Sequence[Paper]) -> dict[str, list[str]]:
    """Queries with an operator or a field, by what they have."""
    some = list(pairwise(rng.sample(keywords, SOME_QUERIES + 1)))
    authors = [author for paper in papers for author in paper.authors]
    names = [(rng.choice(authors).split()[0], rng.choice(authors).split()[1]) for _ in some]
    return {
        "a AND b": [f"{phrase} AND {other}" for phrase, other in some],
        "a OR b": [f"{phrase} OR {other}" for phrase, other in some],
        "a NOT b": [f"{phrase} NOT ({other})" for phrase, other in some],
        "a -b": [f"{phrase} -{other.split()[0]}" for phrase, other in some],
        "title:a": [f"title:({phrase})" for phrase, _ in some],
        "abstract:a": [f"abstract:({phrase})" for phrase, _ in some],
        "keyword:a": [f"keyword:({phrase})" for phrase, _ in some],
        "topic:a": [f"topic:({phrase})" for phrase, _ in some],
        "author:a": [f"author:{first} {last}" for first, last in names],
        '"a"': [f'"{phrase}"' for phrase, _ in some],
        "a*": [f"{max(phrase.split(), key=len)[:5]}*" for phrase, _ in some],
        '"a b*"': [f'"{phrase}*"' for phrase, _ in some if len(phrase.split()[-1]) > 2],
    }


def _tantivy_search(papers: Sequence[Paper]) -> Callable[[Sequence[str]], int]:
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

    def search(phrases: Sequence[str]) -> int:
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
