"""Simple LaTeX becomes characters; what is not simple stays as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.words.latex import readable

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
    (r"$x_{max}$, $\pi_{0.5}$, $x_1$, $10^{-3}$", "x_max, π_0.5, x₁, 10⁻³"),
    (r"A$^*$ and Q$^*$", "A* and Q*"),
    (r"Foo\allowbreak Bar\xspace{} is", "Foo Bar is"),
    (r"{\bf Bold} \href{https://example.org}{here}", "Bold here"),
    (r"\(\beta\) \ldots", "β …"),
    (r"$\{x\}$ \alpha{} $\sqrt{n}$", r"$\{x\}$ α √n"),
]


@pytest.mark.parametrize(("latex", "text"), READ)
def test_simple_latex_becomes_characters(latex: str, text: str) -> None:
    assert readable(latex) == text


@pytest.mark.parametrize(
    "text",
    [
        r"$\frac{a}{b}$",
        r"\method is new",
        "$5 to $6, $5-$6 and $10M",
        r"\"automatic\" words",
        "run --flag now",
        "z_t and 10^6",
        "a {b} c",
        "costs $5",
        "\\",
        "$",
        "$$",
        "{",
    ],
)
def test_complex_latex_is_unchanged(text: str) -> None:
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
    ]
)


@given(st.lists(_PIECES, max_size=25).map("".join) | st.text())
def test_converting_latex_is_idempotent(text: str) -> None:
    once = readable(text)
    assert readable(once) == once
