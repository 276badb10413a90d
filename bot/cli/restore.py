"""`paperboy restore`: replaces the database with a backup."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from bot.cli.backup import fail, summary
from bot.cli.process import EXIT_OK
from bot.core.plurals import count
from bot.errors import BackupError
from bot.services.clock import system_clock
from bot.settings import Settings


@click.command()
@click.argument(
    "file",
    type=click.Path(path_type=Path),
    required=False,
    help="A backup made by paperboy backup.",
)
@click.option(
    "--after-pg-restore",
    is_flag=True,
    help="On PostgreSQL, after pg_restore: look for pending posts before sending them.",
)
def restore(file: Path | None, *, after_pg_restore: bool) -> int:
    """Replace the database with a backup.

    Stop the bot first. The current database is kept under another name.
    On PostgreSQL, use its own programs; without FILE, the command to use is
    printed.

    \b
    Exit codes:
       0  the backup is restored; the previous database is kept
       1  the file cannot be used, or the bot is running; nothing was changed
      78  a setting is wrong

    docs/operating.md explains what the bot posts after a restore.
    """
    settings = Settings.load()
    from bot.store.postgres import address  # noqa: PLC0415 - slow to import; the health check needs none of it

    try:
        if address.is_meant(settings.database_url):
            return _on_postgres(settings.database_url, is_restored=after_pg_restore)
        if file is None or after_pg_restore:
            raise click.UsageError("Name the FILE to restore.")
        return _on_sqlite(file, settings.database_url)
    except BackupError as error:
        return fail(error)


def _on_sqlite(file: Path, url: str) -> int:
    from bot.store.sqlite import restores  # noqa: PLC0415 - as above

    restored = restores.restore(file, url, now=system_clock())
    click.echo(f"Restored {file}: {summary(restored.contents)}.")
    if restored.kept:
        click.echo(f"The previous database is now {restored.kept}. Delete it once everything works.")
    if restored.forgotten is None:
        click.echo(
            "The previous database is unreadable: people who deleted their data after this backup was made\n"
            "have to delete it again (/my data)."
        )
    elif restored.forgotten:
        people = count(restored.forgotten, "person", "people")
        click.echo(f"Deleted the data of {people} again, who had deleted it after this backup was made.")
    _say_what_is_next()
    return EXIT_OK


def _on_postgres(url: str, *, is_restored: bool) -> int:
    from bot.store.postgres import dumps  # noqa: PLC0415 - as above

    if not is_restored:
        raise BackupError(dumps.instead_of_restore(url))
    asyncio.run(_prepare(url))
    click.echo("The database is ready: pending posts are looked for in their channels before they are sent.")
    _say_what_is_next()
    return EXIT_OK


async def _prepare(url: str) -> None:
    from bot.store.address import backend_of  # noqa: PLC0415 - as above
    from bot.store.database import Database  # noqa: PLC0415 - as above
    from bot.store.restored import look_before_sending  # noqa: PLC0415 - as above

    async with backend_of(url).sole_use():
        database = await Database.open(url)
        try:
            await look_before_sending(database)
        finally:
            await database.close()


def _say_what_is_next() -> None:
    click.echo(
        "Start the bot now. It does not know what it posted after this backup was made, so it may post\n"
        "those papers again (see docs/operating.md)."
    )
