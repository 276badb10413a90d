"""Singular and plural folded into one, and nothing else: no stemming.

A stemmer finds too much (`tokenizer` would find every *token*), and plural libraries fail on this field's
words (*bia* of bias, *len* of lens), so the rules are written here, with their tables in `inflection.txt`.
"""

from __future__ import annotations

from functools import lru_cache
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
ACRONYMS: Final = frozenset(_TABLE.words("acronyms"))

# The letters that plurals end in. A word that ends in another is its own singular, and most words do.
_PLURAL_ENDS: Final = frozenset("s") | {plural[-1] for plural in _IRREGULAR}


def fold(word: str) -> str:
    """The singular of a lower-case word; a word that is not a plural is returned unchanged. Idempotent."""
    return _fold(word) if word[-1:] in _PLURAL_ENDS else word


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
    regular = (word + "s", word + "es", word[:-1] + "ies")
    irregular = (plural for plural, singular in _IRREGULAR.items() if singular == word)
    return (word, *(plural for plural in regular if fold(plural) == word), *irregular)


def _singular(word: str) -> str:  # noqa: PLR0911 - one return a rule
    if len(word) <= 3:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(_IRREGULAR_ENDINGS):
        ending = next(ending for ending in _IRREGULAR_ENDINGS if word.endswith(ending))
        return word.removesuffix(ending) + _IRREGULAR[ending]
    if not word.endswith("s") or word in _NOT_PLURAL or word.endswith(_UNCHANGING_ENDINGS):
        return word
    if word[:-1] in ACRONYMS:
        return word[:-1]
    if word.endswith(("ss", "us", "is")) or (word.endswith("ics") and word not in _ICS_PLURALS):
        return word
    if word.endswith("ies"):
        return word[:-1] if len(word) == 4 or word in _IE_PLURALS else word[:-3] + "y"
    if word.endswith(("sses", "xes", "shes", "zzes")) or (
        word.endswith("ches") and not word.endswith(_CHE_ENDINGS) and word != "aches"
    ):
        return word[:-2]
    return word[:-1]
