"""Commas that were hardly meant to separate: rewrites without them, or with quotes around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bot.core.query.lexer import Kind as TokenKind
from bot.core.query.lexer import Token, tokens
from bot.core.query.nodes import Field
from bot.core.query.rewrites import Kind, Rewrite
from bot.core.words.latex import readable

_MAX_SURNAME_WORDS: Final = 3
_MAX_GIVEN_WORDS: Final = 3
_BEFORE_THOUSANDS = re.compile(r"(?<![\w.,-])\d{1,3}$")  # the end of the word before a comma within a number
_THOUSANDS = re.compile(r"\d{3}(?!\d)")  # the beginning of the word after it


def surname_first(typed: str) -> Iterator[Rewrite]:
    """With the given names of `author:Surname, Given` in front, and no comma."""
    text = readable(typed)
    found = tokens(text)
    for place, token in enumerate(found):
        if token.field is not Field.AUTHOR:
            continue
        surname_end = _run_end(found, place + 1)
        given_start = surname_end + 1
        given_end = _run_end(found, given_start)
        if not (
            1 <= surname_end - place - 1 <= _MAX_SURNAME_WORDS
            and found[surname_end].kind == TokenKind.COMMA
            and 1 <= given_end - given_start <= _MAX_GIVEN_WORDS
        ):
            continue
        surname = text[found[place + 1].start : found[surname_end - 1].end]
        given = text[found[given_start].start : found[given_end - 1].end]
        before, after = text[: found[place + 1].start], text[found[given_end - 1].end :]
        yield Rewrite(
            kind=Kind.SURNAME_FIRST, text=f"{before}{given} {surname}{after}", about=f"{given} {surname}"
        )


def quoted_numbers(typed: str) -> Iterator[Rewrite]:
    """With quotes around each phrase that a comma within a number divides, as in `10,000 tokens`."""
    text = readable(typed)
    found = tokens(text)
    chunks: list[str] = []
    about = ""
    place = done = 0
    while place < len(found) - 1:
        ends = [_run_end(found, place)]
        while _divides_number(text, found, ends[-1]):
            ends.append(_run_end(found, ends[-1] + 1))
        if len(ends) > 1:
            starts = [place, *(end + 1 for end in ends[:-1])]
            parts = [
                text[found[start].start : found[end - 1].end] for start, end in zip(starts, ends, strict=True)
            ]
            number = ",".join(parts)
            about = about or number
            chunks.append(f'{text[done : found[place].start]}"{number}"')
            done = found[ends[-1] - 1].end
        place = max(ends[-1], place + 1)
    if about:
        yield Rewrite(kind=Kind.NUMBER, text="".join(chunks) + text[done:], about=about)


def _divides_number(text: str, found: Sequence[Token], place: int) -> bool:
    """Whether the token is a comma between the digits of one number."""
    if found[place].kind != TokenKind.COMMA or not place:
        return False
    before, after = found[place - 1], found[place + 1]
    return (
        before.kind == after.kind == TokenKind.WORD
        and _BEFORE_THOUSANDS.search(text[before.start : before.end]) is not None
        and _THOUSANDS.match(text[after.start : after.end]) is not None
    )


def _run_end(found: Sequence[Token], start: int) -> int:
    end = start
    while end < len(found) and found[end].kind == TokenKind.WORD:
        end += 1
    return end
