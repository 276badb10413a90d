"""A cut text ends where a reader would pause."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.cutting import cut, length, shorten


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("It flies. It lands. It rests.", 20, "It flies. It lands."),
        ("It flies over the sea, and it lands on the shore of an island", 40, "It flies over the sea…"),
        (
            "It flies over the sea (of Japan) and lands on some island",
            37,
            "It flies over the sea (of Japan)…",
        ),
        ("It has these parts: (1) a rope, (2) a kite that flies", 36, "It has these parts: (1) a rope…"),
        ("It flies over many seas and lands on an island", 41, "It flies over many seas and lands…"),
    ],
)
def test_prose_is_cut_at_a_sentence_else_a_clause_else_a_word(text: str, limit: int, short: str) -> None:
    assert cut(text, limit) == short


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("The flight of a kite", 16, "The flight…"),
        ("Some kites (e.g. red ones)", 17, "Some kites…"),
        ("A kite called “The Bird of Paradise”", 26, "A kite called…"),
        ("A few red kites with and without strings", 31, "A few red kites…"),
        ("One very longwordthatneverends", 20, "One very longwordth…"),
    ],
)
def test_no_cut_points_to_what_is_missing(text: str, limit: int, short: str) -> None:
    assert shorten(text, limit) == short


@given(st.text(max_size=80), st.integers(0, 90))
def test_a_cut_text_fits_and_is_its_beginning(text: str, limit: int) -> None:
    for short in (shorten(text, limit), cut(text, limit)):
        assert length(short) <= limit
        assert short == text or text.startswith(short.removesuffix("…").rstrip())
