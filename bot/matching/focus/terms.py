"""The terms of a text: its words, folded as the index folds them, and its phrases of two and three words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from bot.core.words.inflection import LONG_FORMS
from bot.core.words.latex import readable
from bot.core.words.tokenizer import Mode, joined_forms, run_words, segments

LONGEST_TERM: Final = 3  # words
TITLE_WEIGHT: Final = 2  # of a word in the title; one in the abstract counts once
_LONGEST_COMPOUND: Final = 3  # words with hyphens that are read as one word too

_ACRONYMS: Final[defaultdict[tuple[str, ...], list[str]]] = defaultdict(list)
for _acronym, _long_form in LONG_FORMS.items():
    _ACRONYMS[run_words(_long_form)].append(_acronym.upper())
_LONGEST_LONG_FORM: Final = max(map(len, _ACRONYMS))
_FIRST_WORDS: Final = frozenset(words[0] for words in _ACRONYMS)


@lru_cache(maxsize=64)  # a run asks again for the papers of a day
def paper_terms(title: str, abstract: str) -> Counter[str]:
    """The terms of a paper, with their weight; not to be changed."""
    found: Counter[str] = Counter()
    for text, weight in ((title, TITLE_WEIGHT), (abstract, 1)):
        for term in _terms(text):
            found[term] += weight
    return found


def known_rows(words: Sequence[str], row: Mapping[str, int], usual: Container[str]) -> list[int]:
    """The rows of the longest known terms that the words can be read as, from the left.

    Usual words that have none are left out. Empty if another word has none: the others alone may be about
    anything.
    """
    found: list[int] = []
    start, count = 0, len(words)
    while start < count:
        word = words[start]
        for end in range(min(start + LONGEST_TERM, count), start + 1, -1):
            phrase = " ".join(words[start:end])
            if phrase in row:
                found.append(row[phrase])
                start = end
                break
        else:
            if word in row:
                found.append(row[word])
            elif word not in usual:
                return []
            start += 1
    return found


def _terms(text: str) -> Iterator[str]:
    words, others = _words(text)
    yield from words
    yield from others
    for length in range(2, LONGEST_TERM + 1):
        for start in range(len(words) - length + 1):
            yield " ".join(words[start : start + length])


def _words(text: str) -> tuple[list[str], list[str]]:
    """The words in their order, and the compounds and acronyms that some of them stand for too.

    A known acronym is in capitals.
    """
    words: list[str] = []
    others: list[str] = []
    for _, segment in segments(readable(text), Mode.RUN):
        path = segment[0]
        words += [_one(joined_forms(path, place, place + 1, Mode.RUN)) for place in range(len(path))]
        if 1 < len(path) <= _LONGEST_COMPOUND:
            others.append(joined_forms(path, 0, len(path), Mode.RUN)[0])
    for start, word in enumerate(words):
        if word in _FIRST_WORDS:
            others += _acronyms(words[start : start + _LONGEST_LONG_FORM])
    return words, others


def _acronyms(words: Sequence[str]) -> Iterable[str]:
    for end in range(1, len(words) + 1):
        yield from _ACRONYMS.get(tuple(words[:end]), ())


def _one(forms: tuple[str, ...]) -> str:
    return next((form for form in forms if form != form.lower()), forms[0])
