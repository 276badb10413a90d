"""How findings are printed, and which exit code follows from them."""

from __future__ import annotations

import pytest

from bot.cli.doctor import Printer, exit_code
from bot.cli.terminal import Terminal
from bot.doctor.findings import Finding, fine, unchecked, warning, wrong

PLAIN = Printer(Terminal(width=60))


def test_each_finding_has_a_sign_before_it_and_the_fix_below_it() -> None:
    assert PLAIN.finding(fine("It works")) == "  ✓ It works\n"
    assert PLAIN.finding(warning("It is slow", "wait")) == "  ! It is slow\n    → wait\n"
    assert PLAIN.finding(wrong("It is broken", "fix it")) == "  ✗ It is broken\n    → fix it\n"
    assert PLAIN.finding(unchecked("The rest", because="it is broken")) == (
        "  – The rest: not checked, because it is broken\n"
    )


def test_long_findings_are_wrapped_and_indented() -> None:
    shown = PLAIN.finding(wrong("word " * 30, "fix " * 30)).splitlines()
    assert all(len(line) <= 60 for line in shown)
    assert all(line.startswith("    ") for line in shown[1:])
    assert shown[3].startswith("    → fix")
    assert shown[4].startswith("      fix")


def test_in_ascii_the_signs_are_words() -> None:
    ascii_only = Printer(Terminal(width=60, encoding="ascii"))
    assert ascii_only.finding(fine("It works")) == "  ok It works\n"
    assert ascii_only.finding(wrong("It is broken", "fix it")) == "  !! It is broken\n     -> fix it\n"


def test_a_secret_is_never_printed() -> None:
    printer = Printer(Terminal(), secrets=["abc", "abc.def"])
    shown = printer.finding(wrong("bad abc.def", "change abc"))
    assert shown == "  ✗ bad [redacted]\n    → change [redacted]\n"


def test_untrusted_text_cannot_control_the_terminal() -> None:
    assert "\x1b" not in PLAIN.finding(warning("#a\x1b[2Jb in c\x07", "\x1b[31m"))
    styled = Printer(Terminal(is_styled=True)).finding(warning("#a\x1b[2Jb", "fix"))
    assert "\x1b[2J" not in styled


@pytest.mark.parametrize(
    ("findings", "expected", "code"),
    [
        ([fine("a")], "Everything is in place.", 0),
        ([fine("a"), warning("b")], "No problems found; 1 warning.", 0),
        ([unchecked("a", because="b")], "No problems found in what was checked; 1 not checked.", 0),
        (
            [unchecked("a", because="b"), warning("c")],
            "No problems found in what was checked; 1 warning, 1 not checked.",
            0,
        ),
        ([wrong("a"), wrong("b"), warning("c")], "2 problems found; 1 warning.", 1),
        (
            [wrong("a"), wrong("b", prevents_start=True)],
            "2 problems found. The bot will not start until this is fixed.",
            78,
        ),
    ],
)
def test_the_summary_and_the_exit_code_follow_the_worst_finding(
    findings: list[Finding], expected: str, code: int
) -> None:
    assert PLAIN.summary(findings) == f"\n{expected}\n"
    assert exit_code(findings) == code
