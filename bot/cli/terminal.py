"""The terminal: text made safe to print, wrapped, and styled as far as the stream supports it."""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TextIO

from bot.settings import wants_color

_MAX_WIDTH = 100  # longer lines are hard to read
_MIN_WIDTH = 30
_DEFAULT_WIDTH = 80  # of a file or a pipe

_RESET = "\x1b[0m"
# What could control a terminal or reorder a line: controls, formats, surrogates, line separators.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# For encodings without these characters; any other missing character becomes a question mark.
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
    """SGR codes of ANSI escape sequences."""

    BOLD = "1"
    DIM = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    CYAN = "36"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """What the output stream can show."""

    width: int = _DEFAULT_WIDTH
    is_styled: bool = False
    encoding: str = "utf-8"

    @classmethod
    def of(cls, stream: TextIO, *, wants_color: bool) -> Self:
        """The terminal behind a stream; in a file or a pipe nothing is styled."""
        is_terminal = stream.isatty()
        columns = shutil.get_terminal_size((_DEFAULT_WIDTH, 24)).columns if is_terminal else _DEFAULT_WIDTH
        return cls(
            width=max(_MIN_WIDTH, min(columns, _MAX_WIDTH)),
            is_styled=is_terminal and wants_color,
            encoding=stream.encoding or "ascii",
        )

    @classmethod
    def of_stdout(cls) -> Self:
        return cls.of(sys.stdout, wants_color=wants_color())

    def styled(self, text: str, *styles: Style) -> str:
        if not self.is_styled or not text:
            return text
        return f"\x1b[{';'.join(styles)}m{text}{_RESET}"

    def fit(self, text: str) -> str:
        """The text without characters that the encoding lacks; call it before wrapping."""
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return "".join(map(self._nearest, text))
        return text

    def wrapped(self, text: str, *, indent: str = "", marks: Iterable[tuple[int, int]] = ()) -> str:
        """The text in lines no wider than the terminal, each indented, with the marked spans in bold.

        A word longer than a line, such as a URL, is not broken.
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
            first, last = max(span[0], start), min(span[1], end)
            if first < last:
                parts += [text[start:first], self.styled(text[first:last], Style.BOLD)]
                start = last
        return "".join([*parts, text[start:end]])


def _lines(text: str, width: int) -> Iterator[tuple[int, int]]:
    """The start and end of each line in the text."""
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
    """Untrusted text on one line, without control characters."""
    shown = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in _UNPRINTABLE
    )
    return " ".join(shown.split())
