"""The address of the database: which kind it is, and what DATABASE_URL may be."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.errors import ConfigError
from bot.store.backend import Backend
from bot.store.postgres import address as postgres
from bot.store.postgres.backend import PostgresBackend
from bot.store.sqlite.address import MUST_BE as MUST_BE_SQLITE
from bot.store.sqlite.address import AddressError, database_path
from bot.store.sqlite.backend import SqliteBackend

MUST_BE = f"{MUST_BE_SQLITE}, or of a PostgreSQL database such as {postgres.EXAMPLE}"


def check_address(address: str, *, environment: Mapping[str, str] = MappingProxyType({})) -> None:
    """Check that an address names a database, without looking at it.

    `environment` is only for the address that was probably meant: nothing in an address is expanded.

    Raises:
        AddressError: it does not; the text completes the sentence "DATABASE_URL must be …".
    """
    if postgres.is_meant(address):
        postgres.database_url(address)
    else:
        database_path(address, environment=environment)


def is_postgres(address: str) -> bool:
    """Whether a checked address is a PostgreSQL database's."""
    return postgres.is_meant(address)


def backend_of(address: str, *, process_id: str | None = None) -> Backend:
    """The database at this address; nothing is opened yet. `process_id` is that of a process of a fleet.

    Raises:
        ConfigError: the address names none; the text has the address that was meant.
    """
    try:
        if postgres.is_meant(address):
            return PostgresBackend(postgres.database_url(address), process_id=process_id)
        return SqliteBackend(database_path(address))
    except AddressError as error:
        raise ConfigError(f"DATABASE_URL must be {error}") from error
