"""Forum tags: which of them fit a message, by the queries that its papers match."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.core.query.acronyms import expansions_in_capitals
from bot.core.query.nodes import Phrase, positive_phrases
from bot.core.query.parser import Query
from bot.core.query.phrase_search import SearchableText
from bot.core.words.tokenizer import Mode, run_words

MAX_APPLIED_TAGS = 5  # Discord's limit
# Folded names of tags that any post may have if its forum requires one and none fits.
_FOR_ANYTHING = frozenset({"paper", "other", "misc", "miscellaneous", "general"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    id: int
    name: str
    is_moderated: bool = False  # applying it needs Manage Threads


def usable(tags: Iterable[Tag], *, may_moderate: bool) -> tuple[Tag, ...]:
    """The tags that we may apply: all of them with Manage Threads."""
    return tuple(tag for tag in tags if may_moderate or not tag.is_moderated)


def choose(
    tags: Iterable[Tag], queries: Sequence[Query], *, is_required: bool, may_moderate: bool
) -> tuple[Tag, ...]:
    """At most five tags that fit the queries, in the forum's order.

    If none fits but one is required, it is a general one by its name, else the first that anyone may apply.
    The result is then empty only if there is none that we may apply.
    """
    selectable = usable(tags, may_moderate=may_moderate)
    fitting = [tag for tag in selectable if fits(tag, queries)]
    if fitting or not is_required:
        return tuple(fitting[:MAX_APPLIED_TAGS])
    open_first = sorted(selectable, key=lambda tag: tag.is_moderated)
    for_anything = (tag for tag in open_first if not _FOR_ANYTHING.isdisjoint(run_words(tag.name)))
    chosen = next(for_anything, next(iter(open_first), None))
    return () if chosen is None else (chosen,)


def fits(tag: Tag, queries: Sequence[Query]) -> bool:
    """Whether the tag is a phrase within something that one of the queries searches for.

    Everything is folded as in a query, acronyms too. What a query excludes does not count, and no tag fits
    `*`.
    """
    return any(_is_within(tag.name, phrase) for query in queries for phrase in positive_phrases(query.root))


def _is_within(name: str, phrase: Phrase) -> bool:
    tag = run_words(name)
    if not tag:
        return False
    complete = phrase.words[:-1] if phrase.is_prefix else phrase.words
    if complete and any(
        next(SearchableText(_as_text(searched), Mode.RUN).find(words), None)
        for searched in expansions_in_capitals(complete)
        for words in expansions_in_capitals(tag)
    ):
        return True
    if not phrase.is_prefix:
        return False
    # The prefix must be the beginning of the tag's last word, after the phrase's other words.
    text = _as_text(tag)
    whole = (0, len(text))
    return any(
        whole in SearchableText(text, Mode.PREFIX).find(phrase.words[start:])
        for start in range(len(phrase.words))
    )


def _as_text(words: Sequence[str]) -> str:
    """Folded words as a text in which each gap may be a space or nothing, as in a query."""
    return "-".join(words)
