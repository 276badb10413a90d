"""`paperboy backup`: one copy of the database, or one at every interval."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot import logs
from bot.cli.parameters import interval, whole_number
from bot.cli.process import EXIT_FAILED, EXIT_OK, run_until_signal
from bot.core.plurals import count
from bot.core.sizes import size_text
from bot.errors import BackupError
from bot.services.clock import system_clock
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.store.sqlite.copies import Contents

_DATED_NAME = re.compile(r"paperboy-(\d{4}-\d\d-\d\dT\d{6}Z)\.db")
_RETRY_AFTER = timedelta(minutes=5)
_UNITS = ((1_440, "day"), (60, "hour"), (1, "minute"))
_CHECK_INTERVAL_SECONDS = 30.0  # short, because the machine's clock may be changed

_log = logging.getLogger(__name__)


@click.command()
@click.argument("file", help="The file to write. In a directory, its name is paperboy-2026-11-25T090000Z.db.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@click.option(
    "--keep",
    type=whole_number(1),
    metavar="N",
    help="In a directory: keep the newest N backups and delete the others.",
)
@click.option(
    "--every",
    type=interval,
    metavar="24h",
    help="In a directory: keep running, and make a backup at this interval.",
)
def backup(file: str, *, force: bool, keep: int | None, every: timedelta | None) -> int:
    """Back up the database to a file, even while the bot runs.

    Writes a consistent copy of the database (DATABASE_URL) to one file.

    \b
    Examples:
      paperboy backup before-update.db
      paperboy backup /backups --keep 14               a dated file; keeps 14
      paperboy backup /backups --keep 14 --every 24h   repeats until SIGTERM

    \b
    Exit codes:
       0  the backup is written and verified
       1  the backup failed; FILE was not changed
      78  there is no database yet, or a setting is wrong
    """
    settings = Settings.load()
    target = Path(file)
    try:
        if not target.is_dir():
            if file.endswith(("/", "\\")):
                raise BackupError(f"the directory {target} does not exist: create it or name another")  # noqa: TRY301
            if keep or every:
                raise BackupError(f"--keep and --every need a directory, and {target} is not one")  # noqa: TRY301
        elif every:
            logs.configure(level=settings.log_level, log_format=settings.log_format, secrets=settings.secrets)
            run_until_signal(_repeat(settings, target, every=every, keep=keep))
            return EXIT_OK
        click.echo(_back_up(settings, target, replaces=force, keep=keep))
    except BackupError as error:
        return fail(error)
    return EXIT_OK


def fail(error: BackupError) -> int:
    """Print the error on one line and return the exit code."""
    click.echo(f"paperboy: {' '.join(str(error).split())}", err=True)
    return EXIT_FAILED


def summary(contents: Contents) -> str:
    """What a database contains, so that a person recognizes it."""
    run = "no run yet"
    if contents.last_run_at:
        run = f"last run {_ago(system_clock() - contents.last_run_at)}"
    counts = (
        count(contents.feeds, "feed", zero="0"),
        count(contents.subscriptions, "subscription", zero="0"),
        count(contents.posts, "post", zero="0"),
    )
    return ", ".join([*counts, run])


def _back_up(settings: Settings, target: Path, *, replaces: bool, keep: int | None) -> str:
    """Make one backup and return the line that reports it.

    Raises:
        BackupError: it cannot be made.
        ConfigError: there is no database yet.
    """
    from bot.store.postgres import address, dumps  # noqa: PLC0415 - slow to import, and the health check needs none of it
    from bot.store.sqlite import backups, copies  # noqa: PLC0415 - as above

    if address.is_meant(settings.database_url):
        raise BackupError(dumps.instead_of_backup(settings.database_url))
    folder = target if target.is_dir() else None
    if folder:
        target = folder / f"paperboy-{copies.stamp(system_clock())}.db"
    contents = backups.back_up(backups.database_file(settings.database_url), target, replaces=replaces)
    report = f"Wrote {target} ({size_text(target.stat().st_size)}): {summary(contents)}."
    outdated = _dated_backups(folder)[:-keep] if folder and keep else []
    for old in outdated:
        try:
            old.unlink(missing_ok=True)
        except OSError as error:
            raise BackupError(
                f"{target} is written, but {old} cannot be deleted: {error.strerror}"
            ) from error
    return f"{report} Deleted {count(len(outdated), 'older backup')}." if outdated else report


async def _repeat(settings: Settings, folder: Path, *, every: timedelta, keep: int | None) -> None:
    """Make a backup whenever the newest one in the folder is as old as `every`, until cancelled.

    Raises:
        ConfigError: a setting is wrong.
    """
    from bot.store.sqlite.backups import NoDatabaseError  # noqa: PLC0415 - as above

    retry_at: datetime | None = None
    is_waiting = False
    _log.info("Backing up to %s every %s", folder, _length(every))
    while True:
        now = system_clock()
        try:
            if (retry_at is None or now >= retry_at) and _is_due(folder, now=now, every=every):
                report = await asyncio.to_thread(_back_up, settings, folder, replaces=False, keep=keep)
                _log.info("%s", report)
                retry_at, is_waiting = None, False
        except NoDatabaseError:
            if not is_waiting:
                _log.info("There is no database yet; the first backup is made once the bot has started")
            is_waiting = True
        except BackupError as error:
            retry_at = now + _RETRY_AFTER
            _log.error("The backup failed: %s; retrying in %s", str(error).rstrip("."), _length(_RETRY_AFTER))
        await asyncio.sleep(_CHECK_INTERVAL_SECONDS)


def _is_due(folder: Path, *, now: datetime, every: timedelta) -> bool:
    newest = _dated_backups(folder)[-1:]
    # A date in the future comes from a clock that was wrong.
    return not newest or not timedelta() <= now - _date_of(newest[0]) < every


def _dated_backups(folder: Path) -> list[Path]:
    """The backups in the folder that we have named, oldest first.

    Raises:
        BackupError: the folder cannot be read.
    """
    try:
        return sorted(path for path in folder.iterdir() if _DATED_NAME.fullmatch(path.name))
    except OSError as error:
        raise BackupError(f"the directory {folder} cannot be read: {error.strerror}") from error


def _date_of(path: Path) -> datetime:
    return datetime.strptime(f"{path.stem[len('paperboy-') :]}+0000", "%Y-%m-%dT%H%M%SZ%z")


def _length(time: timedelta) -> str:
    """In the largest unit that divides it: `5 minutes`, `36 hours`, `day`, `7 days`."""
    minutes = round(time.total_seconds() / 60)
    size, noun = next((size, noun) for size, noun in _UNITS if minutes % size == 0)
    return noun if minutes == size else count(minutes // size, noun)


def _ago(passed: timedelta) -> str:
    minutes = max(0, round(passed.total_seconds() / 60))
    size, noun = next((unit for unit in _UNITS if minutes >= 2 * unit[0]), _UNITS[-1])
    return f"{count(minutes // size, noun, zero='0')} ago"
