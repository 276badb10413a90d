"""Numbers with their nouns: the one helper for every text and log line."""

from __future__ import annotations

from collections.abc import Sequence


def count(number: int, noun: str, plural: str = "", *, zero: str = "no") -> str:
    """`1 paper`, `2 papers`, `no papers`; `plural` where it is not the noun and an s."""
    return f"{f'{number:,}' if number else zero} {noun if number == 1 else plural or f'{noun}s'}"


def is_or_are(number: int) -> str:
    return "is" if number == 1 else "are"


def of_them(part: int, whole: int) -> str:
    """How many of some things that were just counted: `it`, `both`, `all of them`, `2 of them`.

    `part` is at least 1.
    """
    if part < whole:
        return f"{part:,} of them"
    return {1: "it", 2: "both"}.get(whole, "all of them")


def in_a_list(words: Sequence[str], *, joiner: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; '' for no words."""
    return f" {joiner} ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
