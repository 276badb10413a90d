"""The server that imports the bot once and forks a process for each order; `forked.py` gives the orders."""

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
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

LIFELINE = b"lifeline"  # what a worker says first on the connection that keeps the server alive
_MAX_ORDER_BYTES = 1 << 16


def _import_the_bot() -> None:
    for name in ("bot", "cogs", "sandbox"):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith("__main__") and ".migrations" not in module.name:
                importlib.import_module(module.name)
    # Each start reads the names of all time zones from as many files.
    importlib.import_module("bot.core.schedules").timezone_names()
    # What pydantic, SQLAlchemy and Alembic learn once about settings and tables is learned before the fork.
    importlib.import_module("bot.settings").Settings(_env_file=None)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_make_a_database(Path(folder, "paperboy.db")))
    tempfile.tempdir = None  # each process looks for its own


async def _make_a_database(path: Path) -> None:
    opening = importlib.import_module("bot.store.database").Database.open
    await (await opening(f"sqlite+aiosqlite:///{path}")).close()


class _Order(Exception):  # noqa: N818 - no error
    """Leaves the server's loop in a forked child, with what it is to do."""


class _Server:
    """Forks a process for each order, until no worker is left that might give one."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(address)
        self._listener.listen(64)
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._wake)
        signal.signal(signal.SIGCHLD, _noticed)
        self._selector = selectors.DefaultSelector()
        for file in (self._listener.fileno(), self._woken):
            self._selector.register(file, selectors.EVENT_READ)
        self._running: dict[int, socket.socket] = {}
        self._lifelines: dict[int, socket.socket] = {}

    def serve(self) -> None:
        os.write(1, b"ready\n")
        while True:
            ready = {key.fd for key, _ in self._selector.select()}
            if self._woken in ready:
                os.read(self._woken, 512)
                self._report_ends()
            for file in ready & self._lifelines.keys():
                self._selector.unregister(file)
                self._lifelines.pop(file).close()
                if not self._lifelines:
                    self._end()
                    return
            if self._listener.fileno() in ready:
                self._answer()

    def _answer(self) -> None:
        connection, _ = self._listener.accept()
        data, outputs, _, _ = socket.recv_fds(connection, _MAX_ORDER_BYTES, 2)
        if data == LIFELINE:
            connection.sendall(b"!")
            self._lifelines[connection.fileno()] = connection
            self._selector.register(connection, selectors.EVENT_READ)
            return
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (*self._running.values(), *self._lifelines.values(), connection, self._listener):
                each.close()
            self._selector.close()
            os.close(self._woken)
            os.close(self._wake)
            raise _Order(json.loads(data), outputs)
        for output in outputs:
            os.close(output)
        connection.sendall(b"%d\n" % pid)
        self._running[pid] = connection

    def _report_ends(self) -> None:
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            with self._running.pop(pid) as control, suppress(OSError):
                control.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))

    def _end(self) -> None:
        Path(self._address).unlink()  # before anybody is turned away
        for pid in self._running:
            os.kill(pid, signal.SIGKILL)


def _noticed(_number: int, _frame: FrameType | None) -> None:
    """Does nothing: a signal that has a handler also wakes the server."""


def _become(order: Mapping[str, Any], outputs: Sequence[int]) -> int:
    """Makes this process what was ordered, and gives its exit code."""
    null = os.open(os.devnull, os.O_RDONLY)
    for target, source in enumerate((null, *outputs)):
        os.dup2(source, target)
        os.close(source)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["env"])
    _read_environment_again()
    sys.argv = ["paperboy", *order["arguments"]]
    exec(order["before"], {"__name__": "__main__"})  # noqa: S102 - a test's own code
    return importlib.import_module("bot.cli.main").main(order["arguments"])


def _read_environment_again() -> None:
    """What was read when the interpreter and aiohttp started: how output is encoded, and whom TLS trusts."""
    if encoding := os.environ.get("PYTHONIOENCODING"):
        sys.stdout = os.fdopen(1, "w", encoding=encoding, closefd=False)
        sys.stderr = os.fdopen(2, "w", 1, encoding=encoding, errors="backslashreplace", closefd=False)
    if "SSL_CERT_FILE" in os.environ:
        connector: Any = importlib.import_module("aiohttp.connector")
        connector._SSL_CONTEXT_VERIFIED = connector._make_ssl_context(verified=True)


def _leave(exit_code: int) -> None:
    """Does what the interpreter does at its end, but frees no memory: all of it is the server's, and is copied first."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage]
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)


if __name__ == "__main__":
    _import_the_bot()
    gc.freeze()
    try:
        _Server(sys.argv[1]).serve()
    except _Order as ordered:
        wanted = ordered.args
    else:
        sys.exit()
    try:
        exit_code = _become(*wanted)
    except SystemExit as exiting:
        if not isinstance(exiting.code, int | None):
            raise
        exit_code = exiting.code or 0
    _leave(exit_code)
