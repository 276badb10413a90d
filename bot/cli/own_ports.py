"""Own ports: on which ports processes of this user listen, and whether they belong to this container."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_LISTENING: Final = "0A"  # TCP_LISTEN in the kernel's tables


def own_ports(ports: Container[int]) -> dict[int, bool]:
    """Those of the ports on which processes of this user listen, and whether we can see the process.

    Containers that use the host's network share its ports, but don't see each other's processes. Empty if
    the system does not say; Linux does.
    """
    sockets = {socket: port for port, socket in _listening() if port in ports}
    seen = _open_files() if sockets else frozenset[str]()
    return {port: socket in seen for socket, port in sockets.items()}


def _listening() -> Iterator[tuple[int, str]]:
    """Each port on which this user listens, with its socket as it is named among a process's open files."""
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
                _, address, _, state, _, _, _, user, _, inode, *_ = line.split()
                if state == _LISTENING and int(user) == os.geteuid():
                    yield int(address.rpartition(":")[2], 16), f"socket:[{inode}]"


def _open_files() -> frozenset[str]:
    """What the processes that we can see have open."""
    targets: set[str] = set()
    for folder in _PROC.glob("[0-9]*/fd"):
        with suppress(OSError):  # it is another user's, or has just ended
            for file in folder.iterdir():
                with suppress(OSError):
                    targets.add(str(file.readlink()))
    return frozenset(targets)
