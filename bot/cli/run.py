"""`paperboy run`: the bot, until a signal stops it."""

from __future__ import annotations

import asyncio
import gc
import logging

import click

from bot import logs
from bot.cli.process import run_until_signal
from bot.errors import ConfigError, DatabaseUnavailableError
from bot.services.clock import system_clock
from bot.settings import Settings

_log = logging.getLogger(__name__)

_AGAIN_SECONDS = 2.0  # after a start that found no database


@click.command()
def run() -> None:
    """Run the bot (the default command).

    It runs until SIGTERM or Ctrl-C and logs to standard error. It needs
    DISCORD_TOKEN.

    It exits with code 78 if a setting, the token or the database is wrong, or
    if Discord closes the gateway to the bot for good. After any other error
    from Discord, and while a database server does not answer, it keeps
    retrying.
    """
    settings = Settings.load()
    if settings.discord_token is None:
        raise ConfigError(
            "DISCORD_TOKEN is not set: put the bot's token in the environment or in .env, "
            "or try Paperboy without one: `paperboy sandbox`"
        )
    logs.configure(level=settings.log_level, log_format=settings.log_format, secrets=settings.secrets)
    run_until_signal(_run(settings))


async def _run(settings: Settings) -> None:
    # Imported here, under the signal handlers: it takes a second, and SIGTERM must work meanwhile.
    from bot.app import App  # noqa: PLC0415
    from bot.cli.progress import progress_bar  # noqa: PLC0415

    # No search for reference cycles goes through the code that was just loaded. That takes 0.1 seconds, in
    # which no command would be answered.
    gc.freeze()
    message = ""
    while True:
        try:
            return await App(settings, clock=system_clock, progress=progress_bar("Reading older lists")).run()
        except DatabaseUnavailableError as error:
            if str(error) != message:
                message = str(error)
                _log.warning("%s. Waiting for it", message)
            await asyncio.sleep(_AGAIN_SECONDS)
