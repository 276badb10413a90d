"""Mentions of channels in texts that people read who may not see those channels."""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.core.ids import ChannelId

_CHANNEL = re.compile(r"<#(\d{1,20})>")


def channels_in(text: str) -> frozenset[ChannelId]:
    return frozenset(ChannelId(int(found)) for found in _CHANNEL.findall(text))


def without_unseen(text: str, *, seen: Collection[ChannelId]) -> str:
    """The text without the names of channels that are not in `seen`."""

    def shown(found: re.Match[str]) -> str:
        return found[0] if int(found[1]) in seen else "a channel that you cannot see"

    return _CHANNEL.sub(shown, text)
