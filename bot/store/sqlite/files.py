"""The database's file and folder: where they are, why they cannot be used, and their permissions."""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from bot.errors import ConfigError
from bot.store.sqlite.address import address_of

FILE_MODE = 0o600
FOLDER_MODE = 0o700
COMPANIONS = ("-wal", "-shm", "-journal")  # what SQLite keeps next to a file that is open
NO_LOCKS = (
    "it is on a file system without locks or shared memory (NFS, SMB and the like): "
    "put the database on a local disk"
)

HAS_MODES = os.name == "posix"
_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_REMEDIES = {
    errno.EACCES: "give this user the right to read and write there, or name another file",
    errno.EPERM: "give this user the right to read and write there, or name another file",
    errno.EROFS: "name a file where this user can write",
    errno.ENOSPC: "free some space on the disk",
    errno.EDQUOT: "free some space on the disk",
    errno.ENAMETOOLONG: "give the file a shorter name",
}

_log = logging.getLogger(__name__)


def real(path: Path) -> Path:
    """The file behind symbolic links: SQLite keeps its other files next to it."""
    return Path(os.path.realpath(path))


def companion(path: Path, suffix: str) -> Path:
    """The file that SQLite keeps next to its database, such as `-wal`."""
    return path.with_name(f"{path.name}{suffix}")


def prepare(path: Path) -> Path:
    """Create the file and its folder if they are missing, for their owner only; returns the real path.

    A file of ours that others can read is closed to them. An existing folder is left as it is, because others
    may need it.

    Raises:
        ConfigError: it cannot be used; the text names DATABASE_URL and says what to do.
    """
    place = real(path)
    if why := obstacle(place):
        raise ConfigError(f"DATABASE_URL names {path}, but {why}")
    try:
        make_folder(place.parent)
    except OSError as error:
        raise ConfigError(
            f"DATABASE_URL names {path}, but its directory cannot be created: "
            f"{_because(error)}{_root_hint(path)}"
        ) from error
    try:
        with suppress(FileExistsError):
            make(place)
    except OSError as error:
        raise ConfigError(
            f"DATABASE_URL names {path}, but it cannot be created: {_because(error)}"
        ) from error
    tighten(place)
    return place


def obstacle(path: Path) -> str | None:
    """Why this cannot be the database's file, with what to do; None if it is a file or does not exist."""
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return f"it cannot be reached: {_because(error)}"
    if kind == stat.S_IFDIR:
        return f"it is a directory; did you mean {address_of(path / 'paperboy.db')}?"
    return None if kind == stat.S_IFREG else f"it is {_SPECIAL.get(kind, 'no file')}; name a file"


def make_folder(folder: Path) -> None:
    """Make the folder, and those above it, if they are missing; what is made, only its owner can enter.

    Raises:
        OSError: it cannot be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(FOLDER_MODE)
    except FileExistsError:
        if not folder.is_dir():
            raise
        return
    if HAS_MODES and folder.stat().st_mode & 0o777 != FOLDER_MODE:  # the umask took something away
        with suppress(PermissionError):
            folder.chmod(FOLDER_MODE)


def make(path: Path) -> None:
    """Create an empty file that only its owner can ever read.

    Raises:
        OSError: it cannot be created, or exists already.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        set_mode(descriptor)
    finally:
        os.close(descriptor)


def set_mode(descriptor: int) -> None:
    """Give an open file its mode, whatever the process's umask took away or an earlier program gave."""
    if HAS_MODES and stat.S_IMODE(os.fstat(descriptor).st_mode) != FILE_MODE:
        with suppress(PermissionError):  # some file systems keep no modes
            os.fchmod(descriptor, FILE_MODE)


def tighten(database: Path) -> None:
    """Close the database, and what SQLite keeps next to it, to others, as far as it is this user's."""
    for path in (database, *(companion(database, suffix) for suffix in COMPANIONS)):
        mode = mode_for_others(path)
        # A file system that keeps no modes refuses; the doctor says so.
        with suppress(OSError):
            if mode is not None and path.stat().st_uid == os.geteuid():
                path.chmod(FILE_MODE)
                if path == database:
                    _log.info("Other users could read %s (mode %04o); now only its owner can", path, mode)


def mode_for_others(path: Path) -> int | None:
    """The mode of a file or folder that lets in others than its owner; None of one that does not."""
    if not HAS_MODES:
        return None
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None
    return mode if mode & 0o077 else None


def copies_in(folder: Path) -> Iterator[Path]:
    """The databases in the folder, including backups, with the files that SQLite keeps next to them."""
    with suppress(OSError):
        yield from sorted(
            path
            for path in folder.iterdir()
            if ".db" in path.name and path.is_file() and not path.is_symlink()
        )


def unwritable(path: Path, error: OSError) -> str:
    """Why the file cannot be made or written, with what to do."""
    return f"{path} cannot be written: {_because(error)}"


def _because(error: OSError) -> str:
    remedy = _REMEDIES.get(error.errno or 0)
    return f"{error.strerror}{f'; {remedy}' if remedy else ''}"


def _root_hint(path: Path) -> str:
    """For who wrote three slashes and meant four: the folder is there, from the root."""
    from_root = Path("/", path)
    if path.is_absolute() or not (from_root.parent.is_dir() and len(from_root.parts) > 2):
        return ""
    return f"; did you mean {address_of(from_root)}?"
