"""Numbers with their nouns."""

from __future__ import annotations


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 paper`, `2 papers`, `no papers`; `plural` where it is not the noun and an s."""
    return f"{number or 'no'} {noun if number == 1 else plural or f'{noun}s'}"


def is_or_are(number: int) -> str:
    return "is" if number == 1 else "are"
