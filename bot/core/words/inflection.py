"""Singular and plural folded into one, with the tables of spellings and acronyms; no stemming.

A stemmer finds too much (`tokenizer` would find every *token*), and plural libraries fail on this field's
words (*bia* of bias, *len* of lens), so the rules are written here, with their tables in `inflection.txt`.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from importlib.resources import files
from typing import Final

from bot.core.tables import TextTable

_TABLE = TextTable("bot.core.words", "inflection.txt")
_NOT_PLURAL: Final = frozenset(_TABLE.words("not plural"))
_ICS_PLURALS: Final = frozenset(_TABLE.words("plural in -ics"))
_IRREGULAR: Final = _TABLE.pairs("irregular")
_IRREGULAR_ENDINGS: Final = _TABLE.words("irregular endings")
_UNCHANGING_ENDINGS: Final = _TABLE.words("unchanging endings")
_IE_PLURALS: Final = frozenset(_TABLE.words("plural of -ie"))
_CHE_ENDINGS: Final = _TABLE.words("plural of -che")


def _pairs(name: str) -> list[tuple[str, str]]:
    """The rows of a table of two columns; lines that begin with # are comments."""
    lines = (files("bot.core.words") / name).read_text("utf-8").splitlines()
    return [
        (first, second) for first, _, second in (line.partition("\t") for line in lines if line[:1] != "#")
    ]


_ACRONYMS: Final = frozenset(_TABLE.words("acronyms"))
# The last letters of every plural that does not end with s.
_IRREGULAR_TAILS: Final = frozenset(plural[-2:] for plural in (*_IRREGULAR, *_IRREGULAR_ENDINGS))

_SHORT: Final = 3  # letters; a last s of a word this short is its own
_IRREGULAR_PLURALS: Final[defaultdict[str, list[str]]] = defaultdict(list)
for _plural, _one in _IRREGULAR.items():
    _IRREGULAR_PLURALS[_one].append(_plural)


def fold(word: str, source: str = "") -> str:
    """The singular of a lower-case word; a word that is not a plural is returned unchanged. Idempotent.

    `source` is the word as written: its capitals show that *GAs* is an acronym's plural.
    """
    if source and has_small_s(word, source):
        return fold(word[:-1])
    if word[-1:] == "s" or word[-2:] in _IRREGULAR_TAILS:
        return _fold(word)
    return word


def has_small_s(word: str, source: str) -> bool:
    """Whether the word, as written, is an acronym's plural: *LLMs*, *AIs*. Words of the tables never are."""
    acronym = source[:-1]
    return (
        source[-1:] == "s"
        and acronym[-1:].isupper()
        and sum(map(str.isupper, acronym)) >= 2
        and word not in _NOT_PLURAL
        and word not in _IRREGULAR
    )


@lru_cache(maxsize=65536)
def _fold(word: str) -> str:
    while True:
        folded = _singular(word)
        if folded == word:
            return word
        word = folded


@lru_cache(maxsize=65536)
def numbers(word: str) -> tuple[str, ...]:
    """A folded word and its plurals: each can be a part of a compound (*sales* in *Salesforce*)."""
    regular = [word + "s"]
    if word[-1] in "sxzh":
        regular.append(word + "es")
    elif word[-1] == "y" and word[-2:-1] not in "aeiou":
        regular.append(word[:-1] + "ies")
    known = [plural for plural in regular if fold(plural) == word]
    return (word, *known, *_IRREGULAR_PLURALS.get(word, ()))


def _singular(word: str) -> str:  # noqa: PLR0911 - one return per rule
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(_IRREGULAR_ENDINGS):
        ending = next(ending for ending in _IRREGULAR_ENDINGS if word.endswith(ending))
        return word.removesuffix(ending) + _IRREGULAR[ending]
    if not word.endswith("s") or word in _NOT_PLURAL or word.endswith(_UNCHANGING_ENDINGS):
        return word
    if word[:-1] in _ACRONYMS:
        return word[:-1]
    if len(word) <= _SHORT:
        return word
    if word.endswith(("ss", "us", "is")) or (word.endswith("ics") and word not in _ICS_PLURALS):
        return word
    if word.endswith("ies"):
        return word[:-1] if len(word) == 4 or word in _IE_PLURALS else word[:-3] + "y"
    if word.endswith(("sses", "xes", "shes", "zzes")) or (
        word.endswith("ches") and not word.endswith(_CHE_ENDINGS) and word != "aches"
    ):
        return word[:-2]
    return word[:-1]


# By the British spelling of a singular.
AMERICAN: Final = {fold(british): fold(american) for british, american in _pairs("spelling.tsv")}
BRITISH: Final = {american: british for british, american in AMERICAN.items()}
# The long form of each acronym that is searched as it, by the acronym's singular.
LONG_FORMS: Final = {fold(acronym.lower()): long_form for acronym, long_form in _pairs("acronyms.tsv")}
# How each acronym is written, by its singular: CoT, LLM, 3DGS.
WRITTEN_ACRONYMS: Final = {fold(acronym.lower()): acronym for acronym, _ in _pairs("acronyms.tsv")}
