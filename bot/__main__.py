"""The command line: what can be started, and how it ends."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import cast

from bot import __version__, logs
from bot.errors import ConfigError
from bot.process import EXIT_CLOSED, EXIT_CONFIG, EXIT_FAILED, run_until_signal
from bot.services.clock import system_clock
from bot.settings import Settings

_EPILOG = """\
settings:
  Read from the environment, else from the file .env in the working directory.
  .env.example lists every one of them; run needs DISCORD_TOKEN.

exit codes:
   0  ended as asked, by SIGTERM or Ctrl-C
   1  ended by an error; the log has it
   2  the command line was wrong
  78  a setting is missing or wrong; the line on standard error names it
"""

_log = logging.getLogger("bot")  # as a script this module is called __main__


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what the command line says and gives the exit code."""
    options = _parser().parse_args(arguments)
    try:
        match options.command:
            case "sandbox":
                _sandbox(port=options.port, sample=options.sample)
            case "mode":
                print("run" if Settings.load().discord_token else "sandbox")  # noqa: T201 - its one purpose
            case _:
                _run()
    except KeyboardInterrupt:  # before the event loop took the signals over
        return EXIT_CLOSED
    except Exception as error:  # noqa: BLE001 - the outermost end: what comes here is logged once
        if wrong := _config_error(error):
            sys.stderr.write(f"paperboy: {' '.join(str(wrong).split())}\n")  # one line, whatever it quotes
            return EXIT_CONFIG
        _log.critical("Paperboy ended by an error", exc_info=error)
        return EXIT_FAILED
    return EXIT_CLOSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="paperboy",
        description="Brings Hugging Face's Daily Papers to the Discord channels that asked for them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"paperboy {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    commands.add_parser("run", help="run the bot (what `paperboy` alone does too)")
    sandbox = commands.add_parser(
        "sandbox", help="run the bot in a Discord of its own, in the browser: no token, no account"
    )
    sandbox.add_argument("--port", type=_port, help="where the page listens on 127.0.0.1 (0: any free port)")
    sandbox.add_argument(
        "--sample", action="store_true", help="show the bundled lists: do not ask HF_ENDPOINT for real ones"
    )
    commands.add_parser("mode", help="print `run` where DISCORD_TOKEN is set, else `sandbox`")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65_535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port; use 1 to 65535, or 0 for any that is free")
    return int(text)


def _run() -> None:
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

    await App(settings, clock=system_clock).run()


def _sandbox(*, port: int | None, sample: bool) -> None:
    from bot.sandboxed import run_in_sandbox  # noqa: PLC0415 - only where it is asked for

    run_until_signal(run_in_sandbox(port=port, sample=sample))


def _config_error(error: BaseException) -> ConfigError | None:
    """The operator's error in `error`, also among those of a task group."""
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return next(filter(None, map(_config_error, group.exceptions)), None)
    return error if isinstance(error, ConfigError) else None


if __name__ == "__main__":
    sys.exit(main())
