"""Rewrites: other ways to type a query that may be what was meant. Nothing is rewritten without a press.

Whether a rewrite is worth a hint is decided in `hints`, by what both queries find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bot.core.query.acronyms import expansions
from bot.core.query.errors import QueryError
from bot.core.query.nodes import And, Field, Node, Or, Phrase, all_phrases, positive_phrases
from bot.core.query.parser import parse_query
from bot.core.tables import TextTable
from bot.core.words.latex import readable
from bot.core.words.tokenizer import run_words

_OPERATORS: Final = {"and": "AND", "&": "AND", "&&": "AND", "or": "OR", "|": "OR", "||": "OR", "not": "NOT"}
_OR_WITHOUT_SPACES = re.compile(r"(?<=\w)\|{1,2}(?=\w)")
_WORD = re.compile(r"[^\W_]+")
# Left out where the words of a phrase are searched one by one.
_FUNCTION_WORDS: Final = frozenset(TextTable("bot.core.words", "stop_words.txt").words("grammar"))
# These belong to the word behind them: *multi modal*, *fine grained*.
_FIRST_PARTS: Final = frozenset(
    "co cross few fine inter intra multi non off open post pre re self semi sub un zero".split()  # noqa: SIM905 - easier to read
)
# What the beginnings of a word end before; the longest first.
_ENDINGS: Final = (
    *("ization", "isation", "izing", "ising", "izer", "iser", "ized", "ised"),
    *("ation", "ative", "ator", "ating", "ated", "ing", "ion", "ive", "or", "er", "ed"),
)
_KEPT: Final = ("iz", "is")  # of an ending that begins with it
_MIN_BEGINNING: Final = 5


class Kind(IntEnum):
    """What a rewrite changes; the most useful first."""

    OPERATOR = 1  # `and`, `|`, `;` and the like are words or punctuation
    SURNAME_FIRST = 2  # `author:He, Kaiming`
    NUMBER = 3  # `10,000 tokens`
    MINUS_FOR_ALL = 4  # a minus reaches only the last of several keywords
    SPELLING = 5  # no paper has this word
    RARE = 6  # hardly a paper has this word
    NAME_AND_WORDS = 7  # nobody is called that
    ALL_WORDS = 8  # the words of a phrase, anywhere
    TWO_WORDS = 9  # `finetuning` does not find *fine tuning*
    BEGINNING = 10  # `tokenizer` does not find *tokenization*
    CAPITALS = 11  # `IT` finds *it*
    TOPIC = 12  # what the paper is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    kind: Kind
    text: str  # what to type instead
    about: str = ""  # the part of the query that it replaces, or the word that is meant


def operators(typed: str) -> Iterator[Rewrite]:
    """With operators for what other search boxes take as operators."""
    text = readable(typed)
    rewritten = text
    signs: list[str] = []
    for phrase in reversed([phrase for phrase in all_phrases(parse_query(text).root) if phrase.is_run]):
        changed = _with_operators(phrase.source, signs)
        if changed != phrase.source:
            rewritten = _replaced(rewritten, phrase, changed)
    if rewritten != text and _is_query(rewritten):
        yield Rewrite(kind=Kind.OPERATOR, text=rewritten, about=signs[0])


def _with_operators(source: str, signs: list[str]) -> str:
    chunks: list[str] = []
    for chunk in source.split(" "):
        changed = _OPERATORS.get(chunk) or _OR_WITHOUT_SPACES.sub(" OR ", chunk)
        if changed == chunk and chunk != ";" and chunk.endswith(";"):
            changed = chunk[:-1] + ","
        elif chunk == ";" and chunks:
            changed = chunks.pop() + ","
        elif chunk.startswith("!") and _WORD.search(chunk):
            changed = "-" + chunk.lstrip("!")
        elif chunks and chunk == "!":
            changed = "NOT"
        if changed != chunk:
            signs.append(chunk if chunk in _OPERATORS else next(sign for sign in "|;!" if sign in chunk))
        chunks.append(changed)
    return " ".join(chunks)


def minus_for_all(parts: Sequence[str]) -> Iterator[Rewrite]:
    """With what the last of several keywords excludes excluded from each; they are separated by commas."""
    if len(parts) < 2:
        return
    roots = [parse_query(part).root for part in parts]
    last = roots[-1]
    if not isinstance(last, And) or not last.without:
        return
    if any(isinstance(root, And) and root.without for root in roots[:-1]):
        return
    excluded = " ".join(f"-{_as_term(node)}" for node in last.without)
    rewritten = [
        f"({part}) {excluded}" if isinstance(root, Or) else f"{part} {excluded}"
        for part, root in zip(parts[:-1], roots[:-1], strict=True)
    ]
    yield Rewrite(kind=Kind.MINUS_FOR_ALL, text=", ".join([*rewritten, parts[-1]]), about=excluded)


def _as_term(node: Node) -> str:
    """The node as one term of the language, in the words typed where it is a phrase."""
    if not isinstance(node, Phrase):
        return f"({node})"
    return _term_of(node, node.field)


def _term_of(phrase: Phrase, field: Field | None) -> str:
    typed = phrase.source if phrase.is_quote else " ".join(_chunks(phrase))
    one = typed if phrase.is_quote or " " not in typed else f"({typed})"
    return one if field is None else f"{field}:{one}"


def all_words(typed: str) -> Iterator[Rewrite]:
    """With `AND` between the words of a phrase; acronyms' long forms and compounds stay together."""
    text = readable(typed)
    for phrase in _wanted_runs(text):
        chunks = [chunk for chunk in _units(_chunks(phrase)) if chunk.lower() not in _FUNCTION_WORDS]
        if len(chunks) > 1:
            rewritten = _replaced(text, phrase, " AND ".join(chunks))
            yield Rewrite(kind=Kind.ALL_WORDS, text=rewritten, about=phrase.source)


