"""Watched connections to PostgreSQL: one whose answers don't come any more is given up, not waited for.

A network or a machine that vanishes tells nobody. TCP notices it after 15 minutes, or never where a proxy is
between; and asyncpg's own timeouts wait for the server to cancel the statement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar, Final

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

# Longer than any statement of ours takes. What takes longer by design uses the migrator's connections.
ANSWER_TIMEOUT_SECONDS = 30.0
BEGIN_TIMEOUT_SECONDS = 5.0  # an idle connection is tried by a BEGIN, which needs nothing
CLOSE_TIMEOUT_SECONDS = 0.3  # all connections of a process are closed one after the other when it ends
_CALLS: Final = (
    *("prepare", "bind", "execute", "bind_execute", "bind_execute_many"),
    *("close_portal", "close_statement"),
)


class WatchedConnection(asyncpg.Connection):  # pyright: ignore[reportMissingTypeArgument, reportUntypedBaseClass]
    """A connection that is lost once an answer takes too long, as if the server had ended it."""

    answer_timeout_seconds: ClassVar[float | None] = None  # None: ANSWER_TIMEOUT_SECONDS

    def __init__(self, protocol: Any, transport: asyncio.Transport, *others: Any) -> None:
        watched = _Watched(protocol, transport, self.answer_timeout_seconds)
        super().__init__(watched, transport, *others)  # pyright: ignore[reportUnknownMemberType]


class LeaseConnection(WatchedConnection):
    """A connection for leases, which must be renewed in time, or be renewed on another connection."""

    answer_timeout_seconds = 5.0


class _Watched:
    """The driver's protocol, with a limit on each call that waits for the server."""

    def __init__(
        self, protocol: Any, transport: asyncio.Transport, answer_timeout_seconds: float | None
    ) -> None:
        self._protocol = protocol
        self._answer_timeout_seconds = answer_timeout_seconds
        self._transport = transport
        for name in _CALLS:
            setattr(self, name, partial(self._watch, getattr(protocol, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._protocol, name)

    async def query(self, query: str, timeout: float | None) -> Any:  # noqa: ASYNC109 - as the driver's
        limit = BEGIN_TIMEOUT_SECONDS if query.startswith("BEGIN") else None
        return await self._watch(self._protocol.query, query, timeout, timeout_seconds=limit)

    async def close(self, timeout: float | None) -> None:  # noqa: ASYNC109 - as the driver's
        await self._watch(self._protocol.close, timeout, timeout_seconds=CLOSE_TIMEOUT_SECONDS)

    async def _watch(
        self,
        call: Callable[..., Awaitable[Any]],
        *arguments: Any,
        timeout_seconds: float | None = None,
        **options: Any,
    ) -> Any:
        limit = timeout_seconds or self._answer_timeout_seconds or ANSWER_TIMEOUT_SECONDS
        ending = asyncio.get_running_loop().call_later(limit, self._transport.abort)
        try:
            return await call(*arguments, **options)
        finally:
            ending.cancel()
