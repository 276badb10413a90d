"""The terminal: outside text made safe to print, wrapped, bold and in colour, as its encoding can carry."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TextIO

_WIDEST = 100  # longer lines are hard to read
_NARROWEST = 30
_DEFAULT_WIDTH = 80  # where it is no terminal

_RESET = "\x1b[0m"
# What could steer a terminal or reorder a line: controls, formats, halves of surrogate pairs, line ends.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# For encodings that do not know them; all else that they do not know is a question mark.
_IN_ASCII = {
    "\N{CHECK MARK}": "ok",
    "\N{BALLOT X}": "!!",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "--",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{MIDDLE DOT}": "|",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{IDEOGRAPHIC SPACE}": "  ",
}
_WORD = re.compile(r"\S+")


class Style(StrEnum):
    """What a terminal does to text, by its code."""

    BOLD = "1"
    DIM = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    CYAN = "36"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """What can be shown where the text goes."""

    width: int = _DEFAULT_WIDTH
    is_styled: bool = False
    encoding: str = "utf-8"

    @classmethod
    def of(cls, stream: TextIO, *, wants_color: bool) -> Self:
        """The stream's; in a file or a pipe nothing is styled."""
        is_terminal = stream.isatty()
        columns = shutil.get_terminal_size((_DEFAULT_WIDTH, 24)).columns if is_terminal else _DEFAULT_WIDTH
        return cls(
            width=max(_NARROWEST, min(columns, _WIDEST)),
            is_styled=is_terminal and wants_color,
            encoding=stream.encoding or "ascii",
        )

    def styled(self, text: str, *styles: Style) -> str:
        if not self.is_styled or not text:
            return text
        return f"\x1b[{';'.join(styles)}m{text}{_RESET}"

    def fit(self, text: str) -> str:
        """The text with what the encoding cannot carry replaced; do it before wrapping."""
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return "".join(map(self._nearest, text))
        return text

    def wrapped(self, text: str, *, indent: str = "", marks: Iterable[tuple[int, int]] = ()) -> str:
        """The text on lines no wider than the terminal, each after `indent`, with the marked spans bold.

        A word longer than a line (an address) stays whole.
        """
        spans = tuple(marks)
        return "\n".join(
            f"{indent}{self._marked(text, start, end, spans)}"
            for start, end in _lines(text, self.width - len(indent))
        )

    def _nearest(self, character: str) -> str:
        try:
            character.encode(self.encoding)
        except UnicodeEncodeError:
            plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
            return _IN_ASCII.get(character) or plain or "?"
        return character

    def _marked(self, text: str, start: int, end: int, spans: Sequence[tuple[int, int]]) -> str:
        parts: list[str] = []
        for span in spans:
            first, behind = max(span[0], start), min(span[1], end)
            if first < behind:
                parts += [text[start:first], self.styled(text[first:behind], Style.BOLD)]
                start = behind
        return "".join([*parts, text[start:end]])


def _lines(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Where each line begins and ends in the text."""
    start = end = 0
    for word in _WORD.finditer(text):
        if end and word.end() - start > width:
            yield start, end
            start = word.start()
        elif not end:
            start = word.start()
        end = word.end()
    if end:
        yield start, end


def printable(text: str) -> str:
    """Outside text on one line, without anything that a terminal would obey."""
    shown = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in _UNPRINTABLE
    )
    return " ".join(shown.split())
