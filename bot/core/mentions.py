"""Mentions of channels in texts that people read who may not see those channels."""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.core.ids import ChannelId

_CHANNEL = re.compile(r"<#(\d{1,20})>")


def channels_in(text: str) -> frozenset[ChannelId]:
    return frozenset(ChannelId(int(channel_id)) for channel_id in _CHANNEL.findall(text))


def without_unseen(text: str, *, seen: Collection[ChannelId]) -> str:
    """The text without the names of channels that are not in `seen`."""

    def shown(mention: re.Match[str]) -> str:
        return mention[0] if int(mention[1]) in seen else "a channel that you can't see"

    return _CHANNEL.sub(shown, text)
