"""The publisher: what delivery needs of Discord, as a protocol."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from bot.core.access import Access
from bot.core.feeds import Place
from bot.core.ids import ChannelId, MessageId, RoleId
from bot.core.messages import Message


class Publisher(Protocol):
    """Sends messages to Discord. Raises DeliveryError, and nothing else, for what Discord does."""

    async def publish(self, place: Place, message: Message, *, nonce: str) -> MessageId:
        """Sends the message, within a minute. In a forum it is a post: its thread has the message's id.

        In a channel the same nonce within two minutes gives the first message again; in threads that is not
        relied on, and forum posts have none. There the request is made once and not repeated.
        """
        ...

    async def find(self, place: Place, page_urls: Collection[str], *, since: datetime) -> MessageId | None:
        """Our own message there since then that links to all these paper pages, if there is one."""
        ...

    async def crosspost(self, channel_id: ChannelId, message_id: MessageId) -> None:
        """Publishes an announcement to the servers that follow the channel. Idempotent."""
        ...

    async def open_thread(self, channel_id: ChannelId, message_id: MessageId, *, name: str) -> None:
        """Opens a thread under the message. Idempotent. A name has 1 to 100 characters."""
        ...

    async def ping_obstacle(self, place: Place, role_id: RoleId) -> str | None:
        """Why pinging this role notifies nobody there, as far as is known; never raises."""
        ...

    async def access(self, place: Place) -> Access:
        """What the bot may do there now, by the gateway's latest state; never raises."""
        ...
