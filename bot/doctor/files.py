"""Who else on this machine can read the token, the database and its backups, and the command that ends it."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterable
from pathlib import Path

from bot.doctor.findings import Finding, fine, warning
from bot.store.sqlite import files


def check_dotenv(path: Path) -> list[Finding]:
    """Nothing where there is no such file."""
    if not (files.HAS_MODES and path.is_file()):
        return []
    if not _closing([path]):
        return [fine(f"{path} cannot be read by other users")]
    return [
        warning(f"Other users can read {path} ({_mode(path)}), and it is for the token", _closing([path]))
    ]


def check_readers(database: Path) -> list[Finding]:
    """Of the database, what lies beside it, and its folder; nothing where none of them is there."""
    place = files.real(database)
    folder = place.parent
    if not (files.HAS_MODES and folder.is_dir()):
        return []
    found: list[Finding] = []
    ours = {place, *files.copies_in(folder)}
    if open_ones := sorted(path for path in ours if path.is_file() and _closing([path])):
        names = ", ".join(f"{path} ({_mode(path)})" for path in open_ones)
        found.append(warning(f"Other users can read {names}", _closing(open_ones)))
    if folder == Path(folder.anchor) or folder.stat().st_mode & stat.S_ISVTX:
        found.append(
            warning(
                f"The folder {folder} is for everybody's files",
                "have DATABASE_URL name one in a folder of its own",
            )
        )
    elif command := _closing([folder]):
        found.append(warning(f"Other users can enter the folder {folder} ({_mode(folder)})", command))
    return found or [fine("Other users can read neither the database nor its folder")]


def _closing(paths: Iterable[Path]) -> str:
    """The commands that leave each to its owner; '' where that is so, or where the bot needs it as it is."""
    by_mode: dict[str, list[str]] = {}
    for path in paths:
        if mode := files.mode_for_others(path):
            about = path.stat()
            is_mine = os.geteuid() in {0, about.st_uid}
            is_lent = about.st_uid == 0 and about.st_gid != 0  # by root to the group that the bot is in
            if is_mine and not (is_lent and not mode & 0o027):
                wanted = f"{files.FOLDER_MODE if path.is_dir() else files.FILE_MODE:o}"
            elif mode & 0o007:
                wanted = "o="
            else:
                continue
            by_mode.setdefault(wanted, []).append(shlex.quote(str(path)))
    return "; ".join(f"chmod {wanted} {' '.join(names)}" for wanted, names in by_mode.items())


def _mode(path: Path) -> str:
    return f"mode {stat.S_IMODE(path.stat().st_mode):04o}"
