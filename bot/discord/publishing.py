"""Publishing: our messages sent to Discord's channels, and Discord's refusals as DeliveryErrors."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from datetime import datetime

import aiohttp
import discord

from bot.core.access import Access
from bot.core.feeds import Place
from bot.core.ids import ChannelId, MessageId
from bot.core.messages import Message
from bot.discord.embeds import to_discord
from bot.errors import DeliveryError

# discord.py waits and repeats by itself, with the same nonce; past this the attempt counts as one whose
# answer never came. Discord remembers a nonce longer than that (`bot.services.delivery.NONCE_HOLDS`).
SEND_TIMEOUT_SECONDS = 60.0
# So many messages since the first attempt are looked through for one of our own, the newest first: each look
# comes after an attempt, and the looks before it were for the earlier ones.
MOST_LOOKED_THROUGH = 2_000

MISSING_PERMISSIONS = 50013
MISSING_ACCESS = 50001
UNKNOWN_CHANNEL = 10003
ALREADY_CROSSPOSTED = 40033
THREAD_EXISTS = 160004
THREAD_SLEEPS_AFTER_MINUTES = 10_080  # a week; a message in it wakes it

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


_NO_HISTORY = "A message may have arrived or not, and I cannot look: give me **Read Message History** there."


class DiscordPublisher:
    """Sends through the running client."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def publish(self, place: Place, message: Message, *, nonce: str) -> MessageId:
        """Sends the message, which may ping its role and nobody else; `nonce` is at most 25 characters.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        parts = to_discord(message)
        channel = self._client.get_partial_messageable(place.channel_id)
        mentions = discord.AllowedMentions.none()
        if message.mention_role_id is not None:
            mentions.roles = [discord.Object(message.mention_role_id)]
        async with self._discord_errors():
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

    async def find(self, place: Place, page_urls: Collection[str], *, since: datetime) -> MessageId | None:
        """Our own message since then that links to all these pages; answers to commands do not count.

        Raises:
            DeliveryError: the channel's history cannot be read, so nobody knows.
        """
        channel = self._client.get_partial_messageable(place.channel_id)
        async with self._discord_errors():
            if not await self._may_read_history(place.channel_id):
                raise DeliveryError(_NO_HISTORY, code=MISSING_PERMISSIONS, is_doubtful=True)
            async for message in channel.history(after=since, limit=MOST_LOOKED_THROUGH, oldest_first=False):
                if self._is_post(message) and _links(message, page_urls):
                    return MessageId(message.id)
        return None

    async def crosspost(self, channel_id: ChannelId, message_id: MessageId) -> None:
        """Publishes the announcement; one that is published already is fine.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        message = self._client.get_partial_messageable(channel_id).get_partial_message(message_id)
        async with self._discord_errors():
            try:
                await message.publish()
            except discord.HTTPException as error:
                if error.code != ALREADY_CROSSPOSTED:
                    raise

    async def open_thread(self, channel_id: ChannelId, message_id: MessageId, *, name: str) -> None:
        """Opens a thread under the message; where it has one, that is fine.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        async with self._discord_errors():
            try:
                await self._client.http.start_thread_with_message(
                    channel_id, message_id, name=name, auto_archive_duration=THREAD_SLEEPS_AFTER_MINUTES
                )
            except discord.HTTPException as error:
                if error.code != THREAD_EXISTS:
                    raise

    async def access(self, place: Place) -> Access:
        """What the bot may do there now, as the gateway last told it."""
        return Access()

    @property
    def _own_id(self) -> int:
        return self._client.user.id if self._client.user else 0

    def _is_post(self, message: discord.Message) -> bool:
        return message.author.id == self._own_id and message.interaction_metadata is None

    async def _may_read_history(self, channel_id: ChannelId) -> bool:
        """To a bot that may not, Discord shows an empty history, and says nothing."""
        channel = self._client.get_channel(channel_id) or await self._client.fetch_channel(channel_id)
        if isinstance(channel, discord.abc.PrivateChannel):
            return True
        if isinstance(channel, discord.Thread) and channel.parent is None:
            return True  # its parent has the permissions, and is not known; the history itself will tell
        # discord.py's types promise `me`, but it is None where the gateway did not send it.
        me = channel.guild.me or await channel.guild.fetch_member(self._own_id)
        return channel.permissions_for(me).read_message_history

    @asynccontextmanager
    async def _discord_errors(self) -> AsyncGenerator[None]:
        """Turns what discord.py raises into DeliveryError, once."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                yield
        except discord.HTTPException as error:
            raise _translate(error) from error
        except discord.RateLimited as error:
            raise DeliveryError(
                "Discord asks to wait.", may_have_arrived=True, retry_after_seconds=error.retry_after
            ) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            # Where discord.py sleeps out a limit of Discord's on all requests, it bars them all meanwhile; a
            # sleep that a timeout cuts short would never lift the bar.
            if bar := self._client.http._global_over:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
                bar.set()
            raise DeliveryError(
                "Discord could not be reached, or did not answer in time.", may_have_arrived=True
            ) from error


def _links(message: discord.Message, page_urls: Collection[str]) -> bool:
    """Whether the message's embeds link to every one of the pages."""
    shown = "\n".join(
        part for embed in message.embeds for part in (embed.url, embed.description) if part is not None
    )
    # An id that is the beginning of another must not count: `…/2401.1234` in `…/2401.12345`.
    return all(re.search(re.escape(url) + r"(?!\d)", shown) for url in page_urls)


def _translate(error: discord.HTTPException) -> DeliveryError:
    code, status = error.code, error.status
    if code in _PERMANENT:
        return DeliveryError(_PERMANENT[code], code=code, is_permanent=True)
    if status == 401 or (status < 500 and not _is_from_discord(error)):
        # The token is refused, or a proxy or Cloudflare refuses us: nothing was said of this channel.
        return DeliveryError(
            f"Discord answered {status}.",
            code=code,
            is_everywhere=True,
            retry_after_seconds=_retry_after_seconds(error),
        )
    if status in {403, 404} and code not in _PASSING:
        return DeliveryError(
            f"Discord refuses messages there ({status}, code {code}).", code=code, is_permanent=True
        )
    if status == 400 and code not in _PASSING:
        return DeliveryError(f"Discord rejected the message (code {code}).", code=code, is_rejected=True)
    return DeliveryError(
        f"Discord answered {status}.",
        code=code,
        may_have_arrived=status >= 500,
        retry_after_seconds=_retry_after_seconds(error),
    )


def _is_from_discord(error: discord.HTTPException) -> bool:
    """Whether Discord's API itself answered: it does so in JSON."""
    return bool(error.code) or "json" in error.response.headers.get("Content-Type", "json")


def _retry_after_seconds(error: discord.HTTPException) -> float | None:
    try:
        return max(0.0, float(error.response.headers.get("Retry-After", "0")))
    except ValueError:  # Retry-After may be a date
        return None
