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
    lexed = tokens(text)
    for place, token in enumerate(lexed):
        if token.field is not Field.AUTHOR:
            continue
        surname_end = _run_end(lexed, place + 1)
        given_start = surname_end + 1
        given_end = _run_end(lexed, given_start)
        if not (
            1 <= surname_end - place - 1 <= _MAX_SURNAME_WORDS
            and lexed[surname_end].kind == TokenKind.COMMA
            and 1 <= given_end - given_start <= _MAX_GIVEN_WORDS
        ):
            continue
        surname = text[lexed[place + 1].start : lexed[surname_end - 1].end]
        given = text[lexed[given_start].start : lexed[given_end - 1].end]
        before, after = text[: lexed[place + 1].start], text[lexed[given_end - 1].end :]
        yield Rewrite(
            kind=Kind.SURNAME_FIRST, text=f"{before}{given} {surname}{after}", about=f"{given} {surname}"
        )


def quoted_numbers(typed: str) -> Iterator[Rewrite]:
    """With quotes around each phrase that a comma within a number divides, as in `10,000 tokens`."""
    text = readable(typed)
    lexed = tokens(text)
    chunks: list[str] = []
    about = ""
    place = done = 0
    while place < len(lexed) - 1:
        ends = [_run_end(lexed, place)]
        while _divides_number(text, lexed, ends[-1]):
            ends.append(_run_end(lexed, ends[-1] + 1))
        if len(ends) > 1:
            starts = [place, *(end + 1 for end in ends[:-1])]
            parts = [
                text[lexed[start].start : lexed[end - 1].end] for start, end in zip(starts, ends, strict=True)
            ]
            number = ",".join(parts)
            about = about or number
            chunks.append(f'{text[done : lexed[place].start]}"{number}"')
            done = lexed[ends[-1] - 1].end
        place = max(ends[-1], place + 1)
    if about:
        yield Rewrite(kind=Kind.NUMBER, text="".join(chunks) + text[done:], about=about)


def _divides_number(text: str, lexed: Sequence[Token], place: int) -> bool:
    """Whether the token is a comma between the digits of one number."""
    if lexed[place].kind != TokenKind.COMMA or not place:
        return False
    before, after = lexed[place - 1], lexed[place + 1]
    return (
        before.kind == after.kind == TokenKind.WORD
        and _BEFORE_THOUSANDS.search(text[before.start : before.end]) is not None
        and _THOUSANDS.match(text[after.start : after.end]) is not None
    )


def _run_end(lexed: Sequence[Token], start: int) -> int:
    end = start
    while end < len(lexed) and lexed[end].kind == TokenKind.WORD:
        end += 1
    return end
