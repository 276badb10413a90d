"""Background jobs: what is done for all servers together, by one process of a fleet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from bot.services.context import ServiceContext
from bot.services.fleet.first_shard import while_first
from bot.services.people.erasing import Erasing
from bot.services.runs.archive_reading import ArchiveReader
from bot.services.runs.recompiling import Recompiling
from bot.services.runs.search_texts import SearchTexts


class BackgroundJobs:
    """Does each job once in a single process, and in a fleet where shard 0 is owned.

    For a few seconds after the shard moved, two processes may do the same job. That is harmless: lists and
    texts are written in place of the same ones, a recompilation waits for its turn and finds nothing left,
    and what was deleted is erased twice.
    """

    def __init__(
        self,
        context: ServiceContext,
        *,
        archive_reader: ArchiveReader,
        search_texts: SearchTexts,
        erasing: Erasing,
        recompiling: Recompiling,
    ) -> None:
        self._fleet = context.fleet
        self._is_only_process = context.turns is None
        self._jobs: Mapping[str, Callable[[], Awaitable[None]]] = {
            "archive": archive_reader.run,
            "search texts": search_texts.run,
            "erasing": erasing.run,
        }
        self._recompiling = recompiling

    async def run(self) -> None:
        """Until cancelled, or in a single process until all is done."""
        async with asyncio.TaskGroup() as group:
            for name, job in self._jobs.items():
                group.create_task(self._do(job), name=name)
            if not self._is_only_process:
                group.create_task(self._do(self._recompile), name="recompiling")

    async def _do(self, job: Callable[[], Awaitable[None]]) -> None:
        if self._is_only_process:
            await job()
        else:
            await while_first(job, is_first=lambda: self._fleet.owned.has_first)

    async def _recompile(self) -> None:
        """Recompiles what processes of an older version stored since this one started."""
        await self._recompiling.run()
