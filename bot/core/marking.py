"""Marking: a paper's texts as they are shown, with the words that the queries match, and where they match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.core.cutting import cut, shorten
from bot.core.markdown import clean, fit
from bot.core.papers import Paper
from bot.core.query.highlights import mark
from bot.core.query.nodes import Field
from bot.core.query.parser import Query
from bot.core.sentences import purpose, sentences
from bot.core.words.latex import readable

DOT: Final = " · "
MAX_NAME_LENGTH: Final = 60
# How much of a text is read before it is shortened: far more than any real one has.
_MAX_TEXT_LENGTH: Final = 12_000
_MAX_PHRASE_LENGTH: Final = 1_000
_MAX_EXCERPT_LENGTH: Final = 160
_BEFORE_MATCH: Final = 60  # characters of an excerpt in front of the match
_MATCHES_NAMED: Final = 2  # of an abstract, on a line


@dataclass(frozen=True, slots=True)
class Marked:
    """A text as it is shown, and the spans in it that a query matches."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()
    is_prose: bool = False  # so that it is cut at a sentence

    def fit(self, limit: int) -> str:
        """As markdown, with the spans in bold."""
        return fit(self.text, self.spans, limit, cut=cut if self.is_prose else shorten)

    def cut(self, limit: int) -> Marked:
        """At most `limit` characters of it, as they are seen."""
        text = (cut if self.is_prose else shorten)(self.text, limit)
        kept = len(text) if self.text.startswith(text) else len(text) - 1
        spans = tuple((start, min(end, kept)) for start, end in self.spans if start < kept)
        return replace(self, text=text, spans=spans)

    @property
    def sparingly(self) -> Marked:
        """Each match only where it is first seen."""
        first = {self.text[start:end].casefold(): (start, end) for start, end in reversed(self.spans)}
        return replace(self, spans=tuple(sorted(first.values())))


def marked(text: str, field: Field, queries: Sequence[Query]) -> Marked:
    return _marked(shown(text, field), field, queries)


def shown(text: str, field: Field) -> str:
    """Outside text of that field on one line, with its LaTeX converted."""
    longest = _MAX_TEXT_LENGTH if field is Field.ABSTRACT else _MAX_PHRASE_LENGTH
    return clean(readable(text[:longest]))


def _marked(text: str, field: Field, queries: Sequence[Query]) -> Marked:
    spans = tuple(mark(queries, field, text)) if queries else ()
    return Marked(text, spans, is_prose=field is Field.ABSTRACT)


def title_of(paper: Paper, queries: Sequence[Query]) -> Marked:
    return marked(paper.title, Field.TITLE, queries)


def summary_of(paper: Paper, queries: Sequence[Query]) -> Marked:
    """What the paper does: its AI summary, or its abstract from the sentence on that says so."""
    text = shown(paper.ai_summary or "", Field.ABSTRACT) or purpose(shown(paper.abstract, Field.ABSTRACT))
    return _marked(text, Field.ABSTRACT, queries).sparingly


def organization_of(paper: Paper, queries: Sequence[Query]) -> Marked:
    """The organization's name; its login where it has no name, or where a query matches only that."""
    name = marked(paper.organization or "", Field.ORG, queries)
    login = marked(paper.organization_login or "", Field.ORG, queries)
    return login if not name.text or (login.spans and not name.spans) else name


def evidence(paper: Paper, queries: Sequence[Query]) -> str:
    """Where else than in what is shown the queries match: in the abstract, or a keyword. Markdown."""
    if not queries:
        return ""
    abstract = marked(paper.abstract, Field.ABSTRACT, queries)
    if abstract.spans:
        return f"Abstract: {_excerpt(abstract)}"
    return next((f"Keyword: {keyword}" for keyword in _keywords(paper, queries)), "")


def short_reason(paper: Paper, queries: Sequence[Query]) -> str:
    """A matching keyword, else the words of the abstract that match; '' if neither does. Markdown."""
    if not queries:
        return ""
    for keyword in _keywords(paper, queries):
        return f"keyword {keyword}"
    abstract = marked(paper.abstract, Field.ABSTRACT, queries)
    words = (abstract.text[start:end] for start, end in abstract.spans)
    distinct = {word.casefold().rstrip("s"): word for word in words}
    named = [
        fit(word, [(0, len(word))], MAX_NAME_LENGTH) for word in list(distinct.values())[:_MATCHES_NAMED]
    ]
    return f"abstract: {', '.join(named)}" if named else ""


def match_reasons(paper: Paper, *, queries: Sequence[Query]) -> str:
    """Where the queries match the paper, in one line of markdown with the words in bold."""
    reasons = ["title"] if title_of(paper, queries).spans else []
    named: list[tuple[str, Iterator[str]]] = [
        ("keyword", _keywords(paper, queries)),
        ("author", _matching(paper.authors, Field.AUTHOR, queries)),
        (
            "organization",
            _matching((paper.organization or "", paper.organization_login or ""), Field.ORG, queries),
        ),
    ]
    for label, matches in named:
        reasons.extend(f"{label} {text}" for text in list(matches)[:1])
    abstract = marked(paper.abstract, Field.ABSTRACT, queries)
    if abstract.spans:
        reasons.append(f"abstract: {_excerpt(abstract)}")
    return DOT.join(reasons)


def _keywords(paper: Paper, queries: Sequence[Query]) -> Iterator[str]:
    return _matching(paper.ai_keywords, Field.KEYWORD, queries)


def _matching(texts: Sequence[str], field: Field, queries: Sequence[Query]) -> Iterator[str]:
    for text in texts:
        if (found := marked(text, field, queries)).spans:
            yield found.fit(MAX_NAME_LENGTH)


def _excerpt(abstract: Marked) -> str:
    """The sentence with the first match; of a long one, the part around the match."""
    text, (first, last) = abstract.text, abstract.spans[0]
    begin, end = next((span for span in sentences(text) if span[1] >= last), (0, len(text)))
    before = ""
    if last - begin > _MAX_EXCERPT_LENGTH:
        before = "…"
        begin = text.find(" ", first - _BEFORE_MATCH, first) + 1 or first
        if (clause := text.rfind(", ", begin, first)) >= 0:
            begin = clause + 2
    spans = [(start - begin, stop - begin) for start, stop in abstract.spans]
    room = _MAX_EXCERPT_LENGTH - len(before)
    excerpt = fit(text[begin:end], spans, room, cut=cut)
    return before + (excerpt if "**" in excerpt else fit(text[begin:end], spans, room))
