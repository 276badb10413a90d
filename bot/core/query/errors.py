"""The error of a query that cannot be read. It shows where the query is wrong."""

from __future__ import annotations

import unicodedata
from typing import Final

from bot.errors import UserError

# Topics of errors whose advice depends on what the query is for.
EMPTY: Final = "empty"
EXCLUSION: Final = "exclusion"
ONLY_EXCLUDES: Final = "only excludes"
_SHOWN: Final = 60  # characters of the query in an error's code block


class QueryError(UserError):
    """A query that cannot be read. Its text shows the place and says how to fix it.

    Attributes:
        position: offset of the place in the query, after white space is collapsed and LaTeX converted.
        topic: one of the constants above if the advice depends on what the query is for, else ''.
    """

    def __init__(self, problem: str, remedy: str, *, text: str, position: int, topic: str = "") -> None:
        self.position = position
        self.topic = topic
        self._problem = problem
        self._text = text
        super().__init__(f"{problem}\n{_block(text, position)}\n{remedy}")

    def advising(self, remedy: str) -> QueryError:
        """The same error with other advice."""
        return QueryError(self._problem, remedy, text=self._text, position=self.position, topic=self.topic)


def inline_code(text: str) -> str:
    """The text as Discord's inline code. Nothing in it can end the code or be taken for our command."""
    shown = "".join(map(_visible, text))
    return f"``{shown}``" if shown.startswith("/") else f"`{shown}`"


def _block(text: str, position: int) -> str:
    """The part of the query around the place, in a Discord code block, with a caret under it.

    Nothing in the query can end the block: backticks become apostrophes, invisible characters spaces.
    """
    first = max(0, min(position - _SHOWN // 2, len(text) - _SHOWN))
    shown = text[first : first + _SHOWN]
    before = "…" if first else ""
    after = "…" if first + _SHOWN < len(text) else ""
    clean = "".join(_visible(character) for character in shown)
    wide = (unicodedata.east_asian_width(character) in "WF" for character in clean[: position - first])
    padding = " " * len(before) + "".join("\u3000" if is_wide else " " for is_wide in wide)
    return f"```\n{before}{clean}{after}\n{padding}^\n```"


def _visible(character: str) -> str:
    if character == "`":
        return "'"
    return " " if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else character
