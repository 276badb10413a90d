"""The registry of open sessions: pages, confirmations and setup panels whose buttons still work."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from enum import Enum
from typing import ClassVar, TypeVar

from bot.errors import UserError

_KEY_BYTES = 8
_MAX_ENDED = 5_000  # the oldest are forgotten
_Session = TypeVar("_Session", bound="Session")


class Ended(Enum):
    """Why the buttons of a session no longer work."""

    IN_PROGRESS = "another press is being handled"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    BROKEN = "an error left the result unknown"
    UNKNOWN = "another process opened the session, before a restart or beside this one; or it was forgotten"


class Session:
    """An answer whose buttons change something in this process."""

    ended_texts: ClassVar[Mapping[Ended, str]]  # what a press says afterwards; UNKNOWN is the fallback
    max_open: ClassVar[int | None] = None  # for all users together; the oldest session expires
    is_stored: ClassVar[bool] = False  # whether an unknown one is opened again from the store
    closes_at: float | None = None  # by the event loop's clock; None if the session ends itself


def new_key() -> str:
    """A key for the custom ids of one session's buttons."""
    return secrets.token_hex(_KEY_BYTES)


class Sessions:
    """The sessions of one client, by the key in their buttons' custom ids."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}
        self._ended: dict[str, Ended] = {}

    def open(self, key: str, session: Session) -> None:
        """Makes the buttons of the session work, for the first time or again."""
        self._expire()
        same_kind = list(self.of_kind(type(session)))
        if session.max_open is not None and len(same_kind) >= session.max_open:
            self.end(same_kind[0], Ended.EXPIRED)
        self._ended.pop(key, None)
        self._open[key] = session

    def end(self, key: str, reason: Ended) -> None:
        self._open.pop(key, None)
        self._ended.pop(key, None)
        self._ended[key] = reason
        if len(self._ended) > _MAX_ENDED:
            del self._ended[next(iter(self._ended))]

    def get(self, key: str, kind: type[_Session]) -> _Session:
        """The open session with this key.

        Raises:
            UserError: it is no longer open; says why, and whether anything was changed.
        """
        self._expire()
        session = self._open.get(key)
        if isinstance(session, kind):
            return session
        reason = self._ended.get(key, Ended.UNKNOWN)
        raise UserError(kind.ended_texts.get(reason) or kind.ended_texts[Ended.UNKNOWN])

    def forget_stored(self) -> None:
        """Makes those unknown that the store has, because other processes may go on with them."""
        stored = [key for key, session in self._open.items() if session.is_stored]
        for key in stored:
            del self._open[key]

    def is_unknown(self, key: str) -> bool:
        """Whether nothing is known of this key: its session may be of an earlier process."""
        return key not in self._open and key not in self._ended

    def of_kind(self, kind: type[_Session]) -> dict[str, _Session]:
        return {key: session for key, session in self._open.items() if isinstance(session, kind)}

    def _expire(self) -> None:
        now = asyncio.get_running_loop().time()
        for key, session in list(self._open.items()):
            if session.closes_at is not None and session.closes_at <= now:
                self.end(key, Ended.EXPIRED)
