"""What counts as a word, and where it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.words.tokenizer import words


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("Diffusion Models", "diffusion model"),
        ("Llama 4.1, (10,000) e.g.", "llama 4 1 10 000 e g"),
        ("Café naïve Ünïcode", "cafe naive unicode"),
        ("Łukasz Søren Đorđe", "lukasz soren dorde"),
        ("Straße STRASSE", "strasse strasse"),
        ("ﬁne ＧＰＴ x²", "fine gpt x2"),
        ("e\u0301tude", "etude"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("α-VAE Σ ς", "α vae σ σ"),
        ("C++ C# A* Q*-learning c", "c++ c# a* q* learning c"),
        ("F# and F++", "f# and f++"),
        ("lambda* 6*GPU SFT+RL 200+ #1", "lambda 6 gpu sft rl 200 1"),
        ("*a* **B** k", "a b k"),
        ("LLMs LLM's LLM’s GANs AIs IDs IoUs GPUs", "llm llm llm gan ai id iou gpu"),
        ("llm's gpus", "llm gpu"),
        ("model's users' don't As Is", "model s user don t as is"),
        ("Claude™ and GPT®", "claude and gpt"),
        ("snake_case a/b x@1", "snake case a b x 1"),
        ("扩散模型 한국어", "扩散模型 한국어"),
        ("… — !", ""),
    ],
)
def test_a_text_becomes_normalised_words(text: str, forms: str) -> None:
    assert " ".join(word.form for word in words(text)) == forms


def test_without_capitals_an_acronyms_plural_is_still_findable() -> None:
    (word,) = words("AIs")
    assert (word.form, word.other, word.text) == ("ai", "ais", "ais")


@pytest.mark.parametrize(
    "hyphen", ["-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2212", "\uff0d", "\ufe63"]
)
def test_a_hyphen_of_any_kind_joins_two_words(hyphen: str) -> None:
    assert [word.follows_hyphen for word in words(f"multi{hyphen}modal model")] == [False, True, False]


@pytest.mark.parametrize("gap", [" ", "- ", " -", "—", "--", "/", "_", "*-", "-(", "'-"])
def test_nothing_else_joins_two_words(gap: str) -> None:
    assert [word.follows_hyphen for word in words(f"multi{gap}modal")] == [False, False]


def test_a_word_with_a_sign_joins_nothing() -> None:
    assert not any(word.follows_hyphen for word in words("A*-search objective-C++"))


def test_words_have_their_offsets_in_the_text() -> None:
    text = "Straße für ﬁne-tuning LLM's, e\u0301tude"
    assert [text[word.start : word.end] for word in words(text)] == [
        "Straße",
        "für",
        "ﬁne",
        "tuning",
        "LLM's",
        "e\u0301tude",
    ]


@given(st.text())
def test_words_are_in_order_and_normalising_is_idempotent(text: str) -> None:
    found = words(text)
    assert [word.start for word in found] == sorted(word.start for word in found)
    for word in found:
        assert 0 <= word.start < word.end <= len(text)
        assert [again.form for again in words(word.form)] == [word.form]
