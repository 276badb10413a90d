"""A PostgreSQL server of one program's own: a private cluster on a socket in a folder, run as a user who is not root.

It ends with the last process that holds its lifeline, however that ends, and takes the folder with it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

MISSING: Final = "these tests need PostgreSQL: apt-get install postgresql"
USER: Final = "paperboy"
_STARTS_WITHIN_SECONDS: Final = 120.0
# Stops the server once nobody holds the lifeline.
_KEEPER: Final = (
    '"$@" & server=$!; cat "$LIFELINE" > /dev/null; kill -QUIT $server; wait $server; rm -rf "$FOLDER"'
)


@cache
def binaries() -> Path | None:
    """The folder of the newest installed server's programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    onpath = shutil.which("postgres")
    return found[-1].parent if found else Path(onpath).parent if onpath else None


def make(folder: Path) -> dict[str, Any]:
    """Makes the folder, with a cluster in `data`; returns what a `subprocess` that runs it is started with."""
    programs = binaries()
    assert programs is not None
    folder.mkdir(mode=0o755)
    owner: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        shutil.chown(folder, user.pw_uid, user.pw_gid)
    how = ["-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    initdb = [programs / "initdb", "-D", folder / "data", *how]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **owner)
    return owner


def start(folder: Path, *, options: Sequence[str]) -> None:
    """Makes the folder and a cluster in it, and waits until its server answers; `hold` it then."""
    owner = make(folder)
    os.mkfifo(folder / "lifeline", 0o600)
    if owner:
        shutil.chown(folder / "lifeline", owner["user"], owner["group"])
    programs, data = binaries(), folder / "data"
    assert programs is not None
    server = [programs / "postgres", "-D", data, "-k", folder, *(f"-c{option}" for option in options)]
    with (folder / "log").open("wb") as log:
        subprocess.run(
            ["/bin/sh", "-c", f"({_KEEPER}) &", "keeper", *server],
            env={"PATH": os.environ["PATH"], "LIFELINE": str(folder / "lifeline"), "FOLDER": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
            check=True,
            **owner,
        )
    deadline = time.monotonic() + _STARTS_WITHIN_SECONDS
    while subprocess.run([programs / "pg_isready", "-q", "-h", folder], check=False).returncode:
        if time.monotonic() > deadline:
            raise TimeoutError(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
        time.sleep(0.05)


def hold(folder: Path) -> int:
    """Keeps the server running for as long as this file descriptor is open."""
    return os.open(folder / "lifeline", os.O_WRONLY)


def wait_until_gone(folder: Path) -> None:
    """Waits until a server that nobody holds any more has ended."""
    deadline = time.monotonic() + _STARTS_WITHIN_SECONDS
    while folder.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"PostgreSQL did not end: {(folder / 'log').read_text()}")
        time.sleep(0.05)


def address(folder: Path, database: str) -> str:
    """The address of a database of the cluster, for `DATABASE_URL`."""
    return f"postgresql+asyncpg://{USER}@/{database}?host={folder}"
