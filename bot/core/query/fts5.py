"""Queries as FTS5 expressions over the columns of `bot.matching.index`."""

from __future__ import annotations

from typing import Final

from bot.core.query.nodes import And, Everything, Node, Phrase

# Bump when the same query compiles to another string, or words are folded by other rules: what is stored
# with a lower version is compiled anew.
RULES_VERSION: Final = 1

# The column with a token that every row has, and one that only this row has.
ROW_COLUMN: Final = "paper"
EVERY_ROW: Final = "every"
EVERY_PAPER: Final = f'{{{ROW_COLUMN}}} : "{EVERY_ROW}"'  # what `*` compiles to


def compile_node(node: Node) -> str:
    """An FTS5 expression. Every phrase names its columns, so that none leaks into another field."""
    if isinstance(node, Phrase):
        # Words hold letters, digits and the signs + # *, never a quote.
        return f'{{{" ".join(node.fields)}}} : "{" ".join(node.words)}"' + (" *" if node.is_prefix else "")
    if isinstance(node, Everything):
        return EVERY_PAPER
    joiner = " AND " if isinstance(node, And) else " OR "
    compiled = "(" + joiner.join(map(compile_node, node.parts)) + ")"
    if isinstance(node, And) and node.without:
        compiled = f"({compiled} NOT ({' OR '.join(map(compile_node, node.without))}))"
    return compiled
