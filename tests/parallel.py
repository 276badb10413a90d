"""Runs the tests in several processes (`--processes N`): collects them once, then forks the processes.

Each worker of pytest-xdist imports and collects everything for itself, which costs a tenth of a run of all tests,
and more than that after a change.
"""

from __future__ import annotations

import secrets
import traceback
import warnings
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby, pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

import pytest

RUN_ID = secrets.token_hex(6)  # all processes of a run have it from before the fork
_context = get_context("fork")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--processes", type=int, default=1, help="how many processes run the tests")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Leaves the tests to pytest if one process is enough, or none may run."""
    count = session.config.getoption("--processes")
    if count < 2 or session.config.option.collectonly or session.testsfailed:
        return None
    _Run(session).in_processes(count)
    return True


@dataclass(kw_only=True)
class _Worker:
    process: BaseProcess
    given: deque[pytest.Item] = field(default_factory=deque)  # in this order; the first one runs
    said: str = ""  # why it ended early


class _Run:
    """Gives modules to workers that ask for more, and reports what they report."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._hook = session.config.hook
        self._modules = deque(list(items) for _, items in groupby(session.items, key=lambda item: item.path))
        self._workers: dict[Connection, _Worker] = {}

    def in_processes(self, count: int) -> None:
        try:
            for _ in range(min(count, len(self._modules))):
                self._start()
            while self._workers:
                for connection in wait(list(self._workers)):
                    assert isinstance(connection, Connection)
                    self._listen(connection)
                if self._session.shouldfail:
                    raise self._session.Failed(self._session.shouldfail)
        finally:
            for worker in self._workers.values():
                worker.process.terminate()
                worker.process.join()

    def _start(self) -> None:
        ours, theirs = _context.Pipe()
        process = _context.Process(
            target=_work, args=(self._session, theirs, [*self._workers, ours]), daemon=True
        )
        with warnings.catch_warnings():
            # From Python 3.12 on, a warning if any library has started a thread.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        self._workers[ours] = _Worker(process=process)

    def _listen(self, connection: Connection) -> None:
        worker = self._workers[connection]
        try:
            message = connection.recv()
        except EOFError:
            self._end(connection)
            return
        if message is None:
            module = self._modules.popleft() if self._modules else []
            worker.given.extend(module)
            connection.send([item.nodeid for item in module])
        elif isinstance(message, str):
            worker.said = message
        else:
            self._report(worker, message)

    def _report(self, worker: _Worker, data: dict[str, Any]) -> None:
        report = self._hook.pytest_report_from_serializable(config=self._session.config, data=data)
        self._hook.pytest_runtest_logreport(report=report)
        if report.when == "teardown":
            item = worker.given.popleft()
            self._hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)

    def _end(self, connection: Connection) -> None:
        """Reports the test in which a worker ended early as failed, and leaves the rest of its tests to another."""
        worker = self._workers.pop(connection)
        connection.close()
        worker.process.join()
        if not worker.given:
            return
        item = worker.given.popleft()
        why = worker.said or f"the worker ended with exit code {worker.process.exitcode}"
        failed = pytest.TestReport(
            item.nodeid, item.location, keywords={}, outcome="failed", longrepr=why, when="call"
        )
        self._hook.pytest_runtest_logreport(report=failed)
        if worker.given:
            self._modules.appendleft(list(worker.given))
            self._start()


def _work(session: pytest.Session, connection: Connection, of_others: list[Connection]) -> None:
    """Runs in a forked worker."""
    for other in of_others:
        other.close()
    plugins = session.config.pluginmanager
    plugins.unregister(name="terminalreporter")
    plugins.register(_Reporter(session.config, connection))
    capture: Any = plugins.getplugin("capturemanager")
    if capture.is_globally_capturing():  # in files of its own
        capture.stop_global_capturing()
        capture.start_global_capturing()
    try:
        for item, following in pairwise(chain(_given(session, connection), [None])):
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    except KeyboardInterrupt:
        pass
    except BaseException:
        connection.send(traceback.format_exc())
        raise


def _given(session: pytest.Session, connection: Connection) -> Iterator[pytest.Item]:
    items = {item.nodeid: item for item in session.items}
    while True:
        connection.send(None)
        if not (module := connection.recv()):
            return
        yield from (items[nodeid] for nodeid in module)


class _Reporter:
    """The plugin that sends a worker's reports."""

    def __init__(self, config: pytest.Config, connection: Connection) -> None:
        self._config = config
        self._connection = connection

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        self._connection.send(data)
