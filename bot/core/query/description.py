"""How a query was read, in words: *papers with “agent” and “benchmark”, without “survey”*."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, takewhile
from typing import Final

from bot.core.plurals import in_a_list
from bot.core.query.acronyms import expansions
from bot.core.query.nodes import And, Everything, Field, Node, Or, Phrase, all_phrases
from bot.core.query.parser import Query
from bot.core.words.inflection import AMERICAN, BRITISH, LONG_FORMS, WRITTEN_ACRONYMS, fold
from bot.core.words.tokenizer import Mode, capital_form, has_capital_within, run_words, segments

_LONG_FORMS: Final = {
    folded: long_form
    for long_form in LONG_FORMS.values()
    if (folded := " ".join(run_words(long_form))) != long_form
}
_PLACES: Final = {
    Field.TITLE: "in the title",
    Field.ABSTRACT: "in the abstract",
    Field.KEYWORD: "in the AI keywords",
    Field.TOPIC: "in the title or the AI keywords",
}
_MAX_OTHER_FORMS: Final = 3
_NOTHING: Final[Mapping[str, int]] = {}


def described(query: Query) -> str:
    """What the query matches, as plain text without a full stop: *papers with “video” or “audio”*."""
    return f"papers {_node(query.root)}" if not isinstance(query.root, Everything) else "every paper"


def reading(query: Query, *, more: Mapping[str, int] = _NOTHING, period: str = "") -> str:
    """How the query was read, where what was typed does not show it; else ''.

    `more` has the papers that each phrase, as typed, finds only by its other forms, in the period.
    """
    phrases = all_phrases(query.root)
    parts: list[str] = []
    if len(phrases) > 1 or isinstance(query.root, And) or any(map(_capitals, phrases)):
        parts.append(described(query))
    for phrase in phrases:
        ways = [f"also spelled {_any_of(others)}"] if (others := spellings(phrase)) else []
        if others := other_forms(phrase):
            number = more.get(phrase.source, 0)
            found = f": {number:,} more {period}".rstrip() if number else ""
            ways.append(f"also {_any_of(others)}{found}")
        if ways:
            parts.append(", ".join([phrase.source, *ways]))
    return "; ".join(dict.fromkeys(parts))


def _any_of(words: Sequence[str]) -> str:
    return in_a_list([f"“{word}”" for word in words], joiner="or")


def other_forms(phrase: Phrase) -> tuple[str, ...]:
    """The acronyms or long forms that the phrase is searched as too; what stays is as typed."""
    if not phrase.is_run:
        return ()
    return tuple(_written(phrase, words) for words in expansions(phrase.words)[1 : _MAX_OTHER_FORMS + 1])


def _written(phrase: Phrase, words: Sequence[str]) -> str:
    """Other words for the phrase, with those before and behind what differs as they were typed."""
    typed = [
        (offset + part.start, offset + part.end)
        for offset, segment in segments(phrase.source, Mode.RUN)
        for part in segment[0]
    ]
    kept = _shared(words, phrase.words)
    kept_behind = _shared(words[kept:][::-1], phrase.words[kept:][::-1])
    before = phrase.source[typed[0][0] : typed[kept - 1][1]] if kept else ""
    behind = phrase.source[typed[-kept_behind][0] : typed[-1][1]] if kept_behind else ""
    return " ".join(
        filter(None, (before, _as_written(" ".join(words[kept : len(words) - kept_behind])), behind))
    )


def _shared(words: Sequence[str], others: Sequence[str]) -> int:
    """How many words both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(words, others, strict=False)))


def spellings(phrase: Phrase) -> tuple[str, ...]:
    """The other spellings, British or American, of the phrase's words."""
    if not phrase.is_run:
        return ()
    typed = [fold(word.lower(), word) for word in phrase.source.split()]
    others = [AMERICAN.get(word) or BRITISH.get(word) for word in typed]
    return tuple(dict.fromkeys(word for word in others if word))


def quoted(phrase: Phrase) -> str:
    """The words of the phrase as typed, in the singular, between quotation marks."""
    typed = phrase.source.strip('"\u201c\u201d').strip()
    if phrase.is_run:
        typed = " ".join(map(_singular, typed.split()))
    return f"“{typed[:-1]}…”" if phrase.is_prefix else f"“{typed}”"


def _as_written(text: str) -> str:
    """With acronyms and long forms as they are written: *CoT*, *mixture of experts*."""
    text = " ".join(WRITTEN_ACRONYMS.get(word.lower(), word) for word in text.split(" "))
    for folded, written in _LONG_FORMS.items():
        text = text.replace(folded, written)
    return text


def _singular(word: str) -> str:
    return capital_form(word.lower(), word) if word.isalpha() and word.isascii() else word


def _node(node: Node) -> str:
    """The node as it follows a noun: `with “agent”`, `by “Kaiming He”`."""
    match node:
        case Everything():
            return "of any kind"
        case Phrase():
            return _grouped([node], "and")
        case Or():
            return _grouped(node.parts, "or")
        case And():
            wanted = [part for part in node.parts if not isinstance(part, Everything)]
            texts = [_grouped(wanted, "and"), *_without(node.without)]
            return ", ".join(filter(None, texts))


def _grouped(parts: Iterable[Node], joiner: str) -> str:
    """The parts in the order typed; neighbors in the same field share their words."""
    texts: list[str] = []
    for key, group in groupby(sorted(parts, key=_position), key=_key):
        members = list(group)
        if key is None:
            texts += [_inner(member, joiner) for member in members]
        else:
            texts.append(_alike(members, joiner))
    return in_a_list(texts, joiner=joiner)


def _inner(node: Node, joiner: str) -> str:
    """A part that is no phrase, within others."""
    if isinstance(node, Or):
        keys = {_key(part) for part in node.parts}
        if joiner == "and" and len(keys) == 1 and None not in keys:
            which = "either " if len(node.parts) == 2 else "any of "
            return _alike(sorted(node.parts, key=_position), "or", which=which)
    return f"({_node(node)})"


def _without(parts: Sequence[Node]) -> Iterator[str]:
    for key, group in groupby(sorted(parts, key=_position), key=_key):
        members = list(group)
        if key is None:
            yield from (f"but not ({_node(member)})" for member in members)
        else:
            negation = "not " if key in {Field.AUTHOR, Field.ORG} else ""
            yield negation + _alike(members, "or", preposition="without")


def _alike(nodes: Iterable[Node], joiner: str, *, which: str = "", preposition: str = "with") -> str:
    """Phrases in one field: `with “agent” and “benchmark” in the title`."""
    phrases = [node for node in nodes if isinstance(node, Phrase)]
    terms = which + in_a_list([_term(phrase) for phrase in phrases], joiner=joiner)
    match phrases[0].field:
        case None:
            return f"{preposition} {terms}"
        case Field.AUTHOR:
            return f"by {terms}"
        case Field.ORG:
            return f"from {terms}"
        case field:
            return f"{preposition} {terms} {_PLACES[field]}"


def _key(node: Node) -> str | None:
    """Equal for phrases that may share their words; None for what is no phrase."""
    return str(node.field) if isinstance(node, Phrase) else None


def _term(phrase: Phrase) -> str:
    return quoted(phrase) + (" in these capitals" if _capitals(phrase) else "")


def _capitals(phrase: Phrase) -> bool:
    """Whether the phrase is found only in its own capitals."""
    return phrase.is_quote and any(map(has_capital_within, phrase.words))


def _position(node: Node) -> int:
    return next((phrase.position for phrase in all_phrases(node)), -1)
