"""Starts of the bot that cost no imports: a server imports the bot once, and forks a process for each start.

What is started is a process of its own, with its own environment, folder, output, signals and exit code. Only what
the interpreter does at its very start is left out, so what depends on that runs as `python -m bot`.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from tests.waiting import LIMIT_SECONDS

ROOT = Path(__file__).parents[2]
_MAX_ORDER_BYTES = 1 << 16
_server: tuple[subprocess.Popen[bytes], str] | None = None


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
    arguments: Sequence[str], *, folder: Path, env: Mapping[str, str], before: str = "", joined: bool = False
) -> ForkedProcess:
    """Starts `paperboy ARGUMENTS` in the folder.

    Args:
        before: code that the process runs first.
        joined: standard error goes where standard output goes.
    """
    order = {"arguments": list(arguments), "folder": str(folder), "env": dict(env), "before": before}
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    control.connect(_address())
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    try:
        socket.send_fds(control, [json.dumps(order).encode()], [out_end, out_end if joined else err_end])
    finally:
        os.close(out_end)
        os.close(err_end)
    control.setblocking(False)  # noqa: FBT003 - the name of the method says what
    reader, writer = await asyncio.open_unix_connection(sock=control)
    stdout, stderr = await _reading(out), await _reading(err)
    async with asyncio.timeout(LIMIT_SECONDS):
        pid = int(await reader.readline())
    return ForkedProcess(pid, (reader, writer), stdout, stderr)


async def _reading(pipe: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=1 << 24)  # a debug line can hold a whole server
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(pipe, "rb"))
    return reader


def _address() -> str:
    """The server's address; starts it where this process has none yet."""
    global _server  # noqa: PLW0603 - one for all tests of this process
    if _server is None or _server[0].poll() is not None:
        folder = tempfile.TemporaryDirectory(prefix="paperboy-fork-")
        address = f"{folder.name}/server"
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.process.fork_server", address],
            cwd=ROOT,
            stdin=subprocess.PIPE,  # the server ends when this process does
            stdout=subprocess.PIPE,
        )
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        atexit.register(folder.cleanup)
        _server = process, address
    return _server[1]


def end() -> None:
    """Ends the server of this process, if there is one."""
    global _server  # noqa: PLW0603
    if _server is not None:
        process, _ = _server
        _server = None
        assert process.stdin
        assert process.stdout
        process.stdin.close()
        process.stdout.close()
        process.wait(LIMIT_SECONDS)


# What follows runs in the server.


def _import_the_bot() -> None:
    for name in ("bot", "cogs", "sandbox"):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith("__main__") and ".migrations" not in module.name:
                importlib.import_module(module.name)


class _Order(Exception):  # noqa: N818 - no error
    """Leaves the server's loop in a forked child, with what it is to do."""


def _serve(address: str) -> NoReturn:
    selector = selectors.DefaultSelector()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(64)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, _noticed)
    for file in (listener.fileno(), woken, 0):
        selector.register(file, selectors.EVENT_READ)
    running: dict[int, socket.socket] = {}
    os.write(1, b"ready\n")
    while True:
        ready = {key.fd for key, _ in selector.select()}
        if 0 in ready:
            for pid in running:
                os.kill(pid, signal.SIGKILL)
            os._exit(0)
        if woken in ready:
            os.read(woken, 512)
            _report_ends(running)
        if listener.fileno() in ready:
            control, _ = listener.accept()
            data, outputs, _, _ = socket.recv_fds(control, _MAX_ORDER_BYTES, 2)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for each in (*running.values(), control, listener):
                    each.close()
                selector.close()
                os.close(woken)
                os.close(wake)
                raise _Order(json.loads(data), outputs)
            for output in outputs:
                os.close(output)
            control.sendall(b"%d\n" % pid)
            running[pid] = control


def _noticed(_number: int, _frame: FrameType | None) -> None:
    """Does nothing: a signal that has a handler also wakes the server."""


def _report_ends(running: dict[int, socket.socket]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with running.pop(pid) as control, suppress(OSError):
            control.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _become(order: Mapping[str, Any], outputs: Sequence[int]) -> int:
    """Makes this process what was ordered, and gives its exit code."""
    null = os.open(os.devnull, os.O_RDONLY)
    for target, source in enumerate((null, *outputs)):
        os.dup2(source, target)
        os.close(source)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = ["paperboy", *order["arguments"]]
    exec(order["before"], {"__name__": "__main__"})  # noqa: S102 - a test's own code
    return importlib.import_module("bot.cli.main").main(order["arguments"])


if __name__ == "__main__":
    _import_the_bot()
    gc.freeze()
    try:
        _serve(sys.argv[1])
    except _Order as ordered:
        wanted = ordered.args
    sys.exit(_become(*wanted))
