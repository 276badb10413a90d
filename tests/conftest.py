"""Fixtures that every part of the tests may use."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from bot.core.plurals import count
from tests import examples, list_days, systemd
from tests.browser import chromium
from tests.fakes import discord_openapi, pgbouncer, postgres_cluster
from tests.process import forked

if TYPE_CHECKING:
    from tests.world import World

# Imports in functions spare a run of a few tests the bot and its libraries.
# ruff: noqa: PLC0415

# No test goes through the proxies of the machine that it runs on.
for name in ("http_proxy", "https_proxy", "no_proxy"):
    os.environ.pop(name, None)
    os.environ.pop(name.upper(), None)

# One thread for numpy: more only wait for each other where several processes run tests.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

# Until all is collected, there is nothing to search for.
gc.disable()

examples.load_profile()

_LEFT = pytest.StashKey[int]()  # how many thorough tests were left out


@pytest.fixture(scope="session", autouse=True)
def _fork_server_ends() -> Iterator[None]:
    yield
    forked.end()


@pytest.fixture(scope="module", autouse=True)
def _module_leaves_discords_address(request: pytest.FixtureRequest) -> Iterator[None]:
    from tests import discord_address

    with discord_address.unchanged(request.node.nodeid):
        yield


@pytest.fixture(autouse=True)
def _test_leaves_discords_address(request: pytest.FixtureRequest) -> Iterator[None]:
    from tests import discord_address

    with discord_address.unchanged(request.node.nodeid):
        yield


@pytest_asyncio.fixture(scope="session")
async def _databases_stay_open(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    from tests import stores

    async with stores.kept_open(tmp_path_factory.mktemp("kept")):
        yield


@pytest_asyncio.fixture
async def databases_are_freed(_databases_stay_open: None) -> AsyncIterator[None]:
    """Has later tests use the databases that a test took, and fails it if it left something open.

    Ends the test's tasks, as the end of an event loop of its own would.
    """
    from tests import stores

    others = asyncio.all_tasks()
    async with stores.freed():
        yield
        if left := asyncio.all_tasks() - others - {asyncio.current_task()}:
            for task in left:
                task.cancel()
            await asyncio.wait(left)


@pytest_asyncio.fixture
async def world(tmp_path: Path, databases_are_freed: None) -> AsyncIterator[World]:
    from tests.world import running_world

    async with running_world(tmp_path) as running:
        yield running


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the thorough tests to `make test-all`."""
    if examples.THOROUGH:
        return
    left = [item for item in items if item.get_closest_marker("thorough")]
    config.stash[_LEFT] = len(left)
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if not item.get_closest_marker("thorough")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was not tried, so that nobody takes it for passed."""
    if left := terminalreporter.config.stash.get(_LEFT, 0):
        terminalreporter.line(f"{count(left, 'thorough test')} left to `make test-all`")
    for title, reason in (
        ("the sandbox's page", chromium.MISSING),
        ("PostgreSQL", postgres_cluster.MISSING),
        ("a pooler for PostgreSQL", pgbouncer.MISSING),
        ("the systemd unit", systemd.MISSING),
        ("recorded list days and Discord's OpenAPI file", list_days.NOT_TRIED),
    ):
        skipped = [
            report for report in terminalreporter.stats.get("skipped", ()) if reason in str(report.longrepr)
        ]
        if skipped:
            terminalreporter.section(f"NOT TRIED: {title}", yellow=True, bold=True)
            terminalreporter.line(f"{count(len(skipped), 'test')} skipped: {reason}", yellow=True)
    unchecked = [
        report
        for report in terminalreporter.stats.get("passed", ())
        if report.nodeid.startswith("tests/process/")
    ]
    if unchecked and not discord_openapi.is_required_or_there():
        terminalreporter.section("NOT TRIED: requests to Discord", yellow=True, bold=True)
        terminalreporter.line(
            f"{count(len(unchecked), 'process test')} passed without the check of their requests: "
            f"discord-openapi.json is {list_days.NOT_TRIED}",
            yellow=True,
        )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leaves what was imported and collected out of every later search for garbage, and has fewer of them."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
    gc.enable()
