"""Sentences are found, and the one that says what a paper does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.core.sentences import purpose, sentences
from tests.cases import each


@each(
    "parts",
    [
        ["One is here.", "Two follows!", "Is it three?"],
        ["Smith et al. fly kites, e.g. Red ones, i.e. J. R. Smith's, as in Fig. 2 and Eq. 3.", "It works."],
        ["It was shown by Smith et al.", "We differ."],
        ["They use kites, ropes, etc.", "However, ropes tear."],
        ["Scores rise from 3.5 to 4.25 points vs. 3.1 before.", "Good."],
        ["It flies (well. It does) by itself.", "It lands."],
        ['It says "stop."', '"Go" is next.'],
        ["It works.", "π₀ is older.", "3 kites fly."],
        ["It ends here.We go on."],
        ["See https://a.example/b.html for more and gpt-4.1 or dots.mocr."],
    ],
)
def test_a_text_is_split_where_its_sentences_end(parts: list[str]) -> None:
    text = " ".join(parts)
    expected = parts if parts != ["It ends here.We go on."] else ["It ends here.", "We go on."]
    assert [text[start:end] for start, end in sentences(text)] == expected


@given(st.text(alphabet="ab AWe.!?()\"'…1 ", max_size=60))
def test_sentences_cover_the_text_in_order_and_without_overlaps(text: str) -> None:
    found = list(sentences(text))
    assert "".join(text[start:end] for start, end in found).replace(" ", "") == text.replace(" ", "")
    assert all(start < end for start, end in found)


@each(
    ("abstract", "begins"),
    [
        ("Kites are old. We propose to fly them. It works.", "We propose"),
        ("Kites are old. To address this gap, we introduce K. It works.", "We introduce K"),
        ("Kites are old. In this paper, we fly them.", "We fly them"),
        ("Kites are old. This paper presents K.", "This paper presents K"),
        ("Kites are old. However, we find that ropes tear. To this end, we present K.", "We present K"),
        ("Kites are old. We study ropes.", "We study ropes"),
        ("Kites are old. Our approach is better.", "Our approach"),
        ("Kites are old. They fly.", "Kites are old"),
        ("Inspired by birds, we build K.", "Inspired by birds, we build K"),
        ("", ""),
    ],
)
def test_a_text_begins_with_what_the_paper_does(abstract: str, begins: str) -> None:
    assert purpose(abstract).startswith(begins)
