"""Backup and restore where the database is PostgreSQL's, which has programs of its own for both."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.store.address import backend_of
from bot.store.database import Database
from bot.store.postgres import dumps
from bot.store.postgres.address import database_url
from tests.examples import only_thorough
from tests.fakes import postgres, postgres_cluster
from tests.samples import NOW
from tests.store.samples import a_feed, listed, pending

ADDRESS = "postgresql+asyncpg://paperboy:hunter2@db.example:5433/papers"


def test_a_backup_names_the_line_that_does_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", ADDRESS)
    assert main(["backup", str(tmp_path / "copy.db")]) == 1
    output = capsys.readouterr().err
    target = "--host=db.example --port=5433 --username=paperboy --dbname=papers"
    assert f"pg_dump --format=custom --file=paperboy.dump {target}" in output
    assert "hunter2" not in output
    assert main(["restore", "paperboy.dump"]) == 1
    output = capsys.readouterr().err
    assert "pg_restore --clean --if-exists --no-owner --single-transaction" in output
    assert "paperboy restore --after-pg-restore" in output


async def test_what_is_pending_in_a_restored_dump_is_looked_for_before_it_is_sent(
    tmp_path: Path, databases_are_freed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.must_be_there()
    address = await postgres.address_of(tmp_path / "paperboy.db")
    database = await Database.open(address)
    async with database.write() as conn:
        await listed(conn, 1)
        post = await pending(conn, await a_feed(conn), 1)
        assert post.first_attempt_at is None
    await database.close()
    for line in only_thorough(
        (dumps.dump_line(database_url(address)), dumps.restore_line(database_url(address)))
    ):
        folder = postgres_cluster.binaries()
        await asyncio.to_thread(subprocess.run, f"{folder}/{line}", shell=True, check=True, cwd=tmp_path)  # noqa: S604 - our own line, as an operator runs it

    monkeypatch.setenv("DATABASE_URL", address)
    assert await asyncio.to_thread(main, ["restore", "--after-pg-restore"]) == 0

    database = await Database.open(address)
    async with database.read() as conn:
        rows = await conn.exec_driver_sql("SELECT first_attempt_at FROM posts")
        assert rows.scalar_one() == NOW
    await database.close()


async def test_while_a_bot_runs_a_restored_dump_is_not_touched(
    tmp_path: Path,
    databases_are_freed: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    postgres.must_be_there()
    monkeypatch.setattr("bot.store.postgres.sole_use.CLOSES_WITHIN_SECONDS", 0.0)
    address = await postgres.address_of(tmp_path / "paperboy.db")
    monkeypatch.setenv("DATABASE_URL", address)
    async with backend_of(address).sole_use():
        assert await asyncio.to_thread(main, ["restore", "--after-pg-restore"]) == 78
    assert "another Paperboy runs" in capsys.readouterr().err
