"""Queries as FTS5 expressions over the columns of `bot.matching.index`."""

from __future__ import annotations

from typing import Final

from bot.core.query.nodes import And, Everything, Node, Phrase

# Increase it when a query compiles to another expression or words are folded by other rules: stored queries
# of a lower version are then compiled again.
RULES_VERSION: Final = 1

# A column with one token that every row has and one that only this row has.
ROW_COLUMN: Final = "paper"
EVERY_ROW: Final = "every"
EVERY_PAPER: Final = f'{{{ROW_COLUMN}}} : "{EVERY_ROW}"'  # what `*` compiles to


def compile_node(node: Node) -> str:
    """The node as an FTS5 expression. Every phrase names its columns, so that it matches in no other."""
    if isinstance(node, Phrase):
        # Words consist of letters, digits and the signs + # *, so there is no quote to escape.
        return f'{{{" ".join(node.fields)}}} : "{" ".join(node.words)}"' + (" *" if node.is_prefix else "")
    if isinstance(node, Everything):
        return EVERY_PAPER
    joiner = " AND " if isinstance(node, And) else " OR "
    compiled = "(" + joiner.join(map(compile_node, node.parts)) + ")"
    if isinstance(node, And) and node.without:
        compiled = f"({compiled} NOT ({' OR '.join(map(compile_node, node.without))}))"
    return compiled
