"""Discord's Markdown for the page. SimCord parses CommonMark, which drops blank lines.

In Discord, every line counts: blank lines are kept, and headings, quotes and lists start and end with their
lines. SimCord's parser handles the content of each line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

_FENCE: Final = re.compile(r"```(?:([\w+#.-]+)\n)?\n?(.*?)\n?```\n?", re.DOTALL)
_HEADING: Final = re.compile(r"(#{1,3})[ \t]+(\S.*)")
_QUOTE: Final = re.compile(r">[ \t](.*)|>$")
_ITEM: Final = re.compile(r"([ ]*)(?:([-*])|(\d{1,9})\.)[ ]+(\S.*)")
_DEEPEST: Final = 8


class DiscordMarkdown:
    """Replaces a `MarkdownIt`: the same tokens, with Discord's rules for lines."""

    def __init__(self, inline: MarkdownIt) -> None:
        inline.disable("entity")
        self._inline = inline

    def parseInline(self, text: str, env: dict[str, Any]) -> list[Token]:  # noqa: N802  # markdown-it's name
        return self._inline.parseInline(text, env)

    def parse(self, text: str, env: dict[str, Any]) -> list[Token]:
        tokens: list[Token] = []
        end = 0
        for fence in _FENCE.finditer(text):
            tokens += self._lines(text[end : fence.start()].removesuffix("\n"), env)
            tokens.append(Token("fence", "code", 0, content=fence[2], info=fence[1] or ""))
            end = fence.end()
        return tokens + self._lines(text[end:], env, is_after_block=end > 0)

    def _lines(
        self, text: str, env: dict[str, Any], *, is_after_block: bool = False, depth: int = 0
    ) -> list[Token]:
        if not text and (is_after_block or depth == 0):
            return []
        tokens: list[Token] = []
        plain: list[str] = []
        lines = text.split("\n")
        position = 0
        while position < len(lines):
            length, block = self._block(lines[position:], env, depth=depth)
            if length:
                tokens += self._paragraph(plain, env, is_before_block=True) + block
                plain = []
                position += length
            else:
                plain.append(lines[position])
                position += 1
        return tokens + self._paragraph(plain, env)

    def _block(self, lines: Sequence[str], env: dict[str, Any], *, depth: int) -> tuple[int, list[Token]]:
        """The block that starts with the first line, and its number of lines (0 if there is no block)."""
        if heading := _HEADING.fullmatch(lines[0]):
            tag = f"h{len(heading[1])}"
            return 1, _around("heading", self._inline.parseInline(heading[2], env), tag=tag)
        if depth < _DEEPEST and (quoted := list(_taken(lines, _QUOTE.fullmatch))):
            inner = "\n".join(match[1] or "" for match in quoted)
            return len(quoted), _around("blockquote", self._lines(inner, env, depth=depth + 1))
        if items := _items(lines):
            return len(items), self._list(items, env)
        return 0, []

    def _list(self, items: Sequence[re.Match[str]], env: dict[str, Any]) -> list[Token]:
        indent, is_ordered = len(items[0][1]), items[0][3] is not None
        tokens: list[Token] = []
        position = 0
        while position < len(items):
            item = items[position]
            inner = list(_taken(items[position + 1 :], lambda item: item if len(item[1]) > indent else None))
            content = self._inline.parseInline(item[4], env)
            tokens += _around("list_item", content + (self._list(inner, env) if inner else []))
            position += 1 + len(inner)
        return _around("ordered_list" if is_ordered else "bullet_list", tokens)

    def _paragraph(
        self, lines: Sequence[str], env: dict[str, Any], *, is_before_block: bool = False
    ) -> list[Token]:
        """The lines as typed. A blank last line needs two breaks, because a final one is not visible."""
        if not lines:
            return []
        text = "\n".join(lines)
        if is_before_block and not lines[-1].strip():
            text += "\n"
        return _around("paragraph", self._inline.parseInline(text, env), tag="p")


def _items(lines: Sequence[str]) -> list[re.Match[str]]:
    """The items of one list. A different marker that is not indented deeper starts another list."""
    found = list(_taken(lines, _ITEM.fullmatch))
    if not found:
        return []
    indent, is_ordered = len(found[0][1]), found[0][3] is not None

    def belongs(item: re.Match[str]) -> re.Match[str] | None:
        return item if len(item[1]) > indent or (item[3] is not None) == is_ordered else None

    return list(_taken(found, belongs))


def _taken(items: Sequence[Any], match: Callable[[Any], Any]) -> Iterator[Any]:
    """The matches of the first items, up to the first one that doesn't match."""
    for item in items:
        found = match(item)
        if not found:
            return
        yield found


def _around(kind: str, inner: Sequence[Token], *, tag: str = "") -> list[Token]:
    return [Token(f"{kind}_open", tag, 1), *inner, Token(f"{kind}_close", tag, -1)]


def discord_parser(
    parser: Callable[[Mapping[str, Any], Mapping[str, Any]], MarkdownIt],
) -> Callable[[Mapping[str, Any], Mapping[str, Any]], DiscordMarkdown]:
    """Wraps SimCord's parser factory so that lines are read as in Discord."""

    def made(policy: Mapping[str, Any], context: Mapping[str, Any]) -> DiscordMarkdown:
        return DiscordMarkdown(parser(policy, context))

    return made
