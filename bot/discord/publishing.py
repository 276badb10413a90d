"""Publishing: our messages sent to Discord's channels, and Discord's refusals as DeliveryErrors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime

import aiohttp
import discord

from bot.core.ids import ChannelId, MessageId
from bot.core.messages import Message
from bot.discord.embeds import to_discord
from bot.errors import DeliveryError

# discord.py waits and repeats by itself; past this the attempt counts as one whose answer never came.
SEND_TIMEOUT_SECONDS = 60.0
# So many messages since the planning are looked through for one of our own.
MOST_LOOKED_THROUGH = 500

MISSING_PERMISSIONS = 50013
MISSING_ACCESS = 50001
UNKNOWN_CHANNEL = 10003

# Discord's codes that mean "stop sending here", in the words of what an admin can do about them.
_PERMANENT = {
    UNKNOWN_CHANNEL: "The channel does not exist any more.",
    MISSING_ACCESS: "I cannot see the channel: give me **View Channel** there.",
    MISSING_PERMISSIONS: (
        "A permission is missing in the channel: I need **View Channel**, **Send Messages** and "
        "**Embed Links** (in a thread **Send Messages in Threads**)."
    ),
    50007: "The person takes no direct messages from me.",
    50278: "The person shares no server with me any more.",
    50008: "Messages cannot be sent in a channel of this kind.",
    50024: "Messages cannot be sent in a channel of this kind.",
    50083: "The thread is archived: open it again.",
    160005: "The thread is locked: unlock it.",
}
# 40003: direct messages opened too fast. It passes.
_PASSING = frozenset({40003})


class DiscordPublisher:
    """Sends through the running client."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def publish(self, channel_id: ChannelId, message: Message, *, nonce: str) -> MessageId:
        """Sends the message without pinging anyone; `nonce` is at most 25 characters.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        parts = to_discord(message)
        channel = self._client.get_partial_messageable(channel_id)
        mentions = discord.AllowedMentions.none()
        async with _discord_errors():
            if parts.view is None:
                sent = await channel.send(
                    parts.content, embeds=parts.embeds, nonce=nonce, allowed_mentions=mentions
                )
            else:
                sent = await channel.send(
                    parts.content,
                    embeds=parts.embeds,
                    view=parts.view,
                    nonce=nonce,
                    allowed_mentions=mentions,
                )
        return MessageId(sent.id)

    async def find(
        self, channel_id: ChannelId, page_urls: Collection[str], *, since: datetime
    ) -> MessageId | None:
        """Our own message since then that links to all these pages; answers to commands do not count.

        Raises:
            DeliveryError: the channel's history cannot be read, so nobody knows.
        """
        user = self._client.user
        channel = self._client.get_partial_messageable(channel_id)
        async with _discord_errors(reading_history=True):
            async for message in channel.history(after=since, limit=MOST_LOOKED_THROUGH, oldest_first=True):
                is_ours = user is not None and message.author.id == user.id
                if is_ours and message.interaction_metadata is None and _links(message, page_urls):
                    return MessageId(message.id)
        return None


def _links(message: discord.Message, page_urls: Collection[str]) -> bool:
    shown = " ".join(str(embed.to_dict()) for embed in message.embeds)
    # An id that is the beginning of another must not count: `…/2401.1234` in `…/2401.12345`.
    return all(any(not shown[end : end + 1].isdigit() for end in _ends(shown, url)) for url in page_urls)


def _ends(text: str, part: str) -> list[int]:
    ends: list[int] = []
    start = text.find(part)
    while start >= 0:
        ends.append(start + len(part))
        start = text.find(part, start + 1)
    return ends


@asynccontextmanager
async def _discord_errors(*, reading_history: bool = False) -> AsyncIterator[None]:
    """Turns what discord.py raises into DeliveryError, once."""
    try:
        async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
            yield
    except discord.HTTPException as error:
        raise _translate(error, reading_history=reading_history) from error
    except discord.RateLimited as error:
        raise DeliveryError("Discord asks to wait.", retry_after_seconds=error.retry_after) from error
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise DeliveryError("Discord could not be reached, or did not answer in time.") from error


def _translate(error: discord.HTTPException, *, reading_history: bool) -> DeliveryError:
    code = error.code
    if reading_history and error.status == 403:
        return DeliveryError(
            "A message may have arrived or not, and I cannot look: give me **Read Message History** there.",
            code=code,
            is_permanent=True,
        )
    if code in _PERMANENT:
        return DeliveryError(_PERMANENT[code], code=code, is_permanent=True)
    if code in _PASSING:
        return DeliveryError("Discord asks to open direct messages more slowly.", code=code)
    if error.status in (403, 404):
        return DeliveryError(
            f"Discord refuses messages there ({error.status}, code {code}).", code=code, is_permanent=True
        )
    if error.status == 400:
        return DeliveryError(f"Discord rejected the message (code {code}).", code=code, is_rejected=True)
    return DeliveryError(f"Discord answered {error.status}.", code=code)
