"""How findings are printed, and what the exit code makes of them."""

from __future__ import annotations

import pytest

from bot.cli.doctor import Printer
from bot.cli.terminal import Terminal
from bot.doctor.findings import Finding, exit_code, fine, unchecked, warning, wrong

PLAIN = Printer(Terminal(width=60))


def test_each_sign_stands_before_its_finding_and_what_to_do_below_it() -> None:
    assert PLAIN.finding(fine("It works")) == "  ✓ It works\n"
    assert PLAIN.finding(warning("It is slow", "wait")) == "  ! It is slow\n    → wait\n"
    assert PLAIN.finding(wrong("It is broken", "mend it")) == "  ✗ It is broken\n    → mend it\n"
    assert PLAIN.finding(unchecked("The rest", because="it is broken")) == (
        "  – The rest: not checked, because it is broken\n"
    )


def test_long_findings_are_wrapped_below_themselves() -> None:
    shown = PLAIN.finding(wrong("word " * 30, "mend " * 30)).splitlines()
    assert all(len(line) <= 60 for line in shown)
    assert all(line.startswith("    ") for line in shown[1:])
    assert shown[3].startswith("    → mend")
    assert shown[4].startswith("      mend")


def test_in_ascii_the_signs_are_words() -> None:
    ascii_only = Printer(Terminal(width=60, encoding="ascii"))
    assert ascii_only.finding(fine("It works")) == "  ok It works\n"
    assert ascii_only.finding(wrong("It is broken", "mend it")) == "  !! It is broken\n     -> mend it\n"


def test_a_secret_is_never_printed() -> None:
    printer = Printer(Terminal(), secrets=["abc", "abc.def"])
    shown = printer.finding(wrong("bad abc.def", "change abc"))
    assert shown == "  ✗ bad [redacted]\n    → change [redacted]\n"


def test_outside_text_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in PLAIN.finding(warning("#a\x1b[2Jb in c\x07", "\x1b[31m"))
    styled = Printer(Terminal(is_styled=True)).finding(warning("#a\x1b[2Jb", "mend"))
    assert "\x1b[2J" not in styled


@pytest.mark.parametrize(
    ("findings", "said", "code"),
    [
        ([fine("a")], "All is well.", 0),
        ([fine("a"), warning("b")], "Nothing is wrong; 1 warning.", 0),
        ([unchecked("a", because="b")], "Nothing is wrong in what was checked; 1 not checked.", 0),
        (
            [unchecked("a", because="b"), warning("c")],
            "Nothing is wrong in what was checked; 1 warning, 1 not checked.",
            0,
        ),
        ([wrong("a"), wrong("b"), warning("c")], "2 things are wrong; 1 warning.", 1),
        (
            [wrong("a"), wrong("b", ends_the_start=True)],
            "2 things are wrong. As it is, the bot does not start.",
            78,
        ),
    ],
)
def test_the_summary_and_the_exit_code_tell_the_worst(findings: list[Finding], said: str, code: int) -> None:
    assert PLAIN.summary(findings) == f"\n{said}\n"
    assert exit_code(findings, fine=0, wrong=1, no_start=78) == code
