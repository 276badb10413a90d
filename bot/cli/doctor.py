"""Printing findings: a heading a check, a sign a finding, and what to do below it; text alone, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.cli.terminal import Style, Terminal, printable
from bot.core.plurals import count
from bot.doctor.findings import Finding, Sign
from bot.redaction import Redaction

_SIGNS = {
    Sign.FINE: ("\N{CHECK MARK}", Style.GREEN),
    Sign.WARNING: ("!", Style.YELLOW),
    Sign.WRONG: ("\N{BALLOT X}", Style.RED),
    Sign.UNCHECKED: ("\N{EN DASH}", Style.DIM),
}
_INDENT = "  "


class Printer:
    """Text for one terminal, without credentials, whatever a check puts into a finding."""

    def __init__(self, terminal: Terminal, *, secrets: Iterable[str] = ()) -> None:
        self._terminal = terminal
        self._redact = Redaction(secrets)

    def heading(self, name: str) -> str:
        return f"\n{self._terminal.styled(name, Style.BOLD)}\n"

    def finding(self, finding: Finding) -> str:
        """The finding's lines."""
        sign, colour = _SIGNS[finding.sign]
        sign = self._terminal.fit(sign)
        room = " " * (len(_INDENT) + max(len(sign), 1) + 1)
        first, *rest = self._terminal.wrapped(self._clean(finding.what), indent=room).split("\n")
        lines = [f"{_INDENT}{self._terminal.styled(sign, colour)} {first[len(room) :]}", *rest]
        if finding.remedy:
            arrow = self._terminal.fit("\N{RIGHTWARDS ARROW} ")
            remedy = self._terminal.wrapped(self._clean(finding.remedy), indent=room + " " * len(arrow))
            lines.append(f"{room}{self._terminal.styled(arrow, Style.CYAN)}{remedy[len(room + arrow) :]}")
        return "\n".join(lines) + "\n"

    def summary(self, findings: Sequence[Finding]) -> str:
        """The last line: how it stands."""
        wrong = sum(finding.sign is Sign.WRONG for finding in findings)
        warnings = sum(finding.sign is Sign.WARNING for finding in findings)
        unchecked = sum(finding.sign is Sign.UNCHECKED for finding in findings)
        if wrong:
            text, colour = f"{count(wrong, 'thing')} {'is' if wrong == 1 else 'are'} wrong", Style.RED
        elif warnings or unchecked:
            text = "Nothing is wrong in what was checked" if unchecked else "Nothing is wrong"
            colour = Style.YELLOW
        else:
            text, colour = "All is well", Style.GREEN
        also = [count(warnings, "warning")] if warnings else []
        also += [f"{unchecked} not checked"] if unchecked else []
        text = f"{text}{'; ' if also else ''}{', '.join(also)}."
        if any(finding.ends_the_start for finding in findings):
            text += " As it is, the bot does not start."
        return f"\n{self._terminal.styled(self._terminal.fit(text), Style.BOLD, colour)}\n"

    def _clean(self, text: str) -> str:
        return self._terminal.fit(printable(self._redact(text)))
