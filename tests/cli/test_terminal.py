"""Text for terminals: untrusted text, wrapping, styles and limited encodings."""

from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.terminal import Style, Terminal, printable

STYLED = Terminal(width=40, is_styled=True)


@given(st.text())
def test_control_characters_are_removed(text: str) -> None:
    assert not [
        character
        for character in printable(text)
        if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"}
    ]


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b]0;owned\x07Title",
        "\x1b[2J\x1b[HTitle",
        "\x9b31mTitle",
        "Ti\u202etle",
        "Ti\r\x08tle",
        "Ti\u2066tle",
    ],
)
def test_escape_sequences_are_disarmed(hostile: str) -> None:
    shown = printable(hostile)
    assert shown.isprintable()
    assert "\x1b" not in shown


def test_white_space_becomes_one_space() -> None:
    assert printable(" a\n\tb\u2028c\u00a0 d ") == "a b c d"


@given(st.text(st.characters(codec="ascii", categories=["L", "Zs"])), st.integers(5, 60))
def test_wrapping_keeps_every_word_and_the_width(text: str, width: int) -> None:
    lines = Terminal(width=width).wrapped(text, indent="  ").split("\n")
    assert " ".join(lines).split() == text.split()
    for line in lines:
        assert len(line) <= width or " " not in line.strip()


def test_a_long_url_is_not_broken() -> None:
    address = "https://huggingface.co/papers/2608.00001"
    assert address in Terminal(width=20).wrapped(f"see {address} there").split("\n")


def test_marked_words_are_bold_even_across_a_line_break() -> None:
    text = "one two three four"
    shown = Terminal(width=10, is_styled=True).wrapped(text, marks=[(4, 13)])
    assert shown == "one \x1b[1mtwo\x1b[0m\n\x1b[1mthree\x1b[0m four"


def test_without_styles_there_is_no_escape_sequence() -> None:
    plain = Terminal(is_styled=False)
    assert plain.styled("x", Style.RED) == "x"
    assert plain.wrapped("one two", marks=[(0, 3)]) == "one two"


def test_a_terminal_is_styled_if_wanted_and_a_pipe_never_is() -> None:
    class Screen(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    assert Terminal.of(Screen(), wants_color=True).is_styled
    assert not Terminal.of(Screen(), wants_color=False).is_styled
    assert not Terminal.of(io.StringIO(), wants_color=True).is_styled


@given(st.text())
def test_fitted_text_can_be_written_in_any_encoding(text: str) -> None:
    for encoding in ("ascii", "latin-1", "cp1252"):
        Terminal(encoding=encoding).fit(text).encode(encoding)


def test_signs_have_ascii_replacements() -> None:
    assert Terminal(encoding="ascii").fit("✓ ✗ – → … “é” 論") == 'ok !! - -> ... "e" ?'
    assert Terminal(encoding="utf-8").fit("✓ é 論") == "✓ é 論"
