"""What counts as a word, and where it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.words.tokenizer import Mode, Part, forms, query_words, run_words, segments
from tests.cases import each


def parts(text: str, mode: Mode = Mode.RUN) -> list[Part]:
    return [part for _, segment in segments(text, mode) for part in segment[0]]


@each(
    ("text", "words"),
    [
        ("Diffusion Models", "diffusion model"),
        ("Llama 4.1, (10,000) e.g.", "llama 4 1 10 000 e g"),
        ("Café naïve Ünïcode", "cafe naive unicode"),
        ("Łukasz Søren Đorđe", "lukasz soren dorde"),
        ("Straße STRASSE", "strasse strasse"),
        ("ﬁne ＧＰＴ x²", "fine gpt x 2"),
        ("e\u0301tude", "etude"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("α-VAE Σ ς", "alpha vae sigma sigma"),
        ("C++ C# A* Q*-learning c", "c++ c# a* q* learning c"),
        ("F# and F++", "f# and f++"),
        ("lambda* 6*GPU SFT+RL 200+ #1", "lambda 6 gpu sft rl 200 1"),
        ("*a* **B** k", "a b k"),
        ("LLMs LLM's LLM’s GANs AIs IDs IoUs GPUs", "llm llm llm gan ai id iou gpu"),
        ("llm's gpus", "llm gpu"),
        ("model's users' don't As Is", "model user don t as is"),
        ("Claude™ and GPT®", "claude and gpt"),
        ("snake_case a/b x@1", "snake case a b x 1"),
        ("扩散模型 한국어", "扩散模型 한국어"),
        ("… — !", ""),
    ],
)
def test_a_text_becomes_normalized_words(text: str, words: str) -> None:
    assert " ".join(run_words(text)) == words


def test_without_capitals_an_acronyms_plural_is_still_findable() -> None:
    assert forms("ais", "AIs", Mode.RUN) == ("ai", "ais")


def test_an_acronym_stands_for_its_long_form_only_with_two_capitals() -> None:
    assert forms("rope", "RoPE", Mode.RUN) == ("rope", "ROPE")
    assert forms("rope", "rope", Mode.RUN) == ("rope",)


@pytest.mark.parametrize("hyphen", ["-", "\u2010", "\u2011", "\uff0d", "\ufe63", "_"])
def test_a_hyphen_of_any_kind_joins_two_words(hyphen: str) -> None:
    assert [part.joins for part in parts(f"multi{hyphen}modal model")] == [False, True, False]


@each("gap", [" ", "- ", " -", "—", "\u2013", "\u2212", "/", "*-", "-(", "'-"])
def test_nothing_else_joins_two_words(gap: str) -> None:
    assert [part.joins for part in parts(f"multi{gap}modal")] == [False, False]


def test_a_word_with_a_sign_joins_nothing() -> None:
    assert not any(part.joins for part in parts("A*-search objective-C++"))


@each(
    ("text", "divided"),
    [
        ("Qwen2.5", "qwen-2 5"),
        ("Llama3", "llama-3"),
        ("DINOv2", "dino-v-2"),
        ("GPT-4o", "gpt-4o"),
        ("R1 4o x8 v2", "r1 4o x8 v2"),
        ("Text2SQL", "text-2sql"),
        ("τ-bench π0 π_0", "tau-bench pi-0 pi-0"),
        ("αβ 5µm", "αβ 5\u00b5m"),
        ("H₂O", "h2o"),
    ],
)
def test_versions_and_greek_letters_are_set_off_by_hyphens(text: str, divided: str) -> None:
    shown = "".join(("-" if part.joins else " ") + part.text for part in parts(text))
    assert shown.strip() == divided


@pytest.mark.parametrize("text", ["R³-Bench", "R^3-Bench", "R^{3}-Bench"])
def test_a_raised_figure_of_a_text_may_be_left_out(text: str) -> None:
    ((_, segment),) = segments(text, Mode.RUN)
    assert [[part.text for part in path] for path in segment] == [["r", "3", "bench"], ["r", "bench"]]
    assert run_words(text) == ("r", "3", "bench")
    assert query_words(text, Mode.QUOTE) == ("r3", "bench")


def test_a_quote_keeps_the_capitals_that_count() -> None:
    assert query_words("CLIPs PyTorch 3D Vision-Language Models", Mode.QUOTE) == (
        "CLIP",
        "PyTorch",
        "3d",
        "vision",
        "language",
        "model",
    )


def test_nothing_of_a_name_is_folded_but_accents_and_strokes() -> None:
    assert query_words("Łukasz Müller-Rivers", Mode.NAME) == ("lukasz", "muller", "rivers")


def test_words_have_their_offsets_in_the_text() -> None:
    text = "Straße für ﬁne-tuning LLM's, e\u0301tude"
    places = [
        text[start + part.start : start + part.end]
        for start, segment in segments(text, Mode.RUN)
        for part in segment[0]
    ]
    assert places == ["Straße", "für", "ﬁne", "tuning", "LLM", "e\u0301tude"]


@given(st.text(), st.sampled_from(Mode))
def test_words_are_in_order_and_normalizing_is_idempotent(text: str, mode: Mode) -> None:
    found = [
        (start + part.start, start + part.end)
        for start, segment in segments(text, mode)
        for part in segment[0]
    ]
    assert found == sorted(found)
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert run_words(" ".join(run_words(text))) == run_words(text)
