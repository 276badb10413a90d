"""Tables that are kept as text files next to the code: sections of rows, each row a few words.

A line `[name]` begins a section, and a line that begins with `#` is a comment. `U+0020` stands for the
character with that code point. They are part of the code: reading them is the core's one exception to no I/O.
"""

from __future__ import annotations

import re
from importlib.resources import files

_SECTION = re.compile(r"\[([A-Za-z0-9 -]+)\]")
_CODE_POINT = re.compile(r"U\+([0-9A-F]{4,5})")


class TextTable:
    """A table, read once."""

    def __init__(self, package: str, name: str) -> None:
        self._sections: dict[str, list[list[str]]] = {}
        rows: list[list[str]] = []
        for line in (files(package) / name).read_text("utf-8").splitlines():
            if section := _SECTION.fullmatch(line):
                rows = self._sections[section[1]] = []
            elif line and not line.startswith("#"):
                rows.append(
                    [_CODE_POINT.sub(lambda code: chr(int(code[1], 16)), word) for word in line.split()]
                )

    @property
    def sections(self) -> tuple[str, ...]:
        """The names of the sections, in their order."""
        return tuple(self._sections)

    def rows(self, section: str) -> list[list[str]]:
        return self._sections[section]

    def words(self, section: str) -> tuple[str, ...]:
        """All words of the section, whatever rows they are in."""
        return tuple(word for row in self.rows(section) for word in row)

    def pairs(self, section: str) -> dict[str, str]:
        """The section's rows of two words each."""
        return {key: value for key, value in self.rows(section)}  # noqa: C416 - which `dict` is not typed for
