"""Ids, each with its own type, so that a server's id is never taken for a channel's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, NewType

# Discord's snowflakes: 64-bit integers.
ServerId = NewType("ServerId", int)
ChannelId = NewType("ChannelId", int)
UserId = NewType("UserId", int)
MessageId = NewType("MessageId", int)
RoleId = NewType("RoleId", int)

# Rows of our own.
FeedId = NewType("FeedId", int)
SubscriptionId = NewType("SubscriptionId", int)
PostId = NewType("PostId", int)
FollowUpId = NewType("FollowUpId", int)
NoticeId = NewType("NoticeId", int)
RunId = NewType("RunId", int)
ChangeId = NewType("ChangeId", int)

# arXiv's id without its version, such as ``2608.17271``.
PaperId = NewType("PaperId", str)
PAPER_ID: Final = r"[0-9]{4}\.[0-9]{4,5}"  # a pattern, for custom ids

_DISCORD_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)


def discord_time(snowflake: int) -> datetime:
    """When Discord created this id, by its own clock: the upper 42 bits are milliseconds since 2015."""
    return _DISCORD_EPOCH + timedelta(milliseconds=snowflake >> 22)
