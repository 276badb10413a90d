"""The commands `backup` and `restore`: what they take and say, and backups made again and again."""

from __future__ import annotations

import argparse
import asyncio
import logging
import re
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot import logs
from bot.cli.process import EXIT_CLOSED, EXIT_FAILED, run_until_signal
from bot.errors import BackupError
from bot.services.clock import system_clock
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.store.sqlite.backups import Contents

_DATED = re.compile(r"paperboy-(\d{4}-\d\d-\d\dT\d{6}Z)\.db")
_EVERY = re.compile(r"([1-9]\d{0,3})([hd])")
_AGAIN = timedelta(minutes=5)  # after one that failed
_UNITS = ((1_440, "day"), (60, "hour"), (1, "minute"))
_LOOKS_EVERY_SECONDS = 30.0  # at the clock, which may be set

_log = logging.getLogger("bot.cli.backup")


def takes_backup(parser: argparse.ArgumentParser) -> None:
    """The arguments of `paperboy backup`."""
    parser.add_argument(
        "file", metavar="FILE", help="where to; in a folder it is called paperboy-2026-11-25T090000Z.db"
    )
    parser.add_argument("--force", action="store_true", help="replace FILE where it is there already")
    parser.add_argument(
        "--keep", type=_number, metavar="N", help="in a folder: keep the newest N of these, delete the others"
    )
    parser.add_argument(
        "--every", type=_interval, metavar="24h", help="into a folder: go on, one every so many hours or days"
    )


def takes_restore(parser: argparse.ArgumentParser) -> None:
    """The arguments of `paperboy restore`."""
    parser.add_argument("file", metavar="FILE", help="a file that `paperboy backup` wrote")


def back_up(options: argparse.Namespace) -> int:
    """Does `paperboy backup` and gives its exit code.

    Raises:
        ConfigError: a setting is wrong, or there is no database yet.
    """
    settings = Settings.load()
    named: str = options.file
    target = Path(named)
    try:
        if not target.is_dir():
            if named.endswith(("/", "\\")):
                raise BackupError(f"the folder {target} is not there: make it, or name another")  # noqa: TRY301
            if options.keep or options.every:
                raise BackupError(f"--keep and --every need a folder, and {target} is none")  # noqa: TRY301
        elif options.every:
            logs.configure(level=settings.log_level, log_format=settings.log_format, secrets=settings.secrets)
            run_until_signal(_go_on(settings, target, every=options.every, keep=options.keep))
            return EXIT_CLOSED
        said = _back_up(settings, target, replaces=options.force, keep=options.keep)
    except BackupError as error:
        return _failed(error)
    sys.stdout.write(f"{said}\n")
    return EXIT_CLOSED


def restore(options: argparse.Namespace) -> int:
    """Does `paperboy restore` and gives its exit code.

    Raises:
        ConfigError: a setting is wrong.
    """
    settings = Settings.load()
    from bot.store.sqlite import backups  # noqa: PLC0415 - slow to import; a wrong setting is said before

    file = Path(options.file)
    try:
        done = backups.restore(file, settings.database_url, now=system_clock())
    except BackupError as error:
        return _failed(error)
    sys.stdout.write(f"Restored {file}: {_told(done.contents)}.\n")
    if done.kept:
        sys.stdout.write(
            f"The database that was there is kept as {done.kept}; delete it once everything works.\n"
        )
    sys.stdout.write(
        "Start the bot now. It does not know what was posted after this backup was made, so it posts those\n"
        "papers once more (see docs/operating.md).\n"
    )
    return EXIT_CLOSED


