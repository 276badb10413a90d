"""Follow papers like this: keywords that find papers on the subject of one paper, to be edited."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Final

from bot.core.ids import PaperId
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.core.query.compiled import CompiledQuery, compile_query
from bot.core.query.errors import QueryError
from bot.core.query.nodes import Phrase
from bot.core.words.latex import readable
from bot.matching.keyphrases import Line, lines_of
from bot.services.context import ServiceContext
from bot.services.library.similar import SimilarPapers
from bot.services.queries.archive_study import MAX_SECONDS
from bot.services.queries.text_search import scan_texts
from bot.store import list_days, papers

SUGGESTION_DAYS: Final = 84  # list days by which papers a week are counted
_MOST_PHRASES: Final = 4
_FEWEST_PHRASES: Final = 2
_MOST_A_WEEK: Final = 5.0  # papers that one phrase may find
_ENOUGH_A_WEEK: Final = 1.0  # papers that all phrases find
_MOST_WORDS: Final = 3  # of a phrase
_OR: Final = " OR "
_TRIED: Final = 16  # phrases; each takes a few milliseconds of a scan of all papers
# A phrase of the keyword language that needs no quotes: words with hyphens, and no operators.
_PLAIN: Final = re.compile(r"\w[\w+#.'-]*(?: \w[\w+#.'-]*)*")
_OPERATOR: Final = re.compile(r"\b(?:AND|OR|NOT)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedPhrase:
    text: str
    recent: int  # papers of the last SUGGESTION_DAYS that it finds


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Keywords for papers like one."""

    paper: Paper
    phrases: tuple[SuggestedPhrase, ...]  # none if the paper has no words to look for
    recent: int  # papers of the last SUGGESTION_DAYS that any of them finds
    days_known: int  # how many of these list days have been read
    similar: int  # papers that are most like it
    found: int  # how many of these the phrases find

    @property
    def keywords(self) -> str:
        return _OR.join(phrase.text for phrase in self.phrases)


class Suggestions:
    """Suggests keywords by the words of a paper, and by what these find in the archive."""

    def __init__(self, context: ServiceContext, *, similar: SimilarPapers) -> None:
        self._database = context.database
        self._clock = context.clock
        self._limits = context.limits
        self._similar = similar
        self._scanning = asyncio.Lock()  # one scan at a time, which bounds their memory

    async def keywords_like(self, paper_id: PaperId) -> Suggestion:
        """Phrases of the paper that find the papers most like it, and not too many others.

        Raises:
            UserError: there is no such paper, or it has to be read from Hugging Face, which fails.
        """
        result = await self._similar.to(paper_id)
        candidates = await asyncio.to_thread(self._candidates, result.to)
        last = open_list_day(self._clock())
        first = last - timedelta(days=SUGGESTION_DAYS - 1)
        async with self._scanning, self._database.read() as conn:
            expressions = [query.expression for query in candidates]
            scanned = await scan_texts(conn, expressions, ends_at=monotonic() + MAX_SECONDS)
            recent = {paper_id for paper_id, _ in await papers.titles_since(conn, first)}
            days_known = len(await list_days.read_at(conn, first, last))
        ids_of = {query.text: scanned.found[query.expression] for query in candidates}
        similar = {item.paper.id for item in result.papers}
        chosen = _chosen(ids_of, similar=similar, recent=recent, weeks=max(days_known / 7, 1.0))
        chosen = _fitting(chosen, self._limits.query_length)
        together = frozenset[PaperId]().union(*(ids_of[text] for text in chosen))
        return Suggestion(
            paper=result.to,
            phrases=tuple(SuggestedPhrase(text=text, recent=len(ids_of[text] & recent)) for text in chosen),
            recent=len(together & recent),
            days_known=days_known,
            similar=len(similar),
            found=len(together & similar),
        )

    def _candidates(self, paper: Paper) -> list[CompiledQuery]:
        """Phrases that may be looked for, those first that say most likely what it is about."""
        queries: dict[str, CompiledQuery] = {}
        for text in _phrases(paper):
            if len(queries) == _TRIED:
                break
            with suppress(QueryError):
                query = compile_query(text, self._limits)
                if isinstance(query.parsed().root, Phrase):
                    queries.setdefault(query.canonical, query)
        return list(queries.values())


def _phrases(paper: Paper) -> Iterator[str]:
    """The paper's AI keywords, the phrases of its title and of its abstract, and its single words."""
    for keyword in paper.ai_keywords:
        text = " ".join(readable(keyword).split())
        if len(text.split()) <= _MOST_WORDS and _PLAIN.fullmatch(text) and not _OPERATOR.search(text):
            yield text
    title, abstract = lines_of(paper)
    yield from _runs(title)
    runs = list(_runs(abstract))
    in_order = sorted(dict.fromkeys(runs), key=lambda run: -runs.count(run))
    yield from in_order
    yield from (word for line in (title, abstract) for word in _runs(line, shortest=1, longest=1))


def _runs(line: Line, *, shortest: int = 2, longest: int = _MOST_WORDS) -> Iterator[str]:
    """The phrases of a line that have no stop word."""
    for count in range(longest, shortest - 1, -1):
        for start in range(len(line.words) - count + 1):
            if not any(word.is_stop_word for word in line.words[start : start + count]):
                text = " ".join(map(_in_small, line.phrase(start, count).split()))
                if _PLAIN.fullmatch(text) and not _OPERATOR.search(text):
                    yield text


def _in_small(word: str) -> str:
    """The word without the capital that it has in a title; names with other capitals keep theirs."""
    return word.lower() if word[1:].islower() else word


def _chosen(
    ids_of: Mapping[str, AbstractSet[PaperId]],
    *,
    similar: AbstractSet[PaperId],
    recent: AbstractSet[PaperId],
    weeks: float,
) -> list[str]:
    """The phrases that together find most of the similar papers; each finds something, and not too much.

    Where these find few papers a week, others that find similar papers too are added.
    """
    few = [text for text, ids in ids_of.items() if len(ids & recent) / weeks <= _MOST_A_WEEK]
    usable = {text: set(ids_of[text]) for text in few if len(ids_of[text]) > 1}
    chosen: list[str] = []
    taken = set[PaperId]()
    while usable and len(chosen) < _MOST_PHRASES:
        best = max(
            usable,
            key=lambda text: (
                len(usable[text] & similar - taken),
                len(usable[text] & similar),
                -len(usable[text]),
            ),
        )
        ids = usable.pop(best)
        finds_more = bool(ids & similar - taken) or len(taken & recent) / weeks < _ENOUGH_A_WEEK
        if len(chosen) >= _FEWEST_PHRASES and not finds_more:
            break
        is_more = not ids <= taken or len(chosen) < _FEWEST_PHRASES
        if ids & similar and is_more and not any(f" {phrase} " in f" {best} " for phrase in chosen):
            chosen.append(best)
            taken |= ids
    return chosen or (few or list(ids_of))[:_FEWEST_PHRASES]


def _fitting(phrases: Sequence[str], room: int) -> list[str]:
    """The first phrases that fit into one query of that length."""
    fitting = list(phrases)
    while len(_OR.join(fitting)) > room:
        fitting.pop()
    return fitting
