"""PgBouncer, a pooler, in front of a test's database."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import make_url

MISSING: Final = "this test needs PgBouncer: apt-get install pgbouncer"
_SETTINGS: Final = """
[databases]
{database} = host={host} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
"""


def binary() -> str | None:
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@asynccontextmanager
async def pooled(url: str, *, mode: str) -> AsyncGenerator[str]:
    """The database's address through the pooler."""
    if (program := binary()) is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)
    there = make_url(url)
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="paperboy-pgbouncer-") as folder:
        Path(folder).chmod(0o755)
        settings = Path(folder) / "pgbouncer.ini"
        host, user = there.query["host"], there.username
        settings.write_text(
            _SETTINGS.format(database=there.database, host=host, user=user, port=port, mode=mode)
        )
        owner: dict[str, Any] = {}
        if os.geteuid() == 0:  # it does not run as root
            account = pwd.getpwnam("postgres")
            owner = {"user": account.pw_uid, "group": account.pw_gid}
        process = await asyncio.create_subprocess_exec(
            program, settings, stderr=asyncio.subprocess.PIPE, **owner
        )
        try:
            assert process.stderr is not None
            async with asyncio.timeout(60):
                while b"process up" not in await process.stderr.readline():
                    assert process.returncode is None
            yield there.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
        finally:
            process.terminate()
            await process.communicate()
