"""Failures that are no bugs: a full disk, a locked file, Discord's own. Each is said as what it is."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import discord
import pytest
import pytest_asyncio
from aiohttp import web
from discord import app_commands

from bot.core.feeds import Style
from bot.discord.ui import attachments
from bot.discord.ui.error_texts import failure_of
from bot.services.fleet.fleet import LeaseLostError
from cogs.help import HelpCog
from sandbox import Fault
from tests.cases import each
from tests.discord.loopback import Loopback, connected
from tests.examples import first
from tests.world import World, text_of


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What is logged from WARNING on; nothing with a traceback may."""
    found = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert all(record.exc_info is None for record in found)
    return [record.getMessage() for record in found]


async def logged(caplog: pytest.LogCaptureFixture) -> None:
    """Waits until there is something."""
    async with asyncio.timeout(10):
        while not warnings(caplog):  # noqa: ASYNC110 - the log sets no event
            await asyncio.sleep(0.01)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program has the file for itself."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


async def of_writer(world: World, *statements: str) -> None:
    """Statements on the connection that writes, which its pool keeps."""
    async with world.database.write() as conn:
        for statement in statements:
            await conn.exec_driver_sql(statement)


FULL = (
    "CREATE TABLE ballast (bytes BLOB)",
    "CREATE TRIGGER full BEFORE INSERT ON feeds BEGIN INSERT INTO ballast VALUES (zeroblob(4000000)); END",
    "PRAGMA max_page_count = 500",
)


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (FULL, "the disk that I run on is full"),
        (("PRAGMA query_only = ON",), "my database cannot be written to"),
    ],
    ids=["full", "read-only"],
)
async def test_what_cannot_be_saved_is_said_as_what_it_is_and_is_no_bug(
    world: World, caplog: pytest.LogCaptureFixture, statements: tuple[str, ...], reason: str
) -> None:
    await of_writer(world, *statements)

    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="video"))
    again = text_of(await world.admin.slash(world.channel, "subscribe", keywords="video"))

    assert answer == again
    assert answer.startswith(f"I couldn't save that: {reason}. Nothing was changed.")
    assert "bug" not in answer
    assert await world.subscriptions() == []
    (warning,) = warnings(caplog)  # for both
    assert warning.startswith("The database cannot be written: ")


async def test_a_locked_file_is_no_bug_and_its_end_is_logged(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="bot.store.database")
    await of_writer(world, "PRAGMA busy_timeout = 1")
    with locked(tmp_path / "paperboy.db"):
        answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="video"))
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    assert "another program has locked my database" in answer
    assert await world.subscriptions() == ["video"]
    assert len(warnings(caplog)) == 1
    assert "The database can be written again" in caplog.text


async def test_posts_wait_without_a_traceback_while_nothing_can_be_written(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    world.list_paper("2608.00001", title="Video")
    world.clock.advance(hours=1)
    await of_writer(
        world,
        "CREATE TRIGGER full BEFORE UPDATE OF attempts ON posts BEGIN "
        "SELECT RAISE(ABORT, 'database or disk is full'); END",
    )
    await world.services.runs.run()
    await logged(caplog)

    (warning,) = warnings(caplog)
    assert warning.startswith("The database cannot be written: the disk is full; free some space")
    assert world.posts() == []


async def test_nothing_that_is_a_bug_of_the_store_passes_for_the_disk(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await of_writer(world, "CREATE TRIGGER bug BEFORE INSERT ON feeds BEGIN SELECT RAISE(ABORT, 'no'); END")

    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="video"))

    assert "This is a bug" in answer
    assert "Bug " in caplog.text


