"""Hints: which rewrites of a query are worth showing, by what both find."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.core.plurals import count
from bot.core.query.errors import inline_code
from bot.core.query.rewrites import Kind, Rewrite

MAX_HINTS: Final = 2  # in an answer

_MANY: Final = 5  # papers that a rewrite finds at least, where the query finds few
_TIMES_MORE: Final = 5
_FEW_SHARE: Final = 1 / 500  # of the papers, or _MANY, that a phrase finds at most where it finds few
_TIMES_AS_FREQUENT: Final = 100  # a word than one like it that is probably misspelled
_TWO_WORDS_TIMES: Final = 1.25
_SOME: Final = 3  # more papers that a beginning finds at least
_BROAD_SHARE: Final = 1 / 10  # of the papers
_MIN_BROAD: Final = 10  # papers
_OF_WHAT_WAS_READ: Final = (Kind.ALL_WORDS, Kind.TOPIC)
_OF_COMMAS: Final = (Kind.SURNAME_FIRST, Kind.NUMBER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A rewrite that finds something better, and what both find in the same papers."""

    rewrite: Rewrite
    queries: tuple[str, ...]  # the canonical forms of the queries that it replaces
    before: int  # papers that they find
    after: int  # papers that the rewrite finds
    listed: int  # papers in all

    @property
    def is_useful(self) -> bool:
        """Whether the numbers are worth a hint."""
        before, after = self.before, self.after
        is_useful = {
            # `search and rescue` is a separate phrase.
            Kind.OPERATOR: self.rewrite.about != "and" or after >= max(2 * before, 1),
            Kind.SURNAME_FIRST: after > 0,
            Kind.NUMBER: True,
            Kind.MINUS_FOR_ALL: True,
            Kind.SPELLING: after > before,
            Kind.NAME_AND_WORDS: before == 0 and after > 0,
            Kind.RARE: 0 < before <= _MANY and after >= _TIMES_AS_FREQUENT * before,
            Kind.ALL_WORDS: after >= max(_MANY, _TIMES_MORE * before)
            and before <= max(_MANY, self.listed * _FEW_SHARE),
            Kind.TWO_WORDS: after > before * _TWO_WORDS_TIMES,
            Kind.BEGINNING: after >= max(1.5 * before, before + _SOME) and not self._is_broad(after),
            Kind.CAPITALS: self.is_broad and after * 2 <= before,
            Kind.TOPIC: after > 0
            and (after * 2 < before >= _MANY or (self.is_broad and after * 4 <= before * 3)),
        }
        return is_useful[self.rewrite.kind]

    @property
    def is_broad(self) -> bool:
        """Whether the query finds too many papers to be useful."""
        return self._is_broad(self.before)

    def _is_broad(self, papers: int) -> bool:
        return papers >= max(self.listed * _BROAD_SHARE, _MIN_BROAD)


def chosen(hints: Iterable[Hint]) -> tuple[Hint, ...]:
    """The most useful ones, at most MAX_HINTS, and one for each part of a query.

    Where `and`, `|` and the like were probably meant as operators, none is on the phrase that was read. Where
    a comma was probably not meant to separate, none is on what it separated.
    """
    found: list[Hint] = []
    for hint in sorted(hints, key=lambda hint: (hint.rewrite.kind, -hint.after)):
        is_said = any(
            hint.rewrite.text == other.rewrite.text
            or (hint.queries, hint.rewrite.about) == (other.queries, other.rewrite.about)
            or (
                (hint.queries, other.rewrite.kind) == (other.queries, Kind.OPERATOR)
                and hint.rewrite.kind in _OF_WHAT_WAS_READ
            )
            or (other.rewrite.kind in _OF_COMMAS and set(hint.queries) <= set(other.queries))
            for other in found
        )
        if hint.is_useful and not is_said:
            found.append(hint)
    return tuple(found[:MAX_HINTS])


# As Discord markdown. `instead` is the rewrite, `about` the part of the query that it replaces.
_TEXTS: Final = {
    Kind.OPERATOR: "{why}. {instead} finds {papers} {period}; what you typed finds {before}.",
    Kind.SURNAME_FIRST: "A comma ends a name, so type it without one: {instead} finds {papers} {period}.",
    Kind.NUMBER: (
        "A comma separates keywords, even in a number. With quotes, {instead} finds {papers} {period}."
    ),
    Kind.MINUS_FOR_ALL: (
        "{about} applies only to the last keyword. {instead} applies it to all: {fewer} {period}."
    ),
    Kind.SPELLING: "No paper {period} has {about}. Did you mean {instead}? It finds {after}.",
    Kind.RARE: (
        "{about} is rare. Did you mean {instead}? It finds {papers} {period}; what you typed finds {before}."
    ),
    Kind.NAME_AND_WORDS: ("{about} is one name, and no paper {period} has it. {instead} finds {papers}."),
    Kind.ALL_WORDS: (
        "{about} is a phrase, which finds {before} {period}. {instead} finds the words anywhere: {papers}."
    ),
    Kind.TWO_WORDS: (
        "{about} does not find it as two words. {instead} does: {papers} {period} instead of {before}."
    ),
    Kind.BEGINNING: (
        "{instead} finds every word that starts like this: {papers} {period}. {about} finds {before}."
    ),
    Kind.CAPITALS: (
        "{about} is found in any case: {share} {period}. {instead} finds only these capitals: {after}."
    ),
    Kind.TOPIC: (
        "{about} finds {share} {period}. {instead} finds only those about it (title or AI keywords): {after}."
    ),
}


def archive_period(searched: int, *, of: int) -> str:
    """Which papers were counted, as it follows a number: those in the archive, or those searched."""
    if searched < of:
        return f"in {searched:,} of the archive's {count(of, 'paper')}"
    return "in the archive" if of else "in the archive, which has no papers yet"


def hint_text(hint: Hint, *, period: str) -> str:
    """The hint as Discord markdown; `period` is such as `in the last 30 days`."""
    about = inline_code(hint.rewrite.about)
    lower_case = f"{about} in lower case is a word to search for"
    return _TEXTS[hint.rewrite.kind].format(
        about=about,
        why=lower_case if hint.rewrite.about.isalpha() else f"{about} has no effect",
        instead=inline_code(hint.rewrite.text),
        period=period,
        papers=count(hint.after, "paper"),
        before=f"{hint.before:,}" if hint.before else "none",
        after=f"{hint.after:,}" if hint.after else "none",
        fewer=count(hint.before - hint.after, "fewer paper"),
        share=f"{hint.before:,} of {count(hint.listed, 'paper')}",
    )
