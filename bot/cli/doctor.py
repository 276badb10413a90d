"""`paperboy doctor`: runs every check and prints the findings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import click

from bot.cli.process import EXIT_CONFIG, EXIT_FAILED, EXIT_OK, log_errors_only
from bot.cli.terminal import Style, Terminal, printable
from bot.core.plurals import count
from bot.doctor.findings import Finding, Sign
from bot.redaction import Redaction
from bot.services.clock import system_clock
from bot.settings import Settings

_SIGNS = {
    Sign.FINE: ("\N{CHECK MARK}", Style.GREEN),
    Sign.WARNING: ("!", Style.YELLOW),
    Sign.WRONG: ("\N{BALLOT X}", Style.RED),
    Sign.UNCHECKED: ("\N{EN DASH}", Style.DIM),
}
_INDENT = "  "


@click.command()
def doctor() -> int:
    """Check that everything is in place.

    Checks the settings, the database, Hugging Face, Discord, the clock and
    every server's channels, and says how to fix what is wrong. It changes
    nothing, and may be used while the bot runs.

    \b
    Exit codes:
       0  nothing is wrong; there may be warnings
       1  something is wrong, but the bot would start
      78  the bot would not start: a setting, the token or the database is wrong
    """
    examined = Settings.examine()
    log_errors_only(examined.settings)
    from bot.doctor.examination import Examination  # noqa: PLC0415 - loads discord.py; the health check must not

    printer = Printer(Terminal.of_stdout(), secrets=examined.settings.secrets)

    def show(check: str, findings: Sequence[Finding] | None) -> None:
        lines = [printer.heading(check)] if findings is None else map(printer.finding, findings)
        click.echo("".join(lines), nl=False)

    findings = asyncio.run(Examination(examined, clock=system_clock, show=show).run())
    click.echo(printer.summary(findings), nl=False)
    return exit_code(findings)


def exit_code(findings: Sequence[Finding]) -> int:
    if any(finding.prevents_start for finding in findings):
        return EXIT_CONFIG
    return EXIT_FAILED if any(finding.sign is Sign.WRONG for finding in findings) else EXIT_OK


class Printer:
    """Formats findings for one terminal, with credentials removed."""

    def __init__(self, terminal: Terminal, *, secrets: Iterable[str] = ()) -> None:
        self._terminal = terminal
        self._redact = Redaction(secrets)

    def heading(self, name: str) -> str:
        return f"\n{self._terminal.styled(name, Style.BOLD)}\n"

    def finding(self, finding: Finding) -> str:
        """A sign and what was found, with what to do below it."""
        sign, color = _SIGNS[finding.sign]
        sign = self._terminal.fit(sign)
        margin = " " * (len(_INDENT) + max(len(sign), 1) + 1)
        first, *rest = self._terminal.wrapped(self._clean(finding.what), indent=margin).split("\n")
        lines = [f"{_INDENT}{self._terminal.styled(sign, color)} {first[len(margin) :]}", *rest]
        if finding.remedy:
            arrow = self._terminal.fit("\N{RIGHTWARDS ARROW} ")
            remedy = self._terminal.wrapped(self._clean(finding.remedy), indent=margin + " " * len(arrow))
            lines.append(f"{margin}{self._terminal.styled(arrow, Style.CYAN)}{remedy[len(margin + arrow) :]}")
        return "\n".join(lines) + "\n"

    def summary(self, findings: Sequence[Finding]) -> str:
        wrong = sum(finding.sign is Sign.WRONG for finding in findings)
        warnings = sum(finding.sign is Sign.WARNING for finding in findings)
        unchecked = sum(finding.sign is Sign.UNCHECKED for finding in findings)
        if wrong:
            text, color = f"{count(wrong, 'problem')} found", Style.RED
        elif warnings or unchecked:
            text = "No problems found in what was checked" if unchecked else "No problems found"
            color = Style.YELLOW
        else:
            text, color = "Everything is in place", Style.GREEN
        also = [count(warnings, "warning")] if warnings else []
        also += [f"{unchecked} not checked"] if unchecked else []
        text = f"{text}{'; ' if also else ''}{', '.join(also)}."
        if any(finding.prevents_start for finding in findings):
            text += " The bot will not start until this is fixed."
        return f"\n{self._terminal.styled(self._terminal.fit(text), Style.BOLD, color)}\n"

    def _clean(self, text: str) -> str:
        return self._terminal.fit(printable(self._redact(text)))
