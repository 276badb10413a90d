"""The server: what a start depends on beyond the tables, and which servers a bot cannot work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.errors import ConfigError, DatabaseUnavailableError
from bot.store.postgres import errors
from bot.store.postgres.sole_use import SOLE_USE

OLDEST_VERSION: Final = 12  # the first with the generated columns of our tables
ENCODING: Final = "UTF8"
_POOL_TRIES: Final = 3  # other programs use the pool at the same time


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    version: int  # the first part: 15 of 15.18
    encoding: str
    timezone: str  # of the server; ours is always UTC
    may_create: bool  # tables in the schema that we would use
    is_standby: bool
    is_read_only: bool  # by a setting of the server, the database or the user
    connections_left: int
    is_in_use: bool  # a bot runs on it


_SERVER = text(
    """
SELECT current_setting('server_version_num')::int / 10000 AS version,
       pg_encoding_to_char(encoding) AS encoding,
       (SELECT coalesce(reset_val, setting) FROM pg_settings WHERE name = 'TimeZone') AS timezone,
       coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
       pg_is_in_recovery() AS is_standby,
       (SELECT coalesce(reset_val, setting) FROM pg_settings
        WHERE name = 'default_transaction_read_only') = 'on' AS is_read_only,
       current_setting('max_connections')::int - (SELECT count(*)::int FROM pg_stat_activity
                                                  WHERE backend_type = 'client backend') AS connections_left,
       EXISTS (SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
               WHERE locktype = 'advisory' AND datname = current_database()
                 AND (classid::bigint << 32) + objid::bigint = :sole_use) AS is_in_use
FROM pg_database WHERE datname = current_database()
"""
)


async def server_of(conn: AsyncConnection) -> Server:
    """What the server says about itself and the database."""
    return Server(**(await conn.execute(_SERVER, {"sole_use": SOLE_USE})).mappings().one())


def create_line(user: str | None) -> str:
    """The command that creates a database for a bot, whatever encoding the server's other ones have."""
    owner = user or "USER"
    return f"createdb --owner={owner} --encoding={ENCODING} --locale=C --template=template0 paperboy_utf8"


async def check_server(engine: AsyncEngine, *, shown: str) -> None:
    """Checks that a bot can work with the database; `engine` opens a connection each time.

    Raises:
        ConfigError: it cannot, for a reason that only the operator ends.
        DatabaseUnavailableError: the server is a standby, which may be about to be promoted.
        SQLAlchemyError: there is no connection.
    """
    async with engine.connect() as conn:
        server = await server_of(conn)
    if error := refusal(server, shown=shown, user=engine.url.username):
        raise error
    if await is_pooled_by_transaction(engine):
        raise ConfigError(f"DATABASE_URL names {shown}, but {errors.POOLED}")


def refusal(server: Server, *, shown: str, user: str | None) -> ConfigError | None:
    """Why a bot cannot work with the server, if so."""
    if server.version < OLDEST_VERSION:
        return ConfigError(
            f"DATABASE_URL names {shown}, a server of PostgreSQL {server.version}; Paperboy needs version "
            f"{OLDEST_VERSION} or later: update the server"
        )
    if server.encoding != ENCODING:
        return ConfigError(
            f"DATABASE_URL names {shown}, which is encoded in {server.encoding} and lacks characters of "
            f"papers. Create another database, and name that: {create_line(user)}"
        )
    if server.is_standby:
        return DatabaseUnavailableError(f"DATABASE_URL names {shown}, but {errors.STANDBY}")
    return None


async def is_pooled_by_transaction(engine: AsyncEngine) -> bool:
    """Whether a connection is not always to the same process of the server, so that it keeps no locks.

    A pooler gives the connection that it used last to the next transaction, of any client.
    """
    pid = select(func.pg_backend_pid())
    async with engine.connect() as one, engine.connect() as other:
        for _ in range(_POOL_TRIES):
            before = (await one.execute(pid)).scalar_one()
            await one.rollback()
            between = (await other.execute(pid)).scalar_one()
            after = (await one.execute(pid)).scalar_one()
            await one.rollback()
            await other.rollback()
            if between == before or after != before:
                return True
    return False
