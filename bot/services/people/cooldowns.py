"""Cooldowns: how often one person has done something expensive, in memory only."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import Final

from bot.core.ids import UserId
from bot.core.limits import Costly
from bot.errors import UserError
from bot.services.context import ServiceContext

_MOST_KEPT: Final = 10_000  # people; beyond, those whose uses are all over are dropped


class Cooldowns:
    """Counts uses over each kind's window, each process its own; a restart forgets them."""

    def __init__(self, context: ServiceContext) -> None:
        self._clock = context.clock
        self._uses: dict[tuple[UserId, Costly], deque[datetime]] = {}

    def use(self, user_id: UserId, costly: Costly, *, times: int = 1) -> None:
        """Counts the uses.

        Raises:
            UserError: there were too many lately; the text says when to try again. None was counted.
        """
        if not times:
            return
        now = self._clock()
        if len(self._uses) > _MOST_KEPT:
            self._uses = {key: used for key, used in self._uses.items() if _lately(used, key[1], now)}
        used = self._uses.setdefault((user_id, costly), deque())
        _lately(used, costly, now)
        # A person who used nothing lately may use more at once than fit: a message can have many links.
        if used and len(used) + times > costly.uses:
            over = len(used) + times - costly.uses
            allowed_at = used[min(over, len(used)) - 1] + costly.window
            raise UserError(
                f"You have reached the limit of {costly.allowance}. Try again "
                f"<t:{int(allowed_at.timestamp()) + 1}:R>."
            )
        used.extend([now] * times)


def _lately(used: deque[datetime], costly: Costly, now: datetime) -> deque[datetime]:
    """The uses within the window; the others are dropped, and those from a clock that was set back."""
    while used and not now - costly.window < used[0] <= now:
        used.popleft()
    return used