def _chunks(phrase: Phrase) -> list[str]:
    """The parts of the phrase between spaces, without those that are only punctuation."""
    return [chunk for chunk in phrase.source.split(" ") if _WORD.search(chunk)]


def _units(words: Sequence[str]) -> Iterator[str]:
    """The words, those of an acronym's long form and of a compound as one."""
    start = 0
    while start < len(words):
        is_first_part = words[start].lower() in _FIRST_PARTS and start + 1 < len(words)
        end = next(
            (
                end
                for end in range(len(words), start + 1, -1)
                if any(len(other) == 1 for other in expansions(run_words(" ".join(words[start:end]))))
            ),
            start + 1 + is_first_part,
        )
        yield " ".join(words[start:end])
        start = end


def names_and_words(typed: str) -> Iterator[Rewrite]:
    """With the last words of a name searched as words; the longest name first."""
    text = readable(typed)
    for phrase in positive_phrases(parse_query(text).root):
        words = phrase.source.split(" ")
        if not phrase.is_name or phrase.is_quote:
            continue
        for end in range(len(words) - 1, 0, -1):
            name, rest = " ".join(words[:end]), " ".join(words[end:])
            rewritten = _replaced(text, phrase, f"{name} AND {rest}")
            yield Rewrite(kind=Kind.NAME_AND_WORDS, text=rewritten, about=f"{phrase.field}:{phrase.source}")


def beginning(typed: str) -> Iterator[Rewrite]:
    """With a star after the beginning of the query's only word."""
    text = readable(typed)
    if not text.isalpha():
        return
    (word,) = run_words(text) or ("",)
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word:
            stem += next((kept for kept in _KEPT if ending.startswith(kept)), "")
            if len(stem) >= _MIN_BEGINNING:
                yield Rewrite(kind=Kind.BEGINNING, text=f"{stem}*", about=text)
            return


def in_capitals(typed: str) -> Iterator[Rewrite]:
    """In quotes, where the query's only word is in capitals."""
    text = readable(typed)
    if text.isalpha() and text.isupper() and len(text) > 1:
        yield Rewrite(kind=Kind.CAPITALS, text=f'"{text}"', about=text)


def as_topic(typed: str) -> Iterator[Rewrite]:
    """With `topic:` in front of what is wanted; no paper is about a number."""
    text = readable(typed)
    rewritten = text
    for phrase in sorted(positive_phrases(parse_query(text).root), key=lambda item: -item.position):
        if phrase.field is None and not _is_number(phrase.source):
            rewritten = _replaced(rewritten, phrase, _term_of(phrase, Field.TOPIC))
    if rewritten != text and _is_query(rewritten):
        yield Rewrite(kind=Kind.TOPIC, text=rewritten, about=text)


def _is_number(source: str) -> bool:
    return not any(map(str.isalpha, source)) and any(map(str.isdigit, source))


def words_of(typed: str) -> tuple[str, ...]:
    """The words of the phrases that are wanted, folded, for which a similar one or two may be meant."""
    return tuple(word for phrase in _wanted_runs(readable(typed)) for word in phrase.words if word.isalpha())


def with_word(typed: str, word: str, instead: str, kind: Kind) -> Iterator[Rewrite]:
    """With another word in the place of a folded one."""
    text = readable(typed)
    for phrase in _wanted_runs(text):
        for part in _WORD.finditer(phrase.source):
            if run_words(part[0]) == (word,):
                changed = phrase.source[: part.start()] + instead + phrase.source[part.end() :]
                yield Rewrite(kind=kind, text=_replaced(text, phrase, changed), about=part[0])
                return


def _wanted_runs(text: str) -> list[Phrase]:
    return [phrase for phrase in positive_phrases(parse_query(text).root) if phrase.is_run]


def _replaced(text: str, phrase: Phrase, instead: str) -> str:
    return text[: phrase.position] + instead + text[phrase.position + len(phrase.source) :]


def _is_query(text: str) -> bool:
    try:
        parse_query(text)
    except QueryError:
        return False
    return True
