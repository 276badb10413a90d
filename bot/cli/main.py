"""The command line: what can be started, and how it ends (long, for each command's help stands here)."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from bot import __version__, logs
from bot.cli import backup
from bot.cli.process import EXIT_CLOSED, EXIT_CONFIG, EXIT_FAILED, run_until_signal
from bot.cli.terminal import Terminal
from bot.core.markdown import without_markup
from bot.errors import ConfigError, SourceError, UserError
from bot.redaction import Redaction
from bot.services.clock import system_clock
from bot.settings import LogLevel, Settings, wants_color

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130  # by Ctrl-C, as shells have it

_MOST_DAYS = 30  # of a preview, as in /preview

_log = logging.getLogger("bot")  # as a script this module is called __main__


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of the command line."""

    name: str
    line: str | None  # in the list of commands; None keeps it out: it is for the Makefile
    about: str  # what its own help begins with
    more: str = ""  # what its own help ends with
    takes: Callable[[argparse.ArgumentParser], object] = lambda _: None
    do: Callable[[argparse.Namespace], int | None]  # gives the exit code; None is 0
    exit_at_ctrl_c: int = EXIT_INTERRUPTED


_EPILOG = """\
examples:
  paperboy sandbox                      try it in a browser: no token, no account
  paperboy preview "diffusion model"    what these keywords find in today's list
  paperboy doctor                       look whether all that the bot needs is there
  paperboy run                          run it
  paperboy backup copy.db               copy its database, while it runs

settings:
  Read from the environment, else from the file .env in the working directory.
  .env.example lists every one of them; run needs DISCORD_TOKEN.

exit codes:
    0  ended as asked: by SIGTERM or Ctrl-C, or with the answer
    1  ended by an error; the log has it
    2  the command line, or the keywords, are wrong
   78  a setting is missing or wrong; the line on standard error names it
  130  ended by Ctrl-C before the answer
  paperboy COMMAND --help has what differs.

documentation:
  README.md has the first steps, the keywords and Discord's commands,
  docs/operating.md how to host it, docs/keywords.md the keywords in full,
  docs/architecture.md how it works, CHANGELOG.md what is new.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what the command line says and gives the exit code."""
    options = _parser().parse_args(arguments)
    command: Command = options.chosen
    try:
        return command.do(options) or EXIT_CLOSED
    except KeyboardInterrupt:  # of those that run until a signal, before the event loop took the signals over
        return command.exit_at_ctrl_c
    except BrokenPipeError:  # who read standard output has enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the flush at the end says so
        return EXIT_FAILED
    except Exception as error:  # noqa: BLE001 - the outermost end: what comes here is logged once
        if wrong := _config_error(error):
            said = Redaction(())(" ".join(str(wrong).split()))  # one line, whatever it quotes
            sys.stderr.write(f"paperboy: {said}\n")
            return EXIT_CONFIG
        _log.critical("Paperboy ended by an error", exc_info=error)
        return EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="paperboy",
        description="Brings Hugging Face's Daily Papers to the Discord channels that asked for them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"paperboy {__version__}")
    parser.set_defaults(chosen=COMMANDS[0])
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", title="commands", description="without one: run"
    )
    for command in COMMANDS:
        listed: dict[str, Any] = {} if command.line is None else {"help": command.line}
        own = commands.add_parser(
            command.name,
            description=command.about,
            epilog=command.more,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **listed,
        )
        command.takes(own)
        own.set_defaults(chosen=command)
    return parser


# run


def _run(_: argparse.Namespace) -> None:
    settings = Settings.load()
    if settings.discord_token is None:
        raise ConfigError(
            "DISCORD_TOKEN is not set: put the bot's token in the environment or in .env, "
            "or try Paperboy without one: `paperboy sandbox`"
        )
    logs.configure(level=settings.log_level, log_format=settings.log_format, secrets=settings.secrets)
    run_until_signal(_app(settings))


async def _app(settings: Settings) -> None:
    # Not at the top: `--help` and a wrong setting answer at once, and a signal during this import is heard.
    from bot.app import App  # noqa: PLC0415
    from bot.cli.progress import progress_bar  # noqa: PLC0415

    await App(settings, clock=system_clock, progress=progress_bar("Reading older lists")).run()


