"""Outlines (OPML): the keywords in their leaves, with their lines; no DTD, and so no entities of its own."""

from __future__ import annotations

from xml.parsers import expat

from bot.errors import UserError

_DEEPEST = 50


class _Reader:
    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []
        self._parser = expat.ParserCreate(encoding="utf-8")  # whatever the file says that it is
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        # The outlines that are open: the line, the text, and whether others stand in it.
        self._open: list[tuple[int, str, bool]] = []
        self._depth = 0

    def read(self, text: str) -> None:
        self._parser.Parse(text.encode(), True)  # noqa: FBT003 - expat's own signature

    def _doctype(self, *_: object) -> None:
        raise UserError(
            f"Line {self._parser.CurrentLineNumber} has a DOCTYPE, which I do not read. Nothing was changed: "
            "take it out."
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UserError(
                f"Line {self._parser.CurrentLineNumber} is nested too deeply. Nothing was changed: put the "
                "outlines side by side."
            )
        if name.casefold() != "outline":
            return
        if self._open:
            line, text, _ = self._open[-1]
            self._open[-1] = (line, text, True)
        text = attributes.get("text", "").strip() or attributes.get("title", "").strip()
        self._open.append((self._parser.CurrentLineNumber, text, False))

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name.casefold() != "outline":
            return
        line, text, is_folder = self._open.pop()
        if text and not is_folder:
            self.found.append((line, text))


def outlines(text: str) -> list[tuple[int, str]]:
    """Lines and texts of the outlines that hold no others; those that do are folders.

    Raises:
        UserError: it is not well-formed, or has a DOCTYPE.
    """
    reader = _Reader()
    try:
        reader.read(text)
    except expat.ExpatError as error:
        raise UserError(
            f"The file is not XML: line {error.lineno}, column {error.offset + 1}: "
            f"{expat.ErrorString(error.code) or 'it cannot be read'}. Nothing was changed."
        ) from error
    return reader.found
