"""Sessions: answers with buttons that this process remembers, and why others cannot be pressed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Generic, TypeVar

from bot.errors import UserError

_MOST_ENDED = 5_000  # remembered; the oldest are forgotten
_Session = TypeVar("_Session")


class Ended(Enum):
    """Why a session cannot be pressed."""

    UNDER_WAY = "what was pressed is being done"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "its time was over"
    BROKEN = "a bug, or Discord, stopped it half-way"
    UNKNOWN = "the bot was restarted since, or it is very old"


class Sessions(Generic[_Session]):
    """Those of one kind, of one client, by the key in their buttons."""

    def __init__(self, texts: Mapping[Ended, str]) -> None:
        self._texts = texts
        self._open: dict[str, _Session] = {}
        self._ended: dict[str, Ended] = {}

    def __len__(self) -> int:
        return len(self._open)

    @property
    def oldest(self) -> str:
        return next(iter(self._open))

    def start(self, key: str, session: _Session) -> None:
        """Makes it pressable, from now on or again."""
        self._ended.pop(key, None)
        self._open[key] = session

    def end(self, key: str, how: Ended) -> None:
        self._open.pop(key, None)
        self._ended.pop(key, None)
        self._ended[key] = how
        if len(self._ended) > _MOST_ENDED:
            del self._ended[next(iter(self._ended))]

    def get(self, key: str) -> _Session:
        """The session.

        Raises:
            UserError: it cannot be pressed any more; says why, and whether anything was changed.
        """
        if key in self._open:
            return self._open[key]
        how = self._ended.get(key, Ended.UNKNOWN)
        raise UserError(self._texts.get(how) or self._texts[Ended.UNKNOWN])

    def items(self) -> list[tuple[str, _Session]]:
        return list(self._open.items())
