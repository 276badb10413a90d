r"""What is stored of a query so that its closeness to papers can be measured, without parsing it again.

It has three parts: what a paper must meet even if it is close (`hard_filter`), what it matches if the query
stands in its title, both as expressions; and the terms that score, in reverse Polish notation. A term is a
line with all ways to write it between `|`, and a star after a prefix. An operator follows its parts, and
says how many they are.

    robot
    imitation learning
    teleoperat*
    |2
    &2
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from bot.core.query.acronyms import expansions_in_capitals
from bot.core.query.expression import compile_node
from bot.core.query.nodes import And, Everything, Field, Node, Or, Phrase, with_phrases
from bot.core.words.inflection import LONG_FORMS

_BETWEEN: Final = "\f"
_SHORTEST_ACRONYM: Final = 2


class FocusQuery(NamedTuple):
    """A query as its focus needs it.

    Attributes:
        hard_filter: an expression that every paper meets which is added for being close.
        in_title: an expression that a hit matches if the query stands in its title.
        terms: the terms that score, as above.
    """

    hard_filter: str
    in_title: str
    terms: str

    @classmethod
    def stored(cls, text: str) -> FocusQuery:
        """What `compile_focus` wrote; not for ''."""
        return cls(*text.split(_BETWEEN))


def compile_focus(node: Node) -> str:
    """The node as `FocusQuery.stored` reads it; '' if none of its terms scores, so that it is exact only."""
    terms = "\n".join(_lines(node))
    if not terms:
        return ""
    return _BETWEEN.join((compile_node(hard_filter(node)), compile_node(in_title(node)), terms))


def hard_filter(node: Node) -> Node:
    """The node with each phrase that scores replaced by every paper: names and exclusions remain."""
    return with_phrases(node, lambda phrase: Everything() if _scores(phrase) else phrase)


def in_title(node: Node) -> Node:
    """The node with each phrase that scores searched only in the title."""
    return with_phrases(
        node, lambda phrase: replace(phrase, field=Field.TITLE) if _scores(phrase) else phrase
    )


def _scores(phrase: Phrase) -> bool:
    return not phrase.is_name


def _lines(node: Node) -> Iterator[str]:
    if isinstance(node, Phrase):
        if _scores(node):
            yield _term(node)
    elif isinstance(node, And | Or):
        count = 0
        for part in node.parts:
            lines = list(_lines(part))
            yield from lines
            count += bool(lines)
        if count > 1:
            yield f"{'&' if isinstance(node, And) else '|'}{count}"


def _term(phrase: Phrase) -> str:
    words = tuple(map(str.lower, phrase.words))
    if phrase.is_prefix:
        return " ".join(words) + "*"
    if phrase.is_quote:
        return " ".join(map(_quoted, phrase.words))
    return "|".join(map(" ".join, expansions_in_capitals(words)))


def _quoted(word: str) -> str:
    """An acronym in capitals as texts have it; else the word in lower case."""
    is_acronym = word.lower() in LONG_FORMS and sum(map(str.isupper, word)) >= _SHORTEST_ACRONYM
    return word.upper() if is_acronym else word.lower()
