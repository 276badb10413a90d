"""The database: can it be used, is it sound, is there room; and what the other checks want to know of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.feeds import Feed
from bot.core.ids import FeedId
from bot.core.plurals import count
from bot.core.sizes import size_text
from bot.doctor.files import check_readers
from bot.doctor.findings import Finding, Sign, fine, unchecked, warning, wrong
from bot.errors import ConfigError
from bot.store.sqlite.engine import parse_url
from bot.store.sqlite.files import NO_LOCKS, obstacle, real
from bot.store.sqlite.inspection import BusyError, Inspector, Pending, Revision, inspected, user_of
from bot.store.sqlite.locks import is_blocked, keeps_locks, lock_path

_LEAST_ROOM_BYTES = 50_000_000
_LITTLE_ROOM_BYTES = 500_000_000
_SECONDS = 60.0
_BACKUP = "put a backup in its place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is kept, as far as it bears on other checks."""

    feeds: Sequence[Feed]  # with subscriptions
    pending: Mapping[FeedId, Pending]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseReport:
    findings: Sequence[Finding]
    contents: Contents | None = None  # None where it cannot be read, or has other tables


async def check_database(url: str, *, within_seconds: float = _SECONDS) -> DatabaseReport:
    path = parse_url(url)
    if why := obstacle(path):
        error = ConfigError(f"DATABASE_URL names {path}, but {why}")
        return DatabaseReport(findings=[_refused(error, prevents_start=True)])
    around = [_writable(path), _room(path), *check_readers(path)]
    if not path.exists():
        can_be_made = around[0].sign is Sign.FINE
        made = [fine(f"{path} is not there yet: it is made at the first start")] if can_be_made else []
        return DatabaseReport(findings=[*made, *around], contents=Contents(feeds=(), pending={}))
    size_bytes = path.stat().st_size
    user = _user(path)
    found: list[Finding] = []
    contents: Contents | None = None
    try:
        async with inspected(path, within_seconds=within_seconds) as file:
            revision = await file.revision()
            found.append(_revision(path, revision, size_bytes=size_bytes))
            if revision.is_current:
                contents = Contents(feeds=await file.feeds(), pending=await file.pending())
            found.append(await _soundness(file, size_bytes=size_bytes))
    except ConfigError as error:
        found.append(_refused(error, prevents_start=not found))
    except BusyError:
        found.append(unchecked(str(path), because="another program has it locked just now; try again"))
    except TimeoutError:
        found.append(warning(f"{path} was not read through within {within_seconds:g} s", "try again"))
    found += user
    return DatabaseReport(findings=[*found, *around], contents=contents)


def _user(path: Path) -> list[Finding]:
    """Who has the file open; nothing where nobody is seen. To be asked while this process has it closed."""
    if not keeps_locks(path):
        error = ConfigError(f"DATABASE_URL names {path}, but {NO_LOCKS}")
        return [_refused(error, prevents_start=True)]
    process_id = user_of(path)
    process = f" (process {process_id})" if process_id else ""
    if is_blocked(lock_path(real(path))):
        return [fine(f"It is in use: a bot runs on it{process}")]
    return [fine(f"Another program has it open{process}")] if process_id is not None else []


def _refused(error: ConfigError, *, prevents_start: bool) -> Finding:
    """What the start would say, in two parts."""
    said = str(error).replace("DATABASE_URL names a ", "It is a ", 1).removeprefix("DATABASE_URL names ")
    said = said.removesuffix(".").replace(", but ", ": ", 1)
    what, _, remedy = said.partition(". " if ". " in said else "; ")
    return wrong(what, remedy, prevents_start=prevents_start)


def _revision(path: Path, revision: Revision, *, size_bytes: int) -> Finding:
    what = f"{path}, {size_text(size_bytes)}"
    if revision.is_current:
        return fine(f"{what}, has this version's tables (revision {revision.newest})")
    if revision.current is None:
        return fine(f"{what}, is empty: it is filled at the next start")
    return fine(
        f"{what}, has an older version's tables (revision {revision.current}): they are brought up to "
        f"{revision.newest} at the next start"
    )


async def _soundness(file: Inspector, *, size_bytes: int) -> Finding:
    flaws = await file.flaws(size_bytes=size_bytes)
    if not flaws:
        return fine("It is sound: pages, indexes and references agree")
    more = f", and {count(len(flaws) - 1, 'flaw')} more" if len(flaws) > 1 else ""
    return wrong(f"It is damaged: {flaws[0]}{more}", _BACKUP)


def _writable(path: Path) -> Finding:
    """Whether this user may write the file and its folder, or make them."""
    folder = real(path).parent
    while not folder.exists():
        folder = folder.parent
    remedy = "give this user the right to write there, or have DATABASE_URL name another place"
    if not folder.is_dir():
        return wrong(f"{folder} is no folder, so {path} cannot be made", remedy, prevents_start=True)
    if not _may(folder, os.W_OK | os.X_OK):
        return wrong(f"The folder {folder} cannot be written by this user", remedy, prevents_start=True)
    if path.exists() and not _may(path, os.R_OK | os.W_OK):
        return wrong(f"{path} cannot be written by this user", remedy, prevents_start=True)
    return fine(f"The folder {folder} can be written")


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _room(path: Path) -> Finding:
    folder = real(path).parent
    while not folder.is_dir():
        folder = folder.parent
    return judged_room(shutil.disk_usage(folder).free)


def judged_room(free_bytes: int) -> Finding:
    what = f"{size_text(free_bytes)} of the disk are free"
    if free_bytes < _LEAST_ROOM_BYTES:
        return wrong(what, "make room: nothing can be posted once it is full")
    if free_bytes < _LITTLE_ROOM_BYTES:
        return warning(what, "make room before it is full")
    return fine(what)
