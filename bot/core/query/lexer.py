"""The tokens of a query, as the parser reads them."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final, NamedTuple

from bot.core.papers import parse_paper_id
from bot.core.query.errors import QueryError
from bot.core.query.nodes import MIN_PREFIX_LENGTH, Field
from bot.core.words.characters import without_accents
from bot.core.words.tokenizer import Mode, parts_of, run_words
from bot.errors import UserError

# Quotes, full-width signs and minus signs as keyboards type them. One character each, so that offsets hold.
_SYNTAX: Final = str.maketrans(
    "\u201c\u201d\u201e\u201f\u2033\uff02\uff08\uff09\uff0c\u3001\uff1a\uff0a\u2010\u2011\u2013\u2212\ufe63\uff0d",
    '\u201c\u201c\u201c\u201c\u201c"(),,:*------',
)
# Only a plain quote closes a plain quote, so that a pasted title may have curly ones in it.
_CLOSING_QUOTE: Final = {'"': re.compile('"'), "\u201c": re.compile('["\u201c]')}
_CHUNK = re.compile(r'[^\s"\u201c(),]+|\S')
_FIELD = re.compile(r"([^\W\d_]+):")  # and all of it letters: ² is one of these characters too
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_FIELDS: Final = {str(field): field for field in Field}


class Kind:
    """The kinds of tokens: plain text, as a lookup in an Enum costs as much as the rest of a token."""

    WORD: Final = "word"  # what is between spaces, commas, quotes and parentheses; not just punctuation
    PREFIX: Final = "prefix"  # a word that ends in a star, which is no A*
    QUOTE: Final = "quote"
    EVERYTHING: Final = "*"
    FIELD: Final = "field"
    MINUS: Final = "-"
    AND: Final = "AND"
    OR: Final = "OR"
    NOT: Final = "NOT"
    COMMA: Final = ","
    OPEN: Final = "("
    CLOSE: Final = ")"
    END: Final = "end"


_SIGNS: Final = frozenset({Kind.AND, Kind.OR, Kind.NOT, Kind.COMMA, Kind.OPEN, Kind.CLOSE})


class Token(NamedTuple):
    kind: str
    start: int
    end: int
    field: Field | None = None


def tokens(text: str) -> list[Token]:
    """The tokens of a query without LaTeX and with white space collapsed; the last one is END.

    Punctuation is left out. What a minus excludes and what a field holds is for the parser.

    Raises:
        QueryError: an unclosed quote, an unknown field, or a star that follows no word or too short a one.
    """
    syntax = _syntax_of(text)
    found: list[Token] = []
    end = 0
    while chunk := _CHUNK.search(syntax, end):
        start, end = chunk.span()
        typed = chunk[0]
        if typed in _SIGNS:
            found.append(Token(typed, start, end))
        elif typed in _CLOSING_QUOTE:
            end = _quote_end(text, syntax, start)
            found.append(Token(Kind.QUOTE, start, end))
        elif typed.isalnum() and typed.isascii():
            found.append(Token(Kind.WORD, start, end))
        elif token := _token(text, syntax, start, end):
            found.append(token)
            end = token.end
    found.append(Token(Kind.END, len(text), len(text)))
    return found


def is_prefix(word: str, mode: Mode, *, text: str, position: int) -> bool:
    """Whether a word ends in a star that makes it the beginning of words.

    `A*` is a separate word, but not in a name, where it can only be a beginning.

    Raises:
        QueryError: it is too short. `text` and `position` are the query and the place that the error shows.
    """
    if not _syntax_of(word).endswith("*"):
        return False
    words = [part.text for part in parts_of(word, mode)]
    if not words or words[-1].endswith("*"):
        return False
    if sum(map(len, words)) < MIN_PREFIX_LENGTH:
        is_name = mode is Mode.NAME
        example = "author:Schmidhub*" if is_name else "quantiz*"
        otherwise = "For an initial, leave the star out." if is_name else "A star alone finds every paper."
        raise QueryError(
            "This is too short for a star:",
            f"Type at least three characters before it, as in `{example}`. {otherwise}",
            text=text,
            position=position,
        )
    return True


def _syntax_of(text: str) -> str:
    """The text with every kind of parenthesis, comma, colon, star, minus and quote as one of its kind."""
    return text if text.isascii() else text.translate(_SYNTAX)


def _quote_end(text: str, syntax: str, start: int) -> int:
    close = _CLOSING_QUOTE[syntax[start]].search(syntax, start + 1)
    if not close:
        raise QueryError(
            "This quotation mark is never closed:",
            'Add another `"` where the phrase ends.',
            text=text,
            position=start,
        )
    return close.end()


def _token(text: str, syntax: str, start: int, end: int) -> Token | None:
    """The first token of a chunk without spaces; None if it is punctuation."""
    chunk = syntax[start:end]
    if chunk == "*":
        if syntax[start - 1 : start] in {'"', "\u201c", ")"}:
            raise QueryError(
                "This star does not follow a word:",
                'Put it right after the beginning of a word, as in `quantiz*` or `"gaussian splat*"`. '
                "A star alone finds every paper.",
                text=text,
                position=start,
            )
        return Token(Kind.EVERYTHING, start, end)
    if chunk[0] == "-" and (start == 0 or syntax[start - 1] in " ,(:"):
        excluded = chunk.lstrip("-")
        if excluded in {"", "*"}:
            is_minus = excluded == "*" or syntax[end : end + 1] in {'"', "\u201c", "("}
        else:
            is_minus = _has_word(excluded)
        return Token(Kind.MINUS, start, end - len(excluded)) if is_minus else None
    named = _FIELD.match(chunk)
    if named and named[1].isalpha() and (token := _field(text, syntax, start, named)):
        return token
    if is_prefix(chunk, Mode.PREFIX, text=text, position=start):
        return Token(Kind.PREFIX, start, end)
    return Token(Kind.WORD, start, end) if _has_word(chunk) else None


def _field(text: str, syntax: str, start: int, named: re.Match[str]) -> Token | None:
    """The field that a chunk begins with; None if its colon is punctuation."""
    name = named[1]
    end = start + named.end()
    is_followed = syntax[end : end + 1] not in {"", " ", ",", ")"}
    field = _FIELDS.get(without_accents(name).casefold())
    if field and (is_followed or name.islower()):
        return Token(Kind.FIELD, start, end, field)
    if field or not is_followed:
        return None
    problem, remedy = "This field does not exist:", _field_advice(name)
    try:
        paper = parse_paper_id(text[start:].split(maxsplit=1)[0])
    except UserError:
        pass
    else:
        problem = "This is one paper, not a keyword:"
        remedy = f"To open it, use `/paper paper:{paper}`."
    raise QueryError(problem, remedy, text=text, position=start)


def _field_advice(name: str) -> str:
    meant = "".join(
        f"Did you mean `{field}:`? "
        for field in get_close_matches(name.casefold(), _FIELDS, n=1, cutoff=0.75)
    )
    names = [f"`{field}:`" for field in _FIELDS]
    return (
        f"{meant}The fields are {', '.join(names[:-1])} and {names[-1]}. To search for the words, type them "
        "without the colon."
    )


def _has_word(chunk: str) -> bool:
    return bool(_LETTER_OR_DIGIT.search(chunk) if chunk.isascii() else run_words(chunk))
