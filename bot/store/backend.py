"""The backend protocol: what the store needs of the kind of database that it runs on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import ClassVar, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.errors import StoreError


class Backend(Protocol):
    """One database at its address. The engines are the caller's to dispose of."""

    # Whether the end of a transaction that only read waits for nothing that a cancellation could cut off.
    reads_end_at_once: ClassVar[bool]

    async def identity(self) -> Hashable | None:
        """What tells whether two addresses name one database; None if there is none. Creates nothing.

        Raises:
            ConfigError: the database cannot be used; the text names DATABASE_URL and says why.
        """
        ...

    async def prepare(self) -> None:
        """Make what can be made before the tables, such as a folder, and check what a server can do.

        Raises:
            ConfigError: that is impossible, or not enough; the text names DATABASE_URL and says why.
        """
        ...

    def writer(self) -> AsyncEngine:
        """For transactions that write."""
        ...

    def reader(self) -> AsyncEngine:
        """For transactions that only read, each of which sees one moment of the database."""
        ...

    def migrator(self) -> AsyncEngine:
        """For the one transaction that creates and changes tables."""
        ...

    async def check_migrated(self, conn: AsyncConnection) -> None:
        """Check what can only be seen once there are tables.

        Raises:
            ConfigError: the database cannot be used.
        """
        ...

    async def erase_deleted(self) -> bool:
        """Have the database's files keep nothing of deleted rows, as far as the database can do that.

        False if somebody still reads what was deleted: try again later.
        """
        ...

    def refusals(self) -> AbstractContextManager[None]:
        """Translates the database's errors to a ConfigError for the operator."""
        ...

    def store_error(self, error: Exception, *, is_write: bool) -> StoreError | None:
        """Our error, if the operator can fix the cause; None if it is a bug."""
        ...

    def was_in_the_way(self, error: Exception, /) -> bool:
        """Whether only another transaction kept this one from going on, so that a new one may succeed."""
        ...

    def sole_use(self) -> AbstractAsyncContextManager[Callable[[], Coroutine[None, None, None]]]:
        """Keeps a second bot away from the database until the end.

        Gives what is to run meanwhile: it raises ConfigError if a second bot came although it was kept away,
        which it can while the database is restarted.

        Raises:
            ConfigError: another bot runs on it, and does not stop within seconds.
        """
        ...