@pytest.mark.parametrize("code", [10062, 40060])
async def test_an_answer_that_discord_takes_from_nobody_is_one_warning(
    world: World, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    world.env.inject_error("POST", "/interactions/*", status=400, code=code, message="No")

    result = await world.admin.slash(world.channel, "config show")

    assert not result.acknowledged
    (warning,) = warnings(caplog)
    expected = {10062: "not answered within 3 seconds", 40060: "two bots use the same token"}
    assert warning.startswith("config show failed: ")
    assert expected[code] in warning


@pytest.mark.parametrize(("status", "code"), [(503, 0), (429, 0), (400, 0), (403, 50013), (404, 10003)])
async def test_what_discord_answers_to_the_first_answer_is_no_bug_of_ours(
    world: World, caplog: pytest.LogCaptureFixture, status: int, code: int
) -> None:
    world.env.inject_error("POST", "/interactions/*", status=status, code=code, message="No")

    answer = text_of(await world.admin.slash(world.channel, "config show"))

    assert answer.startswith("Discord ")
    assert "bug" not in answer
    (warning,) = warnings(caplog)
    assert f"Discord answered {status}" in warning


async def test_a_message_that_discord_refuses_for_its_content_is_a_bug(world: World) -> None:
    world.env.inject_error("POST", "/interactions/*", status=400, code=50035, message="Invalid Form Body")
    assert "This is a bug" in text_of(await world.admin.slash(world.channel, "config show"))


async def test_a_value_that_is_no_longer_offered_is_explained(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    config = world.client.tree.get_command("config")
    assert isinstance(config, app_commands.Group)
    command = config.get_command("style")
    assert isinstance(command, app_commands.Command)
    # Discord has the command as it was registered; this version has lost a choice.
    left = [app_commands.Choice(name="cards", value="cards")]
    monkeypatch.setattr(command._params["style"], "choices", left)

    answer = text_of(await world.admin.slash(world.channel, "config style", style=Style.DIGEST.value))

    assert answer.startswith("`digest` isn't a choice for the option `style`. Nothing was changed")
    assert await world.services.feeds.state(world.channel.id) is None
    assert warnings(caplog) == []


async def test_autocomplete_that_comes_too_late_is_one_line(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.env.inject_error("POST", "/interactions/*", status=404, code=10062, message="Unknown interaction")

    await world.admin.autocomplete(world.channel, "unsubscribe", "keywords", "v")

    (warning,) = warnings(caplog)
    assert warning.startswith("No choices: ")


@each(
    ("error", "expected"),
    [
        (app_commands.MissingPermissions(["manage_channels"]), "You need **Manage Channels**"),
        (app_commands.BotMissingPermissions(["embed_links"]), "I need **Embed Links**"),
        (app_commands.CommandOnCooldown(app_commands.Cooldown(1, 9), 1.2), "Try again in 1 second."),
        (app_commands.CheckFailure("no"), "You can't use this command here"),
        (discord.RateLimited(90.0), "Discord asks me to slow down"),
        (TimeoutError(), "My connection to Discord broke. Nothing was changed"),
        (ConnectionResetError(104, "reset"), "My connection to Discord broke. Nothing was changed"),
        (OSError(28, "No space left on device"), "The disk that I run on is full"),
        (LeaseLostError(), "Another of my processes is taking over right now. Nothing was changed."),
    ],
)
def test_each_error_from_outside_has_its_own_text(error: Exception, expected: str) -> None:
    failure = failure_of(error, has_begun=False)
    assert failure is not None
    assert expected in failure.text


@pytest.mark.parametrize("error", [KeyError("x"), FileNotFoundError(2, "x"), RuntimeError("x")])
def test_what_nobody_outside_can_fix_is_a_bug(error: Exception) -> None:
    assert failure_of(error, has_begun=False) is None


@pytest_asyncio.fixture
async def loopback() -> AsyncIterator[Loopback]:
    async with connected() as found:
        await found.client.add_cog(HelpCog())
        await found.client.tree.sync_if_changed()
        yield found


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_connection_that_breaks_at_the_first_answer_is_reported_once_it_is_back(
    loopback: Loopback, caplog: pytest.LogCaptureFixture, when: Any
) -> None:
    sandbox = loopback.sandbox
    sandbox.faults.add(Fault(method="POST", path="/interactions/*", when=when, reset=True))

    answer = await sandbox.run_command(sandbox.admin, sandbox.channel, "help")

    if when == "before":
        assert "My connection to Discord broke. Nothing was changed" in answer.text
    await logged(caplog)
    (warning,) = warnings(caplog)
    assert warning.startswith("help failed: the connection to Discord was lost")


async def test_a_connection_that_stays_away_is_one_warning(
    loopback: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox = loopback.sandbox
    sandbox.faults.add(Fault(method="POST", path="/interactions/*", reset=True, times=None))
    with pytest.raises(Exception, match="help"):
        await sandbox.run_command(sandbox.admin, sandbox.channel, "help")
    (warning,) = warnings(caplog)
    assert "the user could not be notified" in warning


_PAGE = b"<html>Please log in to this network.</html>"
_FOREIGN = {
    "a page": {"status": 200, "raw": _PAGE, "content_type": "text/html"},
    "a page as JSON": {"status": 200, "raw": _PAGE},
    "nothing": {"status": 200, "raw": b""},
    "half": {"status": 200, "raw": b'{"interaction": {"id": "1", "ty'},
    "a list": {"status": 200, "raw": b"[]"},
    "another object": {"status": 200, "raw": b'{"error": "no"}'},
    "a page with 403": {"status": 403, "raw": _PAGE, "content_type": "text/html"},
    "a page with 407": {"status": 407, "raw": _PAGE, "content_type": "text/html"},
    "a page with 429": {
        "status": 429, "raw": _PAGE, "content_type": "text/html", "headers": {"Via": "1.1 proxy"}
    },
}  # fmt: skip


@pytest.mark.parametrize(("method", "path"), [("POST", "/interactions/*"), ("PATCH", "/webhooks/*")])
async def test_what_another_server_answers_in_place_of_discord_is_no_bug(
    loopback: Loopback, caplog: pytest.LogCaptureFixture, method: str, path: str
) -> None:
    sandbox = loopback.sandbox
    for kind, answer in _FOREIGN.items():
        caplog.clear()
        options: Any = {"status": 200, **answer}
        sandbox.faults.add(Fault(method=method, path=path, **options))

        text = (await sandbox.run_command(sandbox.admin, sandbox.channel, "help")).text

        await logged(caplog)
        (warning,) = warnings(caplog)
        assert warning.startswith("help failed: "), kind
        assert "not Discord's; a proxy or a login page may be in between" in warning, kind
        assert text.startswith("My connection to Discord broke. "), kind


async def _served(request: web.Request) -> web.StreamResponse:
    kind = request.match_info["kind"]
    if kind.isdigit():
        return web.Response(status=int(kind))
    if kind == "short":
        return web.Response(body=b"video")
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    if kind == "hang":
        await asyncio.sleep(60)
    await response.prepare(request)
    await response.write(b"video")
    assert request.transport is not None
    request.transport.abort()
    return response


@pytest.mark.parametrize(
    ("kind", "expected"),
    first(
        2,
        [
            ("404", "Upload it again"),
            ("403", "Upload it again"),
            ("500", "a problem (HTTP 500)"),
            ("cut", "connection broke"),
            ("short", "Only 5 of the file's 10 bytes"),
            ("hang", "within 0.2 seconds"),
            ("refused", "connection broke"),
        ],
    ),
)
async def test_a_file_that_cannot_be_fetched_is_said_as_what_it_is(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch, kind: str, expected: str
) -> None:
    monkeypatch.setattr(attachments, "DOWNLOAD_TIMEOUT_SECONDS", 0.2 if kind == "hang" else 30)
    app = web.Application()
    app.router.add_get("/{kind}", _served)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = 9 if kind == "refused" else runner.addresses[0][1]
    data: Any = {
        "id": 1, "filename": "keywords.txt", "size": 10, "url": f"http://127.0.0.1:{port}/{kind}",
        "proxy_url": "",
    }  # fmt: skip
    file = discord.Attachment(data=data, state=loopback.client._connection)
    try:
        with pytest.raises(attachments.UserError, match="Nothing was changed") as caught:
            await attachments.download(file)
        assert expected in str(caught.value)
    finally:
        await runner.cleanup()
