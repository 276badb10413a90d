"""Visibility: how the services ask the Discord layer which channels a person may see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable

from bot.core.ids import ChannelId

# Returns those of the channels that the person may see, or may manage.
Visible = Callable[[Iterable[ChannelId]], Awaitable[Collection[ChannelId]]]
