"""The scan: one compiled query over the stored, normalized texts of a large archive, without an index.

Most papers are decided by looking for the query's words in their texts. The few that are not are for the
index to decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Union

from bot.matching.scan_runs import Matches, Positions, without
from bot.matching.scan_term import Term
from bot.matching.scan_texts import Columns
from bot.matching.scan_words import OPERATORS, Codes, lines_of


class Parts(NamedTuple):
    """The parts of stored texts that a scan reads."""

    run: bool = False
    quoted: bool = False
    names: bool = False


class TextScan:
    """One compiled query over stored texts; `codes` has the words that it looks for that any of them has."""

    def __init__(self, expression: str, codes: Codes) -> None:
        self._tree = _tree(expression, codes)

    @property
    def is_hopeless(self) -> bool:
        """Whether no stored text can match, because none has the words."""
        return _is_hopeless(self._tree)

    @property
    def parts(self) -> Parts:
        """What it reads of texts."""
        terms = list(_terms(self._tree))
        return Parts(
            run=any(not (term.is_name or term.is_quote) for term in terms),
            quoted=any(term.is_quote for term in terms),
            names=any(term.is_name for term in terms),
        )

    def matching(self, texts: Columns, positions: Positions) -> tuple[set[int], set[int]]:
        """Of the texts at these positions: those that match, and those that may.

        The latter may lack other readings that were not loaded. With these, they are for an index to decide.
        """
        certain, possible = _evaluated(self._tree, texts, positions)
        return certain, possible - certain


_Node = Union["Term", tuple[str, "_Node", "_Node"]]


def _evaluated(node: _Node, texts: Columns, positions: Positions) -> Matches:
    """The texts at these positions that match, and those that may (with the first ones)."""
    if isinstance(node, Term):
        return node.matching(texts, positions)
    operator, left, right = node
    certain, possible = _evaluated(left, texts, positions)
    if operator == "|":
        others, maybe = _evaluated(right, texts, without(positions, certain))
        return certain | others, possible | maybe
    others, maybe = _evaluated(right, texts, sorted(possible))
    if operator == "&":
        return certain & others, maybe
    return certain - maybe, possible - others


def _terms(node: _Node) -> Iterator[Term]:
    if isinstance(node, Term):
        yield node
    else:
        yield from _terms(node[1])
        yield from _terms(node[2])


def _is_hopeless(node: _Node) -> bool:
    if isinstance(node, Term):
        return node.is_hopeless
    operator, left, right = node
    if operator == "|":
        return _is_hopeless(left) and _is_hopeless(right)
    return _is_hopeless(left) or (operator == "&" and _is_hopeless(right))


def _tree(expression: str, codes: Codes) -> _Node:
    stack: list[_Node] = []
    for line in lines_of(expression):
        if line in OPERATORS:
            right = stack.pop()
            stack.append((line, stack.pop(), right))
        else:
            stack.append(Term(line, codes))
    return stack[0]
