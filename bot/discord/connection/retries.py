"""Retries of requests to Discord, with growing waits or those that it asks for, and one log line each."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import PurePath
from typing import TypeVar

from bot.discord.connection.errors import DiscordError, discord_errors
from bot.errors import ConfigError

_log = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")

TOKEN_REFUSED = "DISCORD_TOKEN was refused by Discord: copy the bot's token again from the Developer Portal"  # noqa: S105
FIRST_WAIT_SECONDS = 1.0
MAX_WAIT_SECONDS = 60.0


class Retries:
    """Asks Discord until it answers."""

    def __init__(self, *, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self.sleep = sleep
        self._waiting: dict[str, tuple[str, float]] = {}

    @property
    def waiting(self) -> str | None:
        """What fails, why, and when it is retried, without naming an address; None if nothing fails."""
        now = time.monotonic()
        problems = [
            f"{text}; {f'trying again in {duration(at - now)}' if at > now else 'trying again'}"
            for text, at in self._waiting.values()
        ]
        return " · ".join(problems) or None

    async def until_answered(
        self,
        problem: str,
        ask: Callable[[], Awaitable[_Answer]],
        *,
        max_wait_seconds: float = MAX_WAIT_SECONDS,
    ) -> _Answer:
        """The answer, however long it takes; `problem` says what fails until then.

        Raises:
            ConfigError: Discord refused the token.
        """
        failures = 0
        try:
            while True:
                try:
                    with discord_errors():
                        return await ask()
                except DiscordError as error:
                    await self.wait(problem, error, failures=failures, max_wait_seconds=max_wait_seconds)
                failures += 1
        finally:
            self.end(problem)

    async def wait(
        self, problem: str, error: DiscordError, *, failures: int, max_wait_seconds: float = MAX_WAIT_SECONDS
    ) -> None:
        """Waits after this failure, which `failures` others preceded; `waiting` shows it until `end`.

        Raises:
            ConfigError: Discord refused the token.
        """
        if error.is_token_refused:
            raise ConfigError(TOKEN_REFUSED) from error
        backoff = min(FIRST_WAIT_SECONDS * 2 ** min(failures, 20), max_wait_seconds)
        seconds = max(backoff, error.retry_after_seconds or 0.0)
        _log.warning("%s: %s; trying again in %s", problem, error, duration(seconds))
        cause = error.__cause__ or error
        _log.debug("The exception was %r at %s", cause, _place(cause))
        self._waiting[problem] = (f"{problem}: {error}", time.monotonic() + seconds)
        await self.sleep(seconds)

    def end(self, problem: str) -> None:
        """Notes that the problem is over."""
        self._waiting.pop(problem, None)


def _place(error: BaseException) -> str:
    """The line that raised it, without this machine's folders."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "no line"


def duration(seconds: float) -> str:
    """The seconds in a unit that fits."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.0f} h"
