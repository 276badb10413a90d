"""Membership: one process of a fleet, which shares the shards out with the others by leases."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from bot.core.plurals import count
from bot.core.shards import OwnedShards, equal_part, ranges
from bot.errors import ConfigError
from bot.services.fleet.fleet import Fleet
from bot.services.fleet.timing import Observed, Timing, boot_time
from bot.store.database import Database
from bot.store.postgres import leases
from bot.store.postgres.errors import advice
from bot.store.postgres.leases import FleetState, Lease, LeaseSession

_log = logging.getLogger(__name__)

_AGAIN_SECONDS: Final = 0.2


class Membership(Fleet):
    """Renews this process's leases, takes shards that are free, and releases those beyond its part."""

    clocks_differ_by = timedelta(minutes=1)

    def __init__(
        self,
        new_session: Callable[[], LeaseSession],
        *,
        process_id: str,
        shard_count: int,
        shards_per_process: int | None,
        timing: Timing | None = None,
        clock: Callable[[], float] = boot_time,
    ) -> None:
        self._new_session = new_session
        self._process_id = process_id
        self._shard_count = shard_count
        self._shards_per_process = shards_per_process
        self._timing = timing or Timing()
        self._clock = clock
        self._session: LeaseSession | None = None
        self._owned = OwnedShards(shard_count, frozenset())
        self._certain_until = float("-inf")
        self._renewed_at = float("-inf")
        self._joined_at = float("-inf")
        self._observed = Observed(unseen_seconds=self._timing.unseen)
        self._problem: str | None = None
        self._lost: list[Callable[[], None]] = []
        self._changed: list[Callable[[], None]] = []
        self._finish: Callable[[float], Awaitable[None]] | None = None
        self.takeovers = 0  # since startup

    @property
    @override
    def owned(self) -> OwnedShards:
        return self._owned

    @property
    def seconds_since_renewal(self) -> float:
        """Infinity before the first renewal."""
        return self._clock() - self._renewed_at

    @override
    def may_send(self) -> bool:
        return self._clock() < self._certain_until

    @override
    async def hold(self, conn: AsyncConnection, shards: Collection[int] | None = None) -> OwnedShards:
        return await leases.hold(conn, self._process_id, self._shard_count, shards)

    def follow(
        self,
        *,
        changed: Callable[[], None],
        lost: Callable[[], None],
        finish: Callable[[float], Awaitable[None]],
    ) -> None:
        """Has `lost` called at once when shards were lost, and `changed` after each change and renewal.

        `finish` is awaited before shards are given back: it ends what is done for them, in that many seconds.
        """
        self._changed.append(changed)
        self._lost.append(lost)
        self._finish = finish

    async def join(self) -> None:
        """Takes part for the first time.

        Raises:
            ConfigError: a bot in a single process runs on the database, or a fleet with another SHARD_COUNT.
            SQLAlchemyError: the database cannot be used.
        """
        await self._opened()
        self._joined_at = self._clock()

    async def _agree_on_count(self, session: LeaseSession) -> None:
        """Waits until leases for another number of shards are nobody's any more.

        Raises:
            ConfigError: they are somebody's.
        """
        has_joined = self._joined_at > float("-inf")
        ended: tuple[Lease, ...] = ()
        while (other := await session.make_leases(ended=ended)) is not None:
            if other.is_connected or has_joined:
                raise ConfigError(
                    f"SHARD_COUNT is {self._shard_count}, but processes with SHARD_COUNT={other.shard_count} "
                    "run on the same database: all need the same number. To change it, stop all of them "
                    "first."
                )
            self._observed.look(self._clock())
            still = [self._still(lease) for lease in other.owned]  # each is to be seen
            if all(seconds >= self._timing.expires for seconds in still):
                ended = other.owned
            else:
                await asyncio.sleep(self._timing.look)

    async def run(self) -> None:
        """Takes part until cancelled; without the database it waits, and sends nothing soon.

        Raises:
            ConfigError: the fleet has ended, and a bot in a single process or another fleet has the database.
        """
        while True:
            is_done = await self.step()
            await asyncio.sleep(self._timing.look if is_done else self._timing.retry)

    async def step(self) -> bool:
        """Renews the leases if it is time, and takes or releases shards; False: the database failed.

        Raises:
            ConfigError: as `run`.
        """
        try:
            session = await self._opened()
            if self._clock() - self._renewed_at >= self._timing.renew:
                await self._renew(session)
            await self._balance(session, await session.look())
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            self._note(advice(error) or str(error) or type(error).__name__)
            await self._close()
            return False
        self._note(None)
        return True

    async def leave(self) -> None:
        """Gives everything back, so that others take over at once; call it when nothing is sent any more."""
        self._set(frozenset())
        self._certain_until = float("-inf")
        with suppress(SQLAlchemyError, OSError, TimeoutError, ConfigError):
            await (await self._opened()).leave()
        await self._close()

    async def _opened(self) -> LeaseSession:
        if self._session is None:
            session = self._new_session()
            try:
                await session.open()
                await self._admitted(session)
                await self._agree_on_count(session)
            except BaseException:
                await session.close()
                raise
            self._session = session
        return self._session

    async def _admitted(self, session: LeaseSession) -> None:
        """Waits a moment for a bot in a single process that is stopping."""
        until = self._clock() + self._timing.stops
        while not await session.enter():
            if self._clock() >= until:
                raise ConfigError(
                    "DATABASE_URL names a database on which a Paperboy without SHARD_COUNT runs. Stop that "
                    "one, or give it the same SHARD_COUNT."
                )
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with suppress(SQLAlchemyError, OSError, TimeoutError):
                await session.close()

    async def _renew(self, session: LeaseSession) -> None:
        began = self._clock()
        shards = await session.renew()
        # First end what is under way for lost shards; only then may anything be sent again.
        self._set(shards)
        self._renewed_at = began
        self._certain_until = began + self._timing.certain
        for callback in self._changed:
            callback()

    async def _balance(self, session: LeaseSession, state: FleetState) -> None:
        self._observed.look(self._clock())
        has_settled = self._clock() - self._joined_at >= self._timing.settle
        running = await self._running(session, state)
        steady_seconds = self._observed.see("processes", running)
        part = self._part(running)
        still = {lease.shard: self._still(lease) for lease in state.leases}
        others = [lease for lease in state.leases if lease.owner and lease.shard not in self._owned.ids]
        expired = [lease for lease in others if still[lease.shard] >= self._timing.expires]
        free = expired + [lease for lease in state.leases if lease.owner is None and has_settled]
        room = part - len(self._owned.ids)
        wanted = free[: max(room, 0)]
        if self._shards_per_process is None:
            seconds = {True: self._timing.unclaimed, False: self._timing.overdue}
            overdue = [lease for lease in free if still[lease.shard] >= seconds[lease.owner is None]]
            wanted += [lease for lease in overdue if lease not in wanted]
        if wanted and self.may_send():
            taken = await session.take(wanted)
            self.takeovers += sum(lease.shard in taken for lease in expired)
            self._set(self._owned.ids | taken)
            for callback in self._changed:
                callback()
        elif room < 0 and steady_seconds >= self._timing.give_back:
            await self._give_back(session, sorted(self._owned.ids)[part:])

    def _still(self, lease: Lease) -> float:
        return self._observed.see(("lease", lease.shard), (lease.owner, lease.renewals))

    async def _running(self, session: LeaseSession, state: FleetState) -> tuple[str, ...]:
        """The processes that are not known to have ended, the oldest first."""
        running: list[str] = []
        for process in state.processes:
            still = self._observed.see(("process", process.id), process.renewals)
            if process.id == self._process_id or still < self._timing.expires:
                running.append(process.id)
            elif still > 2 * self._timing.expires:
                await session.forget(process.id, renewals=process.renewals)
        return tuple(running)

    def _part(self, running: Sequence[str]) -> int:
        """How many shards this process should own: SHARDS_PER_PROCESS, or an equal part."""
        if self._shards_per_process is not None:
            return self._shards_per_process
        if self._process_id not in running:
            return len(self._owned.ids)
        place = running.index(self._process_id)
        return equal_part(self._shard_count, processes=len(running), place=place)

    async def _give_back(self, session: LeaseSession, shards: Sequence[int]) -> None:
        self._owned = OwnedShards(self._shard_count, self._owned.ids - set(shards))
        for callback in self._changed:
            callback()
        if self._finish is not None:
            await self._finish(self._timing.finish)
        await session.release(shards)
        self._log_owned("another process takes over the others")

    def _set(self, shards: frozenset[int]) -> None:
        before = self._owned.ids
        if shards == before:
            return
        self._owned = OwnedShards(self._shard_count, shards)
        if before - shards:
            for callback in self._lost:
                callback()
        self._log_owned("lost some" if before - shards else "took over some" if before else "started")

    def _log_owned(self, why: str) -> None:
        _log.info(
            "This process has %s of %d: %s (%s)",
            count(len(self._owned.ids), "shard"),
            self._shard_count,
            ranges(self._owned.ids) or "it waits until one is free",
            why,
            extra={"fields": {"process": self._process_id, "shards": sorted(self._owned.ids)}},
        )

    def _note(self, problem: str | None) -> None:
        """Logs the beginning and the end of a problem with the database."""
        if problem is not None and self._problem is None:
            _log.warning("The leases of this process cannot be renewed: %s. Retrying", problem)
        elif problem is None and self._problem is not None:
            _log.info("The leases of this process are renewed again")
        self._problem = problem


async def end_fleet(
    database: Database, *, sleep: Callable[[float], Awaitable[object]], timing: Timing | None = None
) -> None:
    """Has a bot in a single process follow a fleet that ended on the same database."""
    async with database.write() as conn:
        had_one = await leases.end_fleet(conn)
    if had_one:
        seconds = (timing or Timing()).certain
        _log.info("Several processes ran on this database before; waiting %.0f s for their requests", seconds)
        await sleep(seconds)
