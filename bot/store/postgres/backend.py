"""The PostgreSQL backend: engines, and the lock that keeps a second bot away."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from operator import methodcaller
from typing import Any, ClassVar

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
from sqlalchemy import URL, Dialect, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.errors import ConfigError, DatabaseUnavailableError, StoreError
from bot.store import people
from bot.store.postgres import errors
from bot.store.postgres.address import has_several_hosts, shown
from bot.store.postgres.idle import replace_dead_ones
from bot.store.postgres.server import check_server, is_pooled_by_transaction
from bot.store.postgres.sole_use import SoleUse
from bot.store.postgres.watched import LeaseConnection, WatchedConnection
from bot.store.statements import BY_NAME

# Connections of one process: a write at a time, and reads beside it.
WRITERS = 2
READERS = 8
CONNECT_TIMEOUT_SECONDS = 10.0
# Set after connecting, since poolers refuse them before.
_SETTINGS = {
    # Statements are short: compiling them, or starting workers for a page of feeds, costs more than it saves.
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    # The server ends the connection of a client that vanished; by default it keeps it for two hours.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
_WRITER = {
    # What a client that vanished, or is frozen, has locked is free again after this long.
    "idle_in_transaction_session_timeout": "20s",
    # No transaction has anything locked for so long unless it is stuck. Who gives up waiting frees its locks.
    "lock_timeout": "20s",
}
_IDENTITY = text("SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()")


def application_name(process_id: str | None) -> str:
    """How the server shows the connections of a process, and others find them; None: not of a fleet."""
    return f"paperboy/{process_id}" if process_id else "paperboy"


class PostgresBackend:
    """A database of a PostgreSQL server; `process_id` is that of a process of a fleet."""

    reads_end_at_once: ClassVar[bool] = False

    def __init__(self, url: URL, *, process_id: str | None = None) -> None:
        self._url = url
        self._name = application_name(process_id)

    async def identity(self) -> tuple[object, ...] | None:
        """Raises ConfigError where there is no connection: a server may be called by several names."""
        engine = self.migrator()
        try:
            with self.refusals():
                async with engine.connect() as conn:
                    return tuple((await conn.execute(_IDENTITY)).one())
        finally:
            await engine.dispose()

    async def prepare(self) -> None:
        engine = self.leases()
        try:
            with self.refusals():
                await check_server(engine, shown=shown(self._url))
        finally:
            await engine.dispose()

    async def is_pooled_by_transaction(self) -> bool:
        """Whether a pooler is in between with which a bot cannot work. Raises SQLAlchemy's errors."""
        engine = self.leases()
        try:
            return await is_pooled_by_transaction(engine)
        finally:
            await engine.dispose()

    def writer(self) -> AsyncEngine:
        return self._engine(WRITERS, settings=_WRITER)

    def reader(self) -> AsyncEngine:
        engine = self._engine(READERS)
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def migrator(self) -> AsyncEngine:
        return self._engine(0, connection=asyncpg.Connection)  # its statements may take long

    def leases(self) -> AsyncEngine:
        """For the connection that owns leases."""
        return self._engine(0, connection=LeaseConnection)

    async def check_migrated(self, conn: AsyncConnection) -> None:
        """Nothing is left to check."""

    async def erase_deleted(self) -> bool:
        """Vacuums the tables about people: the space of deleted rows is free, and used again.

        The rest is the server's: its WAL, its backups and its replicas keep rows for as long as it is set to.
        """
        engine = self.migrator().execution_options(isolation_level="AUTOCOMMIT")
        try:
            async with engine.connect() as conn:
                await conn.execute(text(f"VACUUM {', '.join(people.tables_about_people())}"))
        finally:
            await engine.dispose()
        return True

    @contextmanager
    def refusals(self) -> Generator[None]:
        try:
            yield
        except DBAPIError as error:
            advice = errors.advice(error)
            if advice is None:
                raise
            raise self._refused(advice, may_pass=errors.may_pass(error)) from error
        except StoreError as error:
            raise self._refused(str(error), may_pass=errors.may_pass(error.__cause__)) from error

    def store_error(self, error: Exception, *, is_write: bool) -> StoreError | None:
        return errors.store_error(error, is_write=is_write)

    def was_in_the_way(self, error: Exception, /) -> bool:
        return errors.was_in_the_way(error)

    @asynccontextmanager
    async def sole_use(self) -> AsyncGenerator[Callable[[], Coroutine[None, None, None]]]:
        await self.prepare()
        engine = self.leases()
        use = SoleUse(engine, shown=shown(self._url))
        try:
            with self.refusals():
                await use.take()
            yield use.keep
        finally:
            await use.release()
            await engine.dispose()

    def _engine(
        self,
        size: int,
        *,
        settings: Mapping[str, str] | None = None,
        connection: type[Any] = WatchedConnection,
    ) -> AsyncEngine:
        """An engine with a pool of this many connections; with 0, each is closed after use."""
        pool: dict[str, Any] = {"pool_size": size, "max_overflow": 0} if size else {"poolclass": NullPool}
        arguments: dict[str, Any] = {
            "timeout": CONNECT_TIMEOUT_SECONDS,
            "server_settings": {"timezone": "UTC", "application_name": self._name},
            "connection_class": connection,
        }
        if has_several_hosts(self._url):
            arguments["target_session_attrs"] = "read-write"
        engine = create_async_engine(
            self._url, connect_args=arguments, hide_parameters=True, execution_options=BY_NAME, **pool
        )
        each = "; ".join(
            f"SET {name} = '{value}'" for name, value in {**_SETTINGS, **(settings or {})}.items()
        )
        event.listen(engine.sync_engine, "do_connect", partial(_connect, each))
        replace_dead_ones(engine)
        return engine

    def _refused(self, why: str, *, may_pass: bool) -> ConfigError:
        kind = DatabaseUnavailableError if may_pass else ConfigError
        return kind(f"DATABASE_URL names {shown(self._url)}, but {why}")


def _connect(
    settings: str, dialect: Dialect, _entry: object, arguments: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """Connects, and executes the settings; the driver's and the system's errors become SQLAlchemy's."""
    try:
        connection: Any = dialect.connect(*arguments, **options)
        try:
            connection.run_async(methodcaller("execute", settings))
        except BaseException:
            connection.terminate()
            raise
        return connection  # noqa: TRY300
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        known = dialect.loaded_dbapi
        raise known.OperationalError(str(error) or type(error).__name__) from error
