"""The syntax tree of a query, and the canonical form by which two queries are the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Field(StrEnum):
    """A part of a paper that a query can search."""

    TITLE = "title"
    ABSTRACT = "abstract"
    AUTHOR = "author"
    ORG = "org"  # the organization's name and its login
    KEYWORD = "keyword"  # the AI keywords


DEFAULT_FIELDS = (Field.TITLE, Field.ABSTRACT, Field.KEYWORD)  # for a phrase that names no field


@dataclass(frozen=True, slots=True)
class Everything:
    """Every paper."""

    def __str__(self) -> str:
        return "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """These words in this order, within one field."""

    words: tuple[str, ...]  # folded; never empty
    field: Field | None = None
    is_prefix: bool = False  # the last word is only the beginning of a word, and is not folded

    @property
    def fields(self) -> tuple[Field, ...]:
        return DEFAULT_FIELDS if self.field is None else (self.field,)

    def __str__(self) -> str:
        text = "-".join(self.words) + "*" if self.is_prefix else " ".join(self.words)
        return text if self.field is None else f"{self.field}:{text}"


@dataclass(frozen=True, slots=True)
class And:
    """All of `parts` (never empty) and none of `without`."""

    parts: tuple[Node, ...]
    without: tuple[Node, ...] = ()

    def __str__(self) -> str:
        text = " AND ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)
        excluded = (f"({part})" if isinstance(part, Or | And) else str(part) for part in self.without)
        return text + "".join(f" -{part}" for part in excluded)


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


def _sorted(parts: Iterable[Node]) -> tuple[Node, ...]:
    return tuple(sorted(dict.fromkeys(parts), key=str))


def positive_phrases(node: Node) -> Iterator[Phrase]:
    """The phrases that a paper matches by, without those that it must not contain."""
    if isinstance(node, Phrase):
        yield node
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from positive_phrases(part)
