"""Checks that no other user can read the token, the database or its backups."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterable
from pathlib import Path

from bot.doctor.findings import Finding, fine, warning
from bot.store.sqlite import files


def check_dotenv(path: Path) -> list[Finding]:
    """Check who can read the file, if it exists."""
    if not (files.HAS_MODES and path.is_file()):
        return []
    if not _chmod([path]):
        return [fine(f"Other users cannot read {path}")]
    return [warning(f"Other users can read {path} ({_mode(path)}), which contains the token", _chmod([path]))]


def check_readers(database: Path) -> list[Finding]:
    """Check who can read the database, the files next to it, and its folder."""
    real_path = files.real(database)
    folder = real_path.parent
    if not (files.HAS_MODES and folder.is_dir()):
        return []
    findings: list[Finding] = []
    paths = {real_path, *files.copies_in(folder)}
    if readable := sorted(path for path in paths if path.is_file() and _chmod([path])):
        names = ", ".join(f"{path} ({_mode(path)})" for path in readable)
        findings.append(warning(f"Other users can read {names}", _chmod(readable)))
    if folder == Path(folder.anchor) or folder.stat().st_mode & stat.S_ISVTX:
        findings.append(
            warning(
                f"The directory {folder} is shared by all users", "point DATABASE_URL to a separate directory"
            )
        )
    elif command := _chmod([folder]):
        findings.append(warning(f"Other users can enter the directory {folder} ({_mode(folder)})", command))
    return findings or [fine("Other users can read neither the database nor its directory")]


def _chmod(paths: Iterable[Path]) -> str:
    """The commands that restrict each path to its owner; '' if none is needed."""
    by_mode: dict[str, list[str]] = {}
    for path in paths:
        if mode := files.mode_for_others(path):
            status = path.stat()
            is_mine = os.geteuid() in {0, status.st_uid}
            is_shared = (
                status.st_uid == 0 and status.st_gid != 0
            )  # owned by root, and readable by the bot's group
            if is_mine and not (is_shared and not mode & 0o027):
                permissions = f"{files.FOLDER_MODE if path.is_dir() else files.FILE_MODE:o}"
            elif mode & 0o007:
                permissions = "o="
            else:
                continue
            by_mode.setdefault(permissions, []).append(shlex.quote(str(path)))
    return "; ".join(f"chmod {permissions} {' '.join(names)}" for permissions, names in by_mode.items())


def _mode(path: Path) -> str:
    return f"mode {stat.S_IMODE(path.stat().st_mode):04o}"
