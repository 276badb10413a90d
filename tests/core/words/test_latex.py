"""Simple LaTeX becomes characters; what is not simple stays as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.words.latex import readable
from tests.cases import each

READ = [
    ("two  words\n\there ", "two words here"),
    (r"$\alpha$-divergence", "α-divergence"),
    (r"\textsc{Paperboy}", "Paperboy"),
    (r"50\% of \$5 \& \#1 a\_b", "50% of $5 & #1 a_b"),
    (r"\emph{a \textbf{bold} word}", "a bold word"),
    (r"$\mathcal{O}(n^2)$", "O(n²)"),
    (r"$2\times$ faster, 4$\times$4", "2× faster, 4×4"),
    (r"R$^2$-Bench and $\tau^2$-Bench", "R²-Bench and τ²-Bench"),
    (r"Caf\'e M\"uller Erd\H{o}s \v{S}imon", "Café Müller Erdős Šimon"),
    (r"{\'e}t\'{e} Gar{\c c}on Mendon{\c{c}}a na\"{\i}ve", "été Garçon Mendonça naïve"),
    (r"\"Ozg\"ur", "Özgür"),
    (r"Stra\ss e S\o ren Po{\l}and \L{}ukasz", "Straße Søren Połand Łukasz"),
    (r"Fig.~1 takes ~10%", "Fig. 1 takes ~10%"),
    ("a--b c---d e -- f", "a–b c—d e – f"),
    ("``quoted''", "“quoted”"),
    (r"90$^{\circ}$ and $90^\circ$", "90° and 90°"),
    (r"$x_{max}$, $\pi_{0.5}$, $x_1$, $10^{-3}$", "x_max, π₀.₅, x₁, 10⁻³"),
    (r"A$^*$ and Q$^*$", "A* and Q*"),
    (r"Foo\allowbreak Bar\xspace{} is", "Foo Bar is"),
    (r"{\bf Bold} \href{https://example.org}{here}", "Bold here"),
    (r"\(\beta\) \ldots", "β …"),
    (r"$\{x\}$ \alpha{} $\sqrt{n}$", r"$\{x\}$ α √n"),
]


@each(("latex", "text"), READ)
def test_simple_latex_becomes_characters(latex: str, text: str) -> None:
    assert readable(latex) == text


@each(
    "text",
    [
        r"$\frac{a}{b}$",
        "$5 to $6, $5-$6 and $10M",
        r"\"automatic\" words",
        "run --flag now",
        "z_t and pass^k",
        r"$\frac{a}{b}$ of \frac{a}{b}",
        "costs $5",
        "\\",
        "$",
        "$$",
        "{",
    ],
)
def test_complex_latex_is_unchanged(text: str) -> None:
    assert readable(text) == text


# What is left where the dollars and backslashes were dropped, and Markdown.
STRIPPED = [
    ("R^3-Bench, un^2CLIP, X^{2}-Gaussian", "R³-Bench, un²CLIP, X²-Gaussian"),
    ("2^{128} or 10^-4, d^{0.75}, n^{1+o(1)}", "2¹²⁸ or 10⁻⁴, d^0.75, n^(1+o(1))"),
    (r"a 360^circ view, 360^{circ}, 360{\deg}, 360^circtimes180^circ", "a 360° view, 360°, 360°, 360°×180°"),
    ("π_0, pi_0-FAST, μ_0, V_{0.5}, pi_{RL}", "π₀, π₀-FAST, μ₀, V₀.₅, π_RL"),
    ("ell_1 and tau^2-Bench", "ℓ₁ and τ²-Bench"),
    ("3times faster, 256times256, 256 times 256, 4{times}", "3× faster, 256×256, 256 × 256, 4×"),
    ("LLMtimesMapReduce on 8timesA100", "LLM×MapReduce on 8×A100"),
    ("{sim}20%, sim20%, sim 1050 GPUs, 1.2{sim}1.3times", "~20%, ~20%, ~1050 GPUs, 1.2~1.3×"),
    ("approx20%, {approx}0.2, p_c approx 0.593", "≈20%, ≈0.2, p_c ≈ 0.593"),
    ("leq5% of 0.73rightarrow0.90, infty-LLMs", "≤5% of 0.73→0.90, ∞-LLMs"),
    ("1{,}182 with N{=}4", "1,182 with N=4"),
    (r"words (\eg, verbs, \ie actions) \etc. More", "words (e.g., verbs, i.e. actions) etc. More"),
    (
        r"We propose \ours, a model. \Ours is {\method}",
        "We propose our method, a model. Our method is our method",
    ),
    (r"\veomni and \GitChameleon{} cost \1 million", "veomni and GitChameleon cost $1 million"),
    (r"texttt{D}ual, R^textbf{2AI}, \color{ddtD}ecoupled {bf Cache}", "Dual, R²AI, Decoupled Cache"),
    (r"balancing {S}ignal and Le{a}rning in {-1, 0, 1}", "balancing Signal and Learning in {-1, 0, 1}"),
    ("``one\" and ''two'' and `three four' and \"five''", "“one” and “two” and ‘three four’ and “five”"),
    ("**C**hinese **Image**", "Chinese Image"),
    ("at https://a.example/x_1{this URL}.", "at https://a.example/x_1."),
]


@each(("latex", "text"), STRIPPED)
def test_what_is_left_of_stripped_latex_becomes_characters(latex: str, text: str) -> None:
    assert readable(latex) == text


@each(
    "text",
    [
        "three times faster, 5 times more, 10 times 'as' much, 2 times a day",
        "sim-to-real, sim2real, the sim policy, similar",
        "approx. 20, approximately 5, about approx 18%",
        "Qwen3-{1.7B, 4B}, pass^k, O(N^k)",
        "float8_e4m3, Seed-TTS_DiT, imo_1960_p2, Q4_0",
        "alpha blending, tau-bench, the sum of its parts",
        "https://a.example/pi_0/R^2_times, me_1@a.example",
        "it's the authors' own 'quoted' words",
    ],
)
def test_ordinary_words_and_addresses_stay(text: str) -> None:
    assert readable(text) == text


@pytest.mark.parametrize("depth", [3, 400])
def test_deep_nesting_is_fast_and_never_fails(depth: int) -> None:
    text = r"\emph{" * depth + "x" + "}" * depth
    assert readable(text) == ("x" if depth < 10 else text)


_PIECES = st.sampled_from(
    [
        "\\",
        "$",
        "{",
        "}",
        "^",
        "_",
        "~",
        "-",
        "--",
        "`",
        "''",
        '"',
        "'",
        " ",
        "\n",
        "a",
        "E",
        "1",
        "é",
        "\\alpha",
        "\\emph{",
        "\\'",
        "\\c",
        "\\%",
        "\\$",
        "\\(",
        "\\)",
        "\\textsc",
        "\\i",
        "x",
        "^",
        "_",
        "{2}",
        "times",
        "sim",
        "**",
    ]
)


@given(st.lists(_PIECES, max_size=25).map("".join) | st.text())
def test_converting_latex_is_idempotent(text: str) -> None:
    once = readable(text)
    assert readable(once) == once
