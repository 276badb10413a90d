"""The scan: one compiled query over the stored, normalised texts of a large archive, without an index.

Most papers are decided by looking for the query's words in their texts. The few that are not are for the
index to decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Union

from bot.matching.scan_term import Positions, Term, without
from bot.matching.scan_texts import Columns, code_of
from bot.matching.scan_words import OPERATORS, lines_of


class TextScan:
    """One compiled query over stored texts.

    `numbers` has those of the words that it looks for that any stored text has.
    """

    def __init__(self, expression: str, numbers: Mapping[str, int]) -> None:
        codes = {word: code_of(word, number) for word, number in numbers.items()}
        self._tree = _tree(expression, codes)

    @property
    def is_hopeless(self) -> bool:
        """Whether no stored text can match, because none has the words."""
        return _is_hopeless(self._tree)

    def matching(self, texts: Columns, among: list[int] | None = None) -> tuple[set[int], set[int]]:
        """The positions of the texts that match, and of those that may: these are for an index to decide.

        Only those `among` these positions are looked at, where they are given.
        """
        positions = range(len(texts.words)) if among is None else among
        certain, possible = _evaluated(self._tree, texts, positions)
        return certain, possible - certain


_Node = Union["Term", tuple[str, "_Node", "_Node"]]


def _evaluated(node: _Node, texts: Columns, positions: Positions) -> tuple[set[int], set[int]]:
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


def _is_hopeless(node: _Node) -> bool:
    if isinstance(node, Term):
        return node.is_hopeless
    operator, left, right = node
    if operator == "|":
        return _is_hopeless(left) and _is_hopeless(right)
    return _is_hopeless(left) or (operator == "&" and _is_hopeless(right))


def _tree(expression: str, codes: Mapping[str, str]) -> _Node:
    stack: list[_Node] = []
    for line in lines_of(expression):
        if line in OPERATORS:
            right = stack.pop()
            stack.append((line, stack.pop(), right))
        else:
            stack.append(Term(line, codes))
    return stack[0]
