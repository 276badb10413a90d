"""The command `paperboy`: its subcommands, and how errors become exit codes."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import cast

import click
from typing_extensions import override

from bot import __version__
from bot.cli.backup import backup
from bot.cli.copy_database import copy_database
from bot.cli.doctor import doctor
from bot.cli.healthcheck import healthcheck
from bot.cli.limits import limit_reached
from bot.cli.mode import mode
from bot.cli.preview import preview
from bot.cli.process import EXIT_CONFIG, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, drop_unwritten
from bot.cli.restore import restore
from bot.cli.run import run
from bot.cli.sandbox import sandbox
from bot.errors import ConfigError
from bot.redaction import Redaction

_log = logging.getLogger("bot")

_EPILOG = """\
\b
Examples:
  paperboy sandbox                    try it in a browser, without a token
  paperboy preview "diffusion model"  show what these keywords match today
  paperboy doctor                     check that everything is in place
  paperboy run                        run the bot
  paperboy backup copy.db             back up the database while it runs

\b
Settings:
  Paperboy reads them from the environment, then from the file .env in the
  working directory. .env.example lists all; run needs DISCORD_TOKEN.

\b
Exit codes:
    0  done, or stopped by SIGTERM or Ctrl-C while running
    1  failed; standard error or the log says why
    2  wrong command line or keywords
   78  a setting is missing or wrong; standard error names it
  130  interrupted by Ctrl-C before the work was done

\b
Documentation:
  README.md             first steps, keywords and the commands in Discord
  docs/operating.md     hosting, backups and updates
  docs/keywords.md      the keyword language in full
  docs/architecture.md  how Paperboy works
  CHANGELOG.md          what is new
"""


class _Group(click.Group):
    """Lists the commands in the order in which they were added: the first steps first."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=_Group,
    epilog=_EPILOG,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="paperboy", message="%(prog)s %(version)s")
@click.pass_context
def paperboy(context: click.Context) -> None:
    """Post Hugging Face's Daily Papers in Discord channels by keyword.

    Without a command, paperboy runs the bot.
    """
    if context.invoked_subcommand is None:
        context.invoke(run)


for command in (run, sandbox, preview, doctor, healthcheck, backup, restore, copy_database, mode):
    paperboy.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; `arguments` defaults to those of the process."""
    try:
        return _run(arguments)
    finally:
        drop_unwritten()


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code: int | None = paperboy.main(arguments, prog_name="paperboy", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the outermost handler: logs every bug exactly once
        if limit := limit_reached(error):  # also behind an error that names a file
            _say(limit)
            return EXIT_FAILED
        if config_error := _config_error(error):
            _say(Redaction(())(" ".join(str(config_error).split())))
            return EXIT_CONFIG
        _log.critical("Paperboy stopped because of an unexpected error", exc_info=error)
        return EXIT_FAILED
    return code or EXIT_OK


def _say(line: str) -> None:
    with suppress(OSError):  # as on a full disk: the exit code says it, too
        click.echo(f"paperboy: {line}", err=True)


def _config_error(error: BaseException) -> ConfigError | None:
    """The operator's error: `error` itself, or one inside a task group's exception group."""
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return next(filter(None, map(_config_error, group.exceptions)), None)
    return error if isinstance(error, ConfigError) else None


if __name__ == "__main__":
    sys.exit(main())
