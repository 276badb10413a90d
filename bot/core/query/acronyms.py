"""Acronyms in a query: each is searched as its long form too, and each long form as its acronym."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from bot.core.query.phrase_search import query_readings
from bot.core.words.inflection import LONG_FORMS
from bot.core.words.tokenizer import Mode, run_words

# Beyond this number of ways to write a run, further ones are not searched. Bounds the work on a hostile
# query.
MAX_EXPANSIONS: Final = 64

_OTHER_FORMS: Final[defaultdict[tuple[str, ...], list[tuple[str, ...]]]] = defaultdict(list)
for _acronym, _long_form in LONG_FORMS.items():
    _OTHER_FORMS[(_acronym,)].append(run_words(_long_form))
    # In capitals: a text's word stands for the long form only if it has at least two.
    _OTHER_FORMS[run_words(_long_form)].append((_acronym.upper(),))
_BEGUN: Final = frozenset(words[:end] for words in _OTHER_FORMS for end in range(1, len(words) + 1))
# What the first word may begin with: `multi-modal LLM` is read as `multimodal LLM` too.
_BEGINNINGS: Final = frozenset(
    words[0][:end] for words in _OTHER_FORMS for end in range(1, len(words[0]) + 1)
)


@lru_cache(maxsize=4096)
def expansions(words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Every way to write the run of words with acronyms and their long forms, as typed first.

    Every stretch that is a whole acronym or long form is replaced, again and again until nothing is new. An
    acronym that was put in is in capitals; one that was typed finds itself in any case (`rope`).
    """
    if _BEGINNINGS.isdisjoint(words):
        return (words,)
    found = {words: words}  # by the words in lower case
    waiting = [words]
    for current in waiting:
        for replaced in _replaced(current):
            key = tuple([word.lower() for word in replaced])
            if key not in found and len(found) < MAX_EXPANSIONS:
                found[key] = replaced
                waiting.append(replaced)
    return tuple(found.values())


def expansions_in_capitals(words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """As `expansions`, with those acronyms that were typed in capitals, too."""
    return tuple([tuple([in_capitals(word) for word in expansion]) for expansion in expansions(words)])


def in_capitals(word: str) -> str:
    return word.upper() if word in LONG_FORMS else word


def _replaced(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [
        (*words[:start], *other, *words[end:])
        for start in range(len(words))
        if words[start].lower() in _BEGINNINGS
        for end, read in _stretches(words, start)
        for other in _OTHER_FORMS.get(read, ())
    ]


def _stretches(
    words: tuple[str, ...], start: int, read: tuple[str, ...] = ()
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """What the words from `start` on may be read as, each hyphen and space as a space or as nothing."""
    if start == len(words):
        return
    for end, word in query_readings(words, start, Mode.RUN):
        longer = (*read, word.lower())
        if longer in _BEGUN:
            yield end, longer
            yield from _stretches(words, end, longer)


def canonical(words: Sequence[str]) -> tuple[str, ...]:
    """The one way to write the run that stands for all of them: with every acronym in its long form."""
    in_full: list[str] = []
    for word in words:
        in_full += canonical(run_words(LONG_FORMS[word])) if word in LONG_FORMS else [word]
    return tuple(in_full)
