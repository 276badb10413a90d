"""The tokens of a query, as the parser reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.core.query.errors import QueryError
from bot.core.query.nodes import Field
from bot.core.words.tokenizer import words

# Quotes, full-width signs and minus signs as keyboards type them. One character each, so that offsets hold.
_SYNTAX: Final = str.maketrans(
    "\u201c\u201d\u201e\u201f\u2033\uff02\uff08\uff09\uff0c\u3001\uff1a\uff0a\u2212\u2010\u2011\ufe63\uff0d",
    '\u201c\u201c\u201c\u201c\u201c"(),,:*-----',
)
# Only a plain quote closes a plain quote, so that a pasted title may have curly ones in it.
_CLOSING_QUOTE: Final = {'"': re.compile('"'), "\u201c": re.compile('["\u201c]')}
QUOTES: Final = frozenset(_CLOSING_QUOTE)
_CHUNK = re.compile(r'[^\s"\u201c(),]+')
_FINAL_STAR = re.compile(r"-?\*(?!\*)")
_MIN_PREFIX_LENGTH: Final = 3


class Kind(StrEnum):
    WORDS = "words"
    QUOTE = "quote"
    PREFIX = "prefix"
    EVERYTHING = "everything"
    FIELD = "field"
    MINUS = "minus"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    COMMA = "comma"
    OPEN = "open"
    CLOSE = "close"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    position: int
    words: tuple[str, ...] = ()  # folded, but for the last word of a PREFIX; may be empty
    field: Field | None = None


def syntax_of(text: str) -> str:
    """The text with every kind of parenthesis, comma, colon, star and minus as the plain one.

    Its length is unchanged. Quotes become one of two kinds: plain, and curly (U+201C).
    """
    return text.translate(_SYNTAX)


def quote_end(syntax: str, start: int) -> int:
    """The offset after the quote that starts at `start`; 0 if it is never closed."""
    close = _CLOSING_QUOTE[syntax[start]].search(syntax, start + 1)
    return close.end() if close else 0


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a query without LaTeX; the last one is END.

    Raises:
        QueryError: an unclosed quote, an unknown field, or a prefix that is too short.
    """
    syntax = syntax_of(text)
    position = 0
    while position < len(syntax):
        character = syntax[position]
        if character.isspace():
            position += 1
        elif character in QUOTES:
            end = quote_end(syntax, position)
            if not end:
                raise QueryError(
                    "This quotation mark is never closed:",
                    'Add another `"` where the phrase ends.',
                    text=text,
                    position=position,
                )
            yield Token(Kind.QUOTE, position, _folded(text[position + 1 : end - 1]))
            position = end
        elif character in "(),":
            yield Token({"(": Kind.OPEN, ")": Kind.CLOSE, ",": Kind.COMMA}[character], position)
            position += 1
        else:
            chunk = _CHUNK.match(syntax, position)
            end = chunk.end() if chunk else position + 1
            token, position = _token(text, syntax, position, end)
            yield token
    yield Token(Kind.END, len(text))


def _token(text: str, syntax: str, start: int, end: int) -> tuple[Token, int]:
    """The first token of a chunk without spaces, and the offset at which the next one starts."""
    chunk = syntax[start:end]
    if chunk[0] == "-":
        return Token(Kind.MINUS, start), start + 1
    if chunk in {"AND", "OR", "NOT"}:
        return Token(Kind(chunk), start), end
    if chunk == "*" and syntax[start - 1 : start] in {'"', "\u201c", ")"}:
        raise QueryError(
            "This star does not follow a word:",
            "Put it right after the beginning of a word, as in `quantiz*`. A star alone finds every paper.",
            text=text,
            position=start,
        )
    if chunk == "*":
        return Token(Kind.EVERYTHING, start), end
    name, colon, _ = chunk.partition(":")
    if colon and words(name):
        field = next((field for field in Field if field == name.casefold()), None)
        if field is None:
            raise QueryError(
                "This field does not exist:",
                "The fields are `title:`, `abstract:`, `author:`, `org:` and `keyword:`. To search for text "
                'that contains a colon, quote it, as in `"16:9"`.',
                text=text,
                position=start,
            )
        return Token(Kind.FIELD, start, field=field), start + len(name) + 1
    return _words_token(text, start, end), end


def _words_token(text: str, start: int, end: int) -> Token:
    chunk = words(text[start:end])
    if not chunk:
        return Token(Kind.WORDS, start)
    last = chunk[-1]
    is_prefix = _FINAL_STAR.match(syntax_of(text[start + last.end : end]))
    folded = tuple(word.form for word in chunk)
    if not is_prefix:
        return Token(Kind.WORDS, start, folded)
    typed = (*folded[:-1], last.text)
    # One letter with a star is a word of its own (A*), after a hyphen too.
    if (
        len("-".join(typed)) < _MIN_PREFIX_LENGTH
        or last.has_sign
        or (len(last.text) == 1 and last.text.isalpha())
    ):
        raise QueryError(
            "This is too short for a star:",
            "Type at least three characters before it, as in `quantiz*`. A star alone finds every paper.",
            text=text,
            position=start,
        )
    return Token(Kind.PREFIX, start, typed)


def _folded(text: str) -> tuple[str, ...]:
    return tuple(word.form for word in words(text))
