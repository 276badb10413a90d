"""`paperboy restore`: replaces the database with a backup."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.backup import fail, summary
from bot.cli.process import EXIT_OK
from bot.errors import BackupError
from bot.services.clock import system_clock
from bot.settings import Settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path), help="A file that paperboy backup has written.")
def restore(file: Path) -> int:
    """Replace the database with a backup.

    Stop the bot first. The current database is kept under another name.

    \b
    Exit codes:
       0  the backup is restored; the previous database is kept
       1  the file cannot be used, or the bot is running; nothing was changed
      78  a setting is wrong

    docs/operating.md explains what the bot posts after a restore.
    """
    settings = Settings.load()
    from bot.store.postgres import address, dumps  # noqa: PLC0415 - slow to import; the health check needs none of it
    from bot.store.sqlite import restores  # noqa: PLC0415 - as above

    try:
        if address.is_meant(settings.database_url):
            raise BackupError(dumps.instead_of_restore(settings.database_url))  # noqa: TRY301
        restored = restores.restore(file, settings.database_url, now=system_clock())
    except BackupError as error:
        return fail(error)
    click.echo(f"Restored {file}: {summary(restored.contents)}.")
    if restored.kept:
        click.echo(f"The previous database is now {restored.kept}. Delete it once everything works.")
    click.echo(
        "Start the bot now. It does not know what it posted after this backup was made, so it may post\n"
        "those papers again (see docs/operating.md)."
    )
    return EXIT_OK
