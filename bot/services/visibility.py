"""What of a server a person may be shown: asked by use cases, answered by whoever knows their permissions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable

from bot.core.ids import ChannelId

# Those of the channels that the person may be shown, or may manage.
Visible = Callable[[Iterable[ChannelId]], Awaitable[Collection[ChannelId]]]
