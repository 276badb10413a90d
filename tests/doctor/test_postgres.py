"""What the doctor says of a PostgreSQL database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from bot.doctor.database import check_database
from bot.doctor.findings import Sign
from bot.doctor.postgres import judge_server
from bot.store import tables
from bot.store.address import backend_of
from bot.store.database import Database
from tests.fakes import postgres

SERVER = replace(postgres.SUITABLE_SERVER, timezone="Europe/Berlin")


@pytest.fixture
async def url(tmp_path: object, databases_are_freed: None) -> str:
    postgres.must_be_there()
    return await postgres.address_of(tmp_path)  # pyright: ignore[reportArgumentType]


async def texts(url: str) -> list[tuple[Sign, str]]:
    report = await check_database(url, timeout_seconds=60)
    return [(finding.sign, finding.what) for finding in report.findings]


async def test_a_database_in_order_is_fine_in_every_respect(url: str) -> None:
    report = await check_database(url, timeout_seconds=60)
    assert {finding.sign for finding in report.findings} == {Sign.FINE}
    whole = "\n".join(finding.what for finding in report.findings)
    for word in ("PostgreSQL", "UTF-8", "UTC", "create and change tables", "connections", "revision"):
        assert word in whole
    assert report.contents is not None


async def test_a_running_bot_is_seen(url: str) -> None:
    async with backend_of(url).sole_use():
        assert (Sign.FINE, "It is in use by a running bot") in await texts(url)


async def test_processes_and_shards_that_nobody_has_are_named(url: str) -> None:
    database = await Database.open(url, process_id="one")
    async with database.write() as conn:
        processes = [
            {"id": process, "started_at": datetime(2026, 8, 19, hour, tzinfo=UTC), "renewals": 1}
            for hour, process in enumerate(("one", "two", "three"))
        ]
        await conn.execute(insert(tables.processes), processes)
        leases = [
            {"shard": shard, "shard_count": 4, "owner": owner}
            for shard, owner in enumerate(("one", "one", "two", None))
        ]
        await conn.execute(insert(tables.shard_leases), leases)
    found = {
        finding.what: finding.sign
        for finding in (await check_database(url, shard_count=4, timeout_seconds=60)).findings
    }
    assert found["Process one, since 2026-08-19 00:00 UTC: shards 0-1 of 4"] is Sign.FINE
    lost = "Process two, since 2026-08-19 01:00 UTC, is not connected to the database, and has shard 2 of 4"
    assert found[lost] is Sign.WARNING
    assert found["No process has shard 3 of 4"] is Sign.WARNING
    assert not [what for what in found if "three" in what]  # it had nothing, and is gone

    other = [finding for finding in (await check_database(url)).findings if finding.prevents_start]
    assert [finding.what for finding in other] == [
        "1 process with SHARD_COUNT=4 runs on it, and SHARD_COUNT is not set here"
    ]
    await database.close()


async def test_a_database_without_tables_is_empty_and_stays_so(url: str) -> None:
    database = await Database.open(url)
    async with database.write() as conn:
        await conn.exec_driver_sql("ALTER TABLE alembic_version RENAME TO renamed")
    await database.close()
    try:
        found = await check_database(url, timeout_seconds=60)
        assert "another program" in found.findings[-1].what
        assert found.contents is None
    finally:
        async with postgres.connected(url) as connection:
            await connection.execute("ALTER TABLE renamed RENAME TO alembic_version")


@pytest.mark.parametrize(
    ("wrong", "sign", "word"),
    [
        ({"version": 12}, Sign.WARNING, "PostgreSQL 12 is no longer maintained"),
        ({"version": 11}, Sign.WRONG, "PostgreSQL 11 is too old: Paperboy needs version 12 or later"),
        ({"encoding": "SQL_ASCII"}, Sign.WRONG, "encoded in SQL_ASCII"),
        ({"is_standby": True}, Sign.WRONG, "standby"),
        ({"is_read_only": True}, Sign.WRONG, "set to read only"),
        ({"may_create": False}, Sign.WRONG, "not allowed to create tables"),
        ({"connections_left": 3}, Sign.WARNING, "3 connections are left"),
    ],
)
def test_what_is_wrong_with_a_server_is_named_with_a_remedy(
    wrong: dict[str, object], sign: Sign, word: str
) -> None:
    (finding,) = [
        finding
        for finding in judge_server(replace(SERVER, **wrong), user=None)
        if finding.sign is not Sign.FINE
    ]  # pyright: ignore[reportArgumentType]
    assert finding.sign is sign
    assert word in finding.what
    assert finding.remedy


async def test_a_server_that_does_not_answer_prevents_the_start() -> None:
    address = "postgresql+asyncpg://paperboy:hunter2@127.0.0.1:1/paperboy"
    (finding,) = (await check_database(address, timeout_seconds=60)).findings
    assert finding.sign is Sign.WRONG
    assert finding.prevents_start
    assert "does not answer" in finding.what + finding.remedy
    assert "hunter2" not in finding.what + finding.remedy
