"""The publisher: the protocol through which the services send to Discord."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from bot.core.access import Access
from bot.core.feeds import Place
from bot.core.ids import ChannelId, MessageId, RoleId, UserId
from bot.core.messages import Message


class Publisher(Protocol):
    """Sends messages to Discord. All of Discord's failures are raised as DeliveryError."""

    async def publish(self, place: Place, message: Message, *, nonce: str) -> MessageId:
        """Sends the message, in at most a minute. In a forum, creates a post and returns its thread's id.

        In a channel, the same nonce within two minutes returns the first message. Discord does not honor
        nonces in threads, and forum posts have none, so there the request is never repeated.
        """
        ...

    async def find(self, place: Place, page_urls: Collection[str], *, since: datetime) -> MessageId | None:
        """Our own message there since then that links to all of these paper pages, if there is one."""
        ...

    async def open_direct(self, user_id: UserId) -> ChannelId:
        """Opens direct messages to the person, or finds those that are open. Sends nothing."""
        ...

    async def greet(self, place: Place, *, nonce: str) -> MessageId:
        """Greets a person by direct message, as `publish` does."""
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
