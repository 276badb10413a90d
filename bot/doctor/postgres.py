"""Checks the PostgreSQL database: version, rights, encoding, time zone, connections and tables."""

from __future__ import annotations

from collections.abc import Iterator

from bot.doctor.findings import Finding, fine, warning, wrong
from bot.doctor.fleet import judge_fleet
from bot.doctor.reports import Contents, DatabaseReport, refused, revision_finding
from bot.errors import ConfigError
from bot.store.postgres.address import database_url, shown
from bot.store.postgres.backend import READERS, WRITERS, PostgresBackend
from bot.store.postgres.errors import POOLED
from bot.store.postgres.inspection import inspected
from bot.store.postgres.server import ENCODING, OLDEST_VERSION, Server, create_line

OLDEST_MAINTAINED = 14  # by PostgreSQL's own project
_NEEDED = WRITERS + READERS + 1  # connections of one process, with the one that holds the lock


async def check_postgres(address: str, *, shard_count: int | None, timeout_seconds: float) -> DatabaseReport:
    url = database_url(address)
    findings: list[Finding] = []
    contents: Contents | None = None
    try:
        backend = PostgresBackend(url)
        async with inspected(backend, within_seconds=timeout_seconds) as database:
            server = await database.server()
            findings += judge_server(server, user=url.username)
            if await backend.is_pooled_by_transaction():
                findings.append(wrong(*POOLED.split("; "), prevents_start=True))
            revision = await database.revision()
            findings.append(revision_finding(shown(url), revision, size_bytes=await database.size_bytes()))
            if others := await database.foreign_tables():
                remedy = "make this user their owner: ALTER TABLE … OWNER TO …"
                findings.append(wrong(f"Other users own the tables {', '.join(others)}", remedy))
            if revision.is_readable:
                findings += judge_fleet(*await database.fleet(), shard_count=shard_count)
                contents = Contents(feeds=await database.feeds(), pending=await database.pending())
    except ConfigError as error:
        findings.append(refused(error, prevents_start=True))
    except TimeoutError:
        what = f"{shown(url)} did not answer within {timeout_seconds:g} s"
        findings.append(wrong(what, "check the server and the network", prevents_start=True))
    return DatabaseReport(findings=findings, contents=contents)


def judge_server(server: Server, *, user: str | None) -> Iterator[Finding]:
    """Whether a bot can work on the server, as it is configured."""
    if server.version < OLDEST_VERSION:
        what = f"PostgreSQL {server.version} is too old: Paperboy needs version {OLDEST_VERSION} or later"
        yield wrong(what, "update the server", prevents_start=True)
    elif server.version < OLDEST_MAINTAINED:
        yield warning(f"PostgreSQL {server.version} is no longer maintained", "update the server")
    else:
        yield fine(f"The server is PostgreSQL {server.version}")
    if server.encoding == ENCODING:
        yield fine("The database is encoded in UTF-8")
    else:
        remedy = f"create another one, and name that: {create_line(user)}"
        what = f"The database is encoded in {server.encoding}, which lacks characters of papers"
        yield wrong(what, remedy, prevents_start=True)
    yield fine(f"Times are stored in UTC, whatever the server's own time zone ({server.timezone}) is")
    if server.is_standby:
        yield wrong("The server is a standby, which only reads", "name the primary", prevents_start=True)
    elif server.is_read_only:
        remedy = (
            "turn default_transaction_read_only off: ALTER DATABASE … SET default_transaction_read_only = off"
        )
        yield wrong("The database is set to read only", remedy, prevents_start=True)
    elif not server.may_create:
        remedy = "make this user the owner of the database: ALTER DATABASE … OWNER TO …"
        yield wrong("This user is not allowed to create tables", remedy)
    else:
        yield fine("This user can create and change tables")
    if server.is_in_use:
        yield fine("It is in use by a running bot")
    if server.connections_left < _NEEDED and not server.is_in_use:
        what = f"{server.connections_left} connections are left, and the bot uses up to {_NEEDED}"
        yield warning(what, "raise the server's max_connections")
    else:
        yield fine(f"{server.connections_left} connections are left; a process uses up to {_NEEDED}")
