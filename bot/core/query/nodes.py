"""The syntax tree of a query, and the canonical form by which two queries are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from enum import StrEnum
from typing import Final

from bot.core.query.acronyms import canonical
from bot.core.words.tokenizer import Mode


class Field(StrEnum):
    """A part of a paper that a query can search."""

    TITLE = "title"
    ABSTRACT = "abstract"
    KEYWORD = "keyword"  # the AI keywords
    TOPIC = "topic"  # the title and the AI keywords
    AUTHOR = "author"
    ORG = "org"  # the organization's name and its login

    @property
    def is_name(self) -> bool:
        """Whether it holds names, which have their own rules."""
        return self is Field.AUTHOR or self is Field.ORG


WORD_FIELDS: Final = (Field.TITLE, Field.ABSTRACT, Field.KEYWORD)  # searched where no field is named
MIN_PREFIX_LENGTH: Final = 3  # characters before a star, without hyphens


def searched(field: Field | None) -> tuple[Field, ...]:
    """The parts of a paper that a phrase with this field is searched in."""
    if field is None:
        return WORD_FIELDS
    return (Field.TITLE, Field.KEYWORD) if field is Field.TOPIC else (field,)


@dataclass(frozen=True, slots=True)
class Everything:
    """Every paper."""

    def __str__(self) -> str:
        return "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """These words in this order within one field; in names, in any order unless they are quoted.

    Attributes:
        words: as `bot.core.words.tokenizer` folds them for this kind of phrase; never empty.
        field: where they stand; None is the title, the abstract or the AI keywords.
        is_quote: they were typed in quotation marks.
        is_prefix: the last word is only the beginning of a word.
        source: what was typed for it, without the name of its field.
        position: offset of `source` in the query, after white space is collapsed and LaTeX converted.
    """

    words: tuple[str, ...]
    field: Field | None = None
    is_quote: bool = False
    is_prefix: bool = False
    source: str = dataclass_field(default="", compare=False)
    position: int = dataclass_field(default=0, compare=False)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The parts of a paper that are searched."""
        return searched(self.field)

    def __str__(self) -> str:
        return self._text(as_term=self.field is not None)

    @property
    def is_name(self) -> bool:
        """Whether it is searched in names."""
        return self.field is not None and self.field.is_name

    @property
    def mode(self) -> Mode:
        """How it is read."""
        if self.is_quote:
            return Mode.QUOTED_PREFIX if self.is_prefix else Mode.QUOTE
        return Mode.PREFIX if self.is_prefix else Mode.RUN

    @property
    def is_run(self) -> bool:
        """Whether it is a run of words, with all foldings."""
        return self.mode is Mode.RUN and not self.is_name

    def as_term(self) -> str:
        """The canonical form where the language takes one term, as after a minus."""
        return self._text(as_term=True)

    def _literal(self, *, can_have_spaces: bool) -> str:
        # A hyphen reads as a space does, but keeps what is too short for a star together (GPT-4*).
        has_hyphens = self.is_prefix and not (can_have_spaces and len(self.words[-1]) >= MIN_PREFIX_LENGTH)
        text = ("-" if has_hyphens else " ").join(self.words)
        if self.is_prefix:
            last = self.words[-1]
            is_letter = len(last) == 1 and last.isalpha() and not self.is_name
            text += ".*" if is_letter else "*"  # `a*` is a separate word, except in names
        return f'"{text}"' if self.is_quote else text

    def _text(self, *, as_term: bool) -> str:
        if self.is_quote or self.is_name or self.is_prefix:
            text = self._literal(can_have_spaces=self.is_quote or self.is_name)
        else:
            words = canonical(self.words)
            text = " ".join(words)
            if as_term and len(words) > 1:
                text = f"({text})"
        return text if self.field is None else f"{self.field}:{text}"


@dataclass(frozen=True, slots=True)
class And:
    """All of `parts` (never empty) and none of `without`."""

    parts: tuple[Node, ...]
    without: tuple[Node, ...] = ()

    def __str__(self) -> str:
        included = " AND ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)
        excluded = (part.as_term() if isinstance(part, Phrase) else f"({part})" for part in self.without)
        return included + "".join(f" -{part}" for part in excluded)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of `parts` (two or more)."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " OR ".join(map(str, self.parts))


Node = Everything | Phrase | And | Or


def all_of(parts: Iterable[Node], without: Iterable[Node] = ()) -> Node:
    """The conjunction in canonical form: flat, sorted, without duplicates."""
    included: list[Node] = []
    excluded: list[Node] = []
    for part in parts:
        if isinstance(part, And):
            included.extend(part.parts)
            excluded.extend(part.without)
        else:
            included.append(part)
    for part in without:
        excluded.extend(part.parts if isinstance(part, Or) else (part,))
    narrowing = [part for part in included if not isinstance(part, Everything)]
    chosen = _sorted(narrowing) or (Everything(),)
    if not excluded and len(chosen) == 1:
        return chosen[0]
    return And(chosen, _sorted(excluded))


def any_of(parts: Iterable[Node]) -> Node:
    """The disjunction in canonical form: flat, sorted, without duplicates."""
    chosen: list[Node] = []
    for part in parts:
        chosen.extend(part.parts if isinstance(part, Or) else (part,))
    if any(isinstance(part, Everything) for part in chosen):
        return Everything()
    alternatives = _sorted(chosen)
    return alternatives[0] if len(alternatives) == 1 else Or(alternatives)


def _sorted(parts: Sequence[Node]) -> tuple[Node, ...]:
    """The parts in the order of their canonical forms; the first of those that have the same one."""
    if len(parts) < 2:
        return tuple(parts)
    by_text: dict[str, Node] = {}
    for part in parts:
        by_text.setdefault(str(part), part)
    return tuple(by_text[text] for text in sorted(by_text))


def in_topic(node: Node) -> Node | None:
    """The node for papers that are about what it looks for: phrases without a field in `topic:`.

    What is excluded stays as it is. None if no phrase is without a field.
    """
    if all(phrase.field is not None for phrase in positive_phrases(node)):
        return None
    return with_phrases(
        node, lambda phrase: replace(phrase, field=Field.TOPIC) if phrase.field is None else phrase
    )


def with_phrases(node: Node, change: Callable[[Phrase], Node]) -> Node:
    """The node with each phrase that is wanted changed; what is excluded stays as it is."""
    match node:
        case Phrase():
            return change(node)
        case And():
            return all_of([with_phrases(part, change) for part in node.parts], node.without)
        case Or():
            return any_of(with_phrases(part, change) for part in node.parts)
        case Everything():
            return node


def positive_phrases(node: Node) -> Iterator[Phrase]:
    """The phrases that a paper matches by, without those that it must not contain."""
    return _phrases(node, of=lambda part: part.parts)


def all_phrases(node: Node) -> list[Phrase]:
    """Its phrases in the order typed, those that it excludes too."""
    found = _phrases(node, of=lambda part: part.parts + (part.without if isinstance(part, And) else ()))
    return sorted(found, key=lambda phrase: phrase.position)


def _phrases(node: Node, *, of: Callable[[And | Or], Iterable[Node]]) -> Iterator[Phrase]:
    if isinstance(node, Phrase):
        yield node
    elif isinstance(node, And | Or):
        for part in of(node):
            yield from _phrases(part, of=of)
