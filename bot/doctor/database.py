"""Checks the database file and its disk, and reads what the other checks need from it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bot.core.plurals import count
from bot.core.sizes import size_text
from bot.doctor.files import check_readers
from bot.doctor.findings import Finding, Sign, fine, unchecked, warning, wrong
from bot.doctor.postgres import check_postgres
from bot.doctor.reports import Contents, DatabaseReport, refused, revision_finding
from bot.errors import ConfigError
from bot.store.inspection import BusyError
from bot.store.postgres import address as postgres_address
from bot.store.sqlite.engine import parse_url
from bot.store.sqlite.files import NO_LOCKS, obstacle, real
from bot.store.sqlite.inspection import Inspector, inspected, user_of
from bot.store.sqlite.locks import is_locked, keeps_locks, lock_path

_CRITICAL_FREE_BYTES = 50_000_000
_LOW_FREE_BYTES = 500_000_000
_TIMEOUT_SECONDS = 60.0
_RESTORE = "restore a backup: paperboy restore FILE"


async def check_database(
    url: str, *, shard_count: int | None = None, timeout_seconds: float = _TIMEOUT_SECONDS
) -> DatabaseReport:
    if postgres_address.is_meant(url):
        return await check_postgres(url, shard_count=shard_count, timeout_seconds=timeout_seconds)
    path = parse_url(url)
    if why := obstacle(path):
        error = ConfigError(f"DATABASE_URL names {path}, but {why}")
        return DatabaseReport(findings=[refused(error, prevents_start=True)])
    surroundings = [_writable(path), _free_space(path), *check_readers(path)]
    if not path.exists():
        can_be_created = surroundings[0].sign is Sign.FINE
        missing = [fine(f"{path} does not exist yet; the first start creates it")] if can_be_created else []
        return DatabaseReport(findings=[*missing, *surroundings], contents=Contents(feeds=(), pending={}))
    size_bytes = path.stat().st_size
    users = _users(path)
    findings: list[Finding] = []
    contents: Contents | None = None
    try:
        async with inspected(path, within_seconds=timeout_seconds) as file:
            revision = await file.revision()
            findings.append(revision_finding(path, revision, size_bytes=size_bytes))
            if revision.is_readable:
                contents = Contents(feeds=await file.feeds(), pending=await file.pending())
            findings.append(await _integrity(file, size_bytes=size_bytes))
    except ConfigError as error:
        findings.append(refused(error, prevents_start=not findings))
    except BusyError:
        findings.append(unchecked(str(path), because="another program has locked it; try again"))
    except TimeoutError:
        findings.append(
            warning(f"{path} could not be read completely within {timeout_seconds:g} s", "try again")
        )
    findings += users
    return DatabaseReport(findings=[*findings, *surroundings], contents=contents)


def _users(path: Path) -> list[Finding]:
    """Who has the file open, if anybody. Call it before this process opens the file."""
    if not keeps_locks(path):
        error = ConfigError(f"DATABASE_URL names {path}, but {NO_LOCKS}")
        return [refused(error, prevents_start=True)]
    process_id = user_of(path)
    process = f" (process {process_id})" if process_id else ""
    if is_locked(lock_path(real(path))):
        return [fine(f"It is in use by a running bot{process}")]
    return [fine(f"Another program has it open{process}")] if process_id is not None else []


async def _integrity(file: Inspector, *, size_bytes: int) -> Finding:
    flaws = await file.flaws(size_bytes=size_bytes)
    if not flaws:
        return fine("It is intact: pages, indexes and references are consistent")
    more = f", and {count(len(flaws) - 1, 'flaw')} more" if len(flaws) > 1 else ""
    return wrong(f"It is damaged: {flaws[0]}{more}", _RESTORE)


def _writable(path: Path) -> Finding:
    """Whether this user may write the file and its folder, or create them."""
    folder = real(path).parent
    while not folder.exists():
        folder = folder.parent
    remedy = "give this user write permission, or point DATABASE_URL to another directory"
    if not folder.is_dir():
        return wrong(f"{folder} is not a directory, so {path} cannot be created", remedy, prevents_start=True)
    if not _may(folder, os.W_OK | os.X_OK):
        return wrong(f"This user cannot write to the directory {folder}", remedy, prevents_start=True)
    if path.exists() and not _may(path, os.R_OK | os.W_OK):
        return wrong(f"This user cannot write to {path}", remedy, prevents_start=True)
    return fine(f"The directory {folder} is writable")


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _free_space(path: Path) -> Finding:
    folder = real(path).parent
    while not folder.is_dir():
        folder = folder.parent
    return judge_free_space(shutil.disk_usage(folder).free)


def judge_free_space(free_bytes: int) -> Finding:
    what = f"{size_text(free_bytes)} of disk space is free"
    if free_bytes < _CRITICAL_FREE_BYTES:
        return wrong(what, "free some space: a full disk stops all posting")
    if free_bytes < _LOW_FREE_BYTES:
        return warning(what, "free some space before it is full")
    return fine(what)
