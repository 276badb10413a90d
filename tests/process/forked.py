"""Starts of the bot that cost no imports: a server imports the bot once, and forks a process for each start.

What is started is a separate process, with its own environment, folder, output, signals and exit code. What the
interpreter and the libraries read of the environment at their very start is read again for it. One server serves all
workers of a test run: the first one that needs it starts it, and it ends with the last of them.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.parallel import RUN_ID
from tests.process.fork_server import LIFELINE
from tests.waiting import LIMIT_SECONDS

ROOT = Path(__file__).parents[2]
_server: _Server | None = None


@dataclass(frozen=True, kw_only=True)
class _Server:
    """The server as one worker sees it."""

    address: str
    lifeline: socket.socket  # the server ends when the last of these is closed
    process: subprocess.Popen[bytes] | None  # if this worker started it


class ForkedProcess:
    """A started process, with what the tests use of `asyncio.subprocess.Process`."""

    def __init__(
        self,
        pid: int,
        control: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        stdout: asyncio.StreamReader,
        stderr: asyncio.StreamReader,
    ) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr
        self.returncode: int | None = None
        self._exit = asyncio.ensure_future(self._read_exit(*control))

    async def _read_exit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
        self.returncode = int(line) if line else -signal.SIGKILL  # the server was killed with its children
        return self.returncode

    async def communicate(self) -> tuple[bytes, bytes]:
        """All of standard output and standard error, once the process has ended."""
        out, err = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await self.wait()
        return out, err

    async def wait(self) -> int:
        return await asyncio.shield(self._exit)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


async def start(
    arguments: Sequence[str],
    *,
    folder: Path,
    env: Mapping[str, str],
    before: str = "",
    joined: bool = False,
    out: int | None = None,
    err: int | None = None,
) -> ForkedProcess:
    """Starts `paperboy ARGUMENTS` in the folder.

    Args:
        before: code that the process runs first. If it ends with `sys.exit`, it is all that runs.
        joined: standard error goes where standard output goes.
        out, err: where standard output and standard error go, if not to the pipes that the test reads.
    """
    order = {"arguments": list(arguments), "folder": str(folder), "env": dict(env), "before": before}
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    control.connect(_address())
    (out_pipe, out_end), (err_pipe, err_end) = os.pipe(), os.pipe()
    try:
        outputs = [out_end if out is None else out, err_end if err is None else err]
        socket.send_fds(control, [json.dumps(order).encode()], [outputs[0], outputs[0 if joined else 1]])
    finally:
        os.close(out_end)
        os.close(err_end)
    control.setblocking(False)  # noqa: FBT003 - the name of the method says what
    reader, writer = await asyncio.open_unix_connection(sock=control)
    stdout, stderr = await _reading(out_pipe), await _reading(err_pipe)
    async with asyncio.timeout(LIMIT_SECONDS):
        pid = int(await reader.readline())
    return ForkedProcess(pid, (reader, writer), stdout, stderr)


async def _reading(pipe: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=1 << 24)  # a debug line can hold a whole server
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(pipe, "rb"))
    return reader


def _address() -> str:
    """The server's address; starts it where the test run has none."""
    global _server  # noqa: PLW0603 - one for all tests of this process
    if _server is None:
        folder = Path(tempfile.gettempdir(), f"paperboy-fork-{RUN_ID}")
        folder.mkdir(exist_ok=True)
        address = folder / "server"
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            process, lifeline = None, _connected(address)
            if lifeline is None:
                process, lifeline = _started(address), _connected(address)
        finally:
            os.close(lock)
        assert lifeline is not None
        _server = _Server(address=str(address), lifeline=lifeline, process=process)
    return _server.address


def _connected(address: Path) -> socket.socket | None:
    """A lifeline to the server; None if there is none, or it is ending."""
    lifeline = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with suppress(OSError):
        lifeline.connect(str(address))
        lifeline.sendall(LIFELINE)
        if lifeline.recv(1):
            return lifeline
    lifeline.close()
    return None


def _started(address: Path) -> subprocess.Popen[bytes]:
    address.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.process.fork_server", address],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    with process.stdout as ready:
        assert ready.readline() == b"ready\n"
    return process


def end() -> None:
    """Ends the server if this is the last worker; the worker that started it waits for that."""
    global _server
    if _server is not None:
        server, _server = _server, None
        server.lifeline.close()
        if server.process is not None:
            server.process.wait()
            with suppress(OSError):  # another server has been started there
                Path(server.address).parent.rmdir()
