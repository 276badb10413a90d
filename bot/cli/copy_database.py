"""`paperboy copy-database`: moves to PostgreSQL, or back to a file."""

from __future__ import annotations

import asyncio

import click

from bot.cli.process import EXIT_FAILED, EXIT_OK
from bot.core.plurals import count
from bot.errors import CopyError


@click.command()
@click.argument("source", metavar="FROM", help="The address of the database to copy.")
@click.argument("target", metavar="TO", help="The address of an empty database.")
def copy_database(source: str, target: str) -> int:
    """Copy the database to another one, such as to PostgreSQL.

    FROM and TO are addresses as in DATABASE_URL; TO must be empty. Stop the
    bot first. FROM keeps its rows. After an error, nothing is copied.

    \b
    Examples:
      paperboy copy-database sqlite+aiosqlite:///data/paperboy.db \\
        postgresql+asyncpg://paperboy:password@localhost/paperboy

    \b
    Exit codes:
       0  everything is copied, and the row counts match
       1  nothing was copied; standard error says why
      78  an address is wrong, or a bot is running on it
    """
    from bot.store.copying import copy_database as copy  # noqa: PLC0415 - slow to import; the health check needs none of it

    try:
        copied = asyncio.run(copy(source, target))
    except CopyError as error:
        click.echo(f"paperboy: {error}.", err=True)
        return EXIT_FAILED
    width = max(len(name) for name in copied)
    for name, rows in copied.items():
        click.echo(f"  {name:{width}}  {rows:>9,}")
    click.echo(f"Copied {count(sum(copied.values()), 'row', zero='0')}.")
    click.echo("Set DATABASE_URL to the new address and start the bot. Don't start it on the old")
    click.echo("database again: that one doesn't know what is posted from now on.")
    return EXIT_OK