def _back_up(settings: Settings, target: Path, *, replaces: bool, keep: int | None) -> str:
    """Make one backup; what to say of it.

    Raises:
        BackupError: it cannot be made.
        ConfigError: there is no database yet.
    """
    from bot.store.sqlite import backups  # noqa: PLC0415 - as above

    folder = target if target.is_dir() else None
    if folder:
        target = folder / f"paperboy-{backups.stamp(system_clock())}.db"
    contents = backups.back_up(backups.database_file(settings.database_url), target, replaces=replaces)
    said = f"Wrote {target} ({_size(target.stat().st_size)}): {_told(contents)}."
    gone = _dated(folder)[:-keep] if folder and keep else []
    for old in gone:
        try:
            old.unlink(missing_ok=True)
        except OSError as error:
            raise BackupError(
                f"{target} is written, but {old} cannot be deleted: {error.strerror}"
            ) from error
    return f"{said} Deleted {len(gone)} older." if gone else said


async def _go_on(settings: Settings, folder: Path, *, every: timedelta, keep: int | None) -> None:
    """Back up whenever the newest backup in the folder is as old as `every`, until cancelled.

    Raises:
        ConfigError: a setting is wrong.
    """
    from bot.store.sqlite.backups import NoDatabaseError  # noqa: PLC0415 - as above

    not_before: datetime | None = None
    is_waiting = False
    _log.info("Backing up into %s every %s", folder, _length(every))
    while True:
        now = system_clock()
        try:
            if (not_before is None or now >= not_before) and _is_due(folder, now=now, every=every):
                said = await asyncio.to_thread(_back_up, settings, folder, replaces=False, keep=keep)
                _log.info("%s", said)
                not_before, is_waiting = None, False
        except NoDatabaseError:
            if not is_waiting:
                _log.info("There is no database yet; the first backup is made when the bot has started")
            is_waiting = True
        except BackupError as error:
            not_before = now + _AGAIN
            _log.error("No backup was made: %s; trying again in %s", str(error).rstrip("."), _length(_AGAIN))
        await asyncio.sleep(_LOOKS_EVERY_SECONDS)


def _is_due(folder: Path, *, now: datetime, every: timedelta) -> bool:
    newest = _dated(folder)[-1:]
    # One from the future was made by a clock that was wrong.
    return not newest or not timedelta() <= now - _moment(newest[0]) < every


def _dated(folder: Path) -> list[Path]:
    """The backups in the folder that have our names, the oldest first.

    Raises:
        BackupError: the folder cannot be read.
    """
    try:
        return sorted(path for path in folder.iterdir() if _DATED.fullmatch(path.name))
    except OSError as error:
        raise BackupError(f"the folder {folder} cannot be read: {error.strerror}") from error


def _moment(path: Path) -> datetime:
    return datetime.strptime(f"{path.stem[len('paperboy-') :]}+0000", "%Y-%m-%dT%H%M%SZ%z")


def _failed(error: BackupError) -> int:
    sys.stderr.write(f"paperboy: {' '.join(str(error).split())}\n")
    return EXIT_FAILED


def _told(contents: Contents) -> str:
    run = "no run yet"
    if contents.last_run_at:
        run = f"the newest run {_ago(system_clock() - contents.last_run_at)}"
    numbers = (
        _count(contents.feeds, "feed"),
        _count(contents.subscriptions, "subscription"),
        _count(contents.posts, "post"),
        run,
    )
    return ", ".join(numbers)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _length(time: timedelta) -> str:
    """In the largest unit that leaves no rest: `5 minutes`, `36 hours`, `day`, `7 days`."""
    minutes = round(time.total_seconds() / 60)
    size, noun = next((size, noun) for size, noun in _UNITS if minutes % size == 0)
    return noun if minutes == size else f"{minutes // size} {noun}s"


def _ago(passed: timedelta) -> str:
    minutes = max(0, round(passed.total_seconds() / 60))
    for size, name in ((1_440, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes // size} {name} ago"
    return "a minute ago" if minutes == 1 else f"{minutes} minutes ago"


def _size(number: int) -> str:
    return f"{number / 1_000_000:.1f} MB" if number >= 1_000_000 else f"{number / 1_000:.0f} kB"


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of files; give a whole number from 1 on")
    return int(text)


def _interval(text: str) -> timedelta:
    if (found := _EVERY.fullmatch(text)) is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not an interval; give hours or days, such as 24h or 7d"
        )
    return timedelta(hours=int(found[1]) * (24 if found[2] == "d" else 1))
