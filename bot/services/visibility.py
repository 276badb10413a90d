"""Which channels of a server a person may see; the Discord layer answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable

from bot.core.ids import ChannelId

# Those of the channels that the person may be shown, or may manage.
Visible = Callable[[Iterable[ChannelId]], Awaitable[Collection[ChannelId]]]