# sandbox


def _takes_port_and_lists(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, help="where the page listens on 127.0.0.1 (0: any free port)")
    parser.add_argument(
        "--sample", action="store_true", help="show the bundled lists: do not ask HF_ENDPOINT for real ones"
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65_535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port; use 1 to 65535, or 0 for any that is free")
    return int(text)


def _sandbox(options: argparse.Namespace) -> None:
    from bot.cli.sandbox import run_in_sandbox  # noqa: PLC0415 - only where it is asked for

    run_until_signal(run_in_sandbox(port=options.port, sample=options.sample))


# preview


def _takes_keywords(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("keywords", nargs="+", help="what to look for, in quotes, as /subscribe takes it")
    parser.add_argument(
        "--days",
        type=_days,
        default=1,
        metavar="N",
        help=f"how many list days to look through, 1 to {_MOST_DAYS} (1, if left out: the newest list that "
        "has papers)",
    )


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST_DAYS):
        raise argparse.ArgumentTypeError(f"{text!r} will not do; give a whole number from 1 to {_MOST_DAYS}")
    return int(text)


def _preview(options: argparse.Namespace) -> int:
    settings = Settings.load()
    _log_quietly(settings)
    from bot.cli.preview import previewed  # noqa: PLC0415 - as above
    from bot.cli.progress import progress_bar  # noqa: PLC0415

    work = previewed(
        " ".join(options.keywords),
        days=options.days,
        settings=settings,
        clock=system_clock,
        terminal=_terminal(),
        progress=progress_bar("Reading lists"),
    )
    try:
        sys.stdout.write(asyncio.run(work))
        sys.stdout.flush()
    except UserError as error:
        sys.stderr.write(f"{Terminal.of(sys.stderr, wants_color=False).fit(without_markup(str(error)))}\n")
        return EXIT_USAGE
    except SourceError as error:
        endpoint = Redaction(settings.secrets)(settings.hf_endpoint)
        sys.stderr.write(
            f"paperboy: the list could not be read, because {error}. {error.problem.advice}. HF_ENDPOINT is "
            f"{endpoint}. LOG_LEVEL=DEBUG shows more.\n"
        )
        return EXIT_FAILED
    return EXIT_CLOSED


# doctor


def _doctor(_: argparse.Namespace) -> int:
    examined = Settings.examine()
    settings = examined.settings
    _log_quietly(settings)
    from bot.cli.doctor import Printer  # noqa: PLC0415
    from bot.doctor.examination import Examination  # noqa: PLC0415 - as above
    from bot.doctor.findings import Finding, exit_code  # noqa: PLC0415

    printer = Printer(_terminal(), secrets=settings.secrets)

    def tell(name: str, found: Sequence[Finding] | None) -> None:
        lines = [printer.heading(name)] if found is None else map(printer.finding, found)
        sys.stdout.write("".join(lines))
        sys.stdout.flush()

    found = asyncio.run(Examination(examined, clock=system_clock, tell=tell).run())
    sys.stdout.write(printer.summary(found))
    sys.stdout.flush()
    return exit_code(found, fine=EXIT_CLOSED, wrong=EXIT_FAILED, no_start=EXIT_CONFIG)


# healthy


def _healthy(_: argparse.Namespace) -> int:
    from bot.cli.healthcheck import ask  # noqa: PLC0415 - as above; this one alone starts in no time

    is_healthy, line = ask(Settings.load())
    sys.stdout.write(f"{line}\n")
    return EXIT_CLOSED if is_healthy else EXIT_FAILED


# mode


def _mode(_: argparse.Namespace) -> None:
    sys.stdout.write("run\n" if Settings.load().discord_token else "sandbox\n")


COMMANDS = (
    Command(
        name="run",
        line="run the bot (what `paperboy` alone does too)",
        about="Runs the bot until SIGTERM or Ctrl-C, with its log on standard error.",
        more="""\
It needs DISCORD_TOKEN. It ends with 78 where a setting, that token or the database is wrong, or where Discord
closes its gateway to the bot for good; whatever else Discord answers is waited out.""",
        do=_run,
        exit_at_ctrl_c=EXIT_CLOSED,
    ),
    Command(
        name="sandbox",
        line="run the bot in a Discord of its own, in the browser: no token, no account",
        about="Runs the bot in a small Discord on this machine, with a page in the browser; Ctrl-C ends it.",
        takes=_takes_port_and_lists,
        do=_sandbox,
        exit_at_ctrl_c=EXIT_CLOSED,
    ),
    Command(
        name="preview",
        line="show here what keywords find in the newest lists: no token, no database",
        about="Shows which papers of the newest lists keywords find, by the same rules as in Discord.",
        more="""\
examples:
  paperboy preview "diffusion model"
  paperboy preview "agents -survey" --days 7
  paperboy preview 'RLHF, title:"reward model"' --days 30

exit codes:
   0  the answer was given, whether papers match or not
   1  Hugging Face could not be read
   2  the keywords cannot be read; what is wrong stands on standard error
  78  a setting is wrong

Keywords that begin with a minus come after two of them: paperboy preview -- "-survey".
docs/keywords.md has the language.
""",
        takes=_takes_keywords,
        do=_preview,
    ),
    Command(
        name="doctor",
        line="look whether all that the bot needs is there, and say what to mend",
        about="""\
Looks at the settings, the database, Hugging Face, Discord, each server's channels and the clock, and says
what is wrong and what to do. It changes nothing, and may be used while the bot runs.""",
        more="""\
exit codes:
   0  nothing is wrong; there may be warnings
   1  something is wrong, though the bot would start
  78  `paperboy run` would not start: a setting, the token or the database will not do
""",
        do=_doctor,
    ),
    Command(
        name="healthy",
        line="ask the running bot whether it is healthy, as a container does every half minute",
        about="Asks the bot that runs on this machine, at HEALTH_PORT, and prints one line.",
        more="""\
exit codes:
   0  it is healthy
   1  it is not, or does not answer
  78  HEALTH_PORT is not set, or a setting is wrong
""",
        do=_healthy,
    ),
    Command(
        name="backup",
        line="copy the database to a file, while the bot runs or not",
        about="Copies the database of DATABASE_URL, as it is at one moment, to one file.",
        more="""\
examples:
  paperboy backup before-update.db
  paperboy backup /backups --keep 14                 a dated file; the newest 14 are kept
  paperboy backup /backups --keep 14 --every 24h     go on like that until SIGTERM

exit codes:
   0  the file is written, and was looked through
   1  it is not; FILE is as it was
  78  there is no database yet, or a setting is wrong
""",
        takes=backup.takes_backup,
        do=backup.back_up,
    ),
    Command(
        name="restore",
        line="put such a file in the place of the database",
        about="""\
Puts a file that `paperboy backup` wrote in the place of the database of DATABASE_URL, which is kept beside
it. The bot must not run meanwhile.""",
        more="""\
exit codes:
   0  it is there; what was there before is kept
   1  the file will not do, or a bot runs; nothing was changed
  78  a setting is wrong

docs/operating.md says what the bot posts after a restore.
""",
        takes=backup.takes_restore,
        do=backup.restore,
    ),
    Command(
        name="mode",
        line=None,
        about="For the Makefile: prints `run` where DISCORD_TOKEN is set, else `sandbox`.",
        do=_mode,
    ),
)


def _terminal() -> Terminal:
    return Terminal.of(sys.stdout, wants_color=wants_color())


def _log_quietly(settings: Settings) -> None:
    """For a command whose answer says what went wrong: the log is for debugging alone."""
    level = settings.log_level if settings.log_level is LogLevel.DEBUG else LogLevel.ERROR
    logs.configure(level=level, log_format=settings.log_format, secrets=settings.secrets)


def _config_error(error: BaseException) -> ConfigError | None:
    """The operator's error in `error`, also among those of a task group."""
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return next(filter(None, map(_config_error, group.exceptions)), None)
    return error if isinstance(error, ConfigError) else None
