"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from bot.core.plurals import count, in_a_list, of_them


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "no papers"), (1, "1 paper"), (2, "2 papers"), (1_234, "1,234 papers")]
)
def test_a_noun_agrees_with_its_number(number: int, expected: str) -> None:
    assert count(number, "paper") == expected


def test_a_plural_can_be_given_and_zero_be_a_figure() -> None:
    assert count(2, "match", "matches") == "2 matches"
    assert count(0, "paper", zero="0") == "0 papers"


@pytest.mark.parametrize(
    ("part", "whole", "expected"), [(1, 2, "1 of them"), (1, 1, "it"), (2, 2, "both"), (3, 3, "all of them")]
)
def test_a_part_of_a_count_reads_naturally(part: int, whole: int, expected: str) -> None:
    assert of_them(part, whole) == expected


@pytest.mark.parametrize(
    ("words", "expected"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_words_are_joined_with_commas_and_and(words: list[str], expected: str) -> None:
    assert in_a_list(words) == expected
