"""The notice board: notices brought to a server's channels, or to a person, and Discord's refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import discord

from bot.core.ids import ChannelId, MessageId, ServerId, UserId
from bot.core.notices import Told
from bot.discord.answers import notices as answers
from bot.discord.checking import CheckAgainButton
from bot.discord.refusals import translate
from bot.discord.rooms import rooms
from bot.discord.visibility import Viewer, known_room, may_name
from bot.errors import DeliveryError

SEND_TIMEOUT_SECONDS = 30.0
# A message that may stand is looked for among so many, the newest: little is written between attempts.
MOST_LOOKED_THROUGH = 100


class DiscordNoticeBoard:
    """Tells through the running client."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def rooms(self, server_id: ServerId) -> Sequence[ChannelId]:
        """The server's system channel, then its first text channel, where the bot may write and embed."""
        guild = self._client.get_guild(server_id)
        return [ChannelId(channel.id) for channel in rooms(guild)] if guild else []

    async def post(
        self, channel_id: ChannelId, told: Told, *, nonce: str, may_stand: bool = False
    ) -> MessageId:
        """Puts the message into the channel, or finds it there.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        async with self._discord_errors():
            channel = self._client.get_partial_messageable(channel_id)
            told = await self._as_read_in(channel_id, told)
            return await self._put(channel, told, nonce=nonce, may_stand=may_stand, server_name=None)

    async def send(
        self, user_id: UserId, told: Told, *, nonce: str, may_stand: bool = False
    ) -> tuple[ChannelId, MessageId]:
        """Sends the message to the person, or finds that they have it.

        Raises:
            DeliveryError: Discord refused it, or its answer never came; or it is not theirs to read any more.
        """
        guild = self._client.get_guild(told.server_id)
        async with self._discord_errors():
            told = await self._as_read_by(user_id, told)
            # As text, as Discord documents ids; `create_dm` sends a number.
            opened = await self._client.http.start_private_message(str(user_id))
            channel = self._client.get_partial_messageable(int(opened["id"]))
            message_id = await self._put(
                channel,
                told,
                nonce=nonce,
                may_stand=may_stand,
                server_name=guild.name if guild else "a server",
            )
        return ChannelId(channel.id), message_id

    async def _as_read_in(self, channel_id: ChannelId, told: Told) -> Told:
        """What everybody who reads the channel may know."""
        guild = self._client.get_guild(told.server_id)
        place = await known_room(guild, channel_id) if guild else None
        if guild is None or place is None:
            return told.naming(())
        rooms = {feed.channel_id: await known_room(guild, feed.channel_id) for feed in told.feeds}
        return told.naming([one for one, room in rooms.items() if may_name(room, in_room=place)])

    async def _as_read_by(self, user_id: UserId, told: Told) -> Told:
        """What the person may know: of the channels, those that they see and manage now.

        Raises:
            DeliveryError: nothing of it.
        """
        guild = self._client.get_guild(told.server_id)
        if guild is None:
            raise DeliveryError("The bot is not in that server any more.", is_permanent=True)
        try:
            viewer = Viewer(guild, await guild.fetch_member(user_id))
        except discord.NotFound as error:
            raise DeliveryError("That person is not in the server any more.", is_permanent=True) from error
        named = told.naming(await viewer.managed(feed.channel_id for feed in told.feeds))
        is_gone = viewer.manages_channels and any(feed.hold and feed.hold.is_gone for feed in named.unnamed)
        if not (named.feeds or named.source is not None or is_gone):
            raise DeliveryError("That person manages none of these channels any more.", is_permanent=True)
        return named

    async def _put(
        self,
        channel: discord.abc.Messageable,
        told: Told,
        *,
        nonce: str,
        may_stand: bool,
        server_name: str | None,
    ) -> MessageId:
        if may_stand and (message_id := await self._standing(channel, nonce)):
            return message_id
        view = discord.ui.View(timeout=None)
        view.add_item(CheckAgainButton(told.server_id, nonce=nonce))
        sent = await channel.send(
            embed=answers.notice(told, server_name=server_name),
            view=view,
            nonce=nonce,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        return MessageId(sent.id)

    async def _standing(self, channel: discord.abc.Messageable, nonce: str) -> MessageId | None:
        """The message of an earlier attempt. Where the history may not be read, there is none to be seen."""
        async for message in channel.history(limit=MOST_LOOKED_THROUGH):
            buttons = str([row.to_dict() for row in message.components])
            if message.author == self._client.user and nonce in buttons:
                return MessageId(message.id)
        return None

    @asynccontextmanager
    async def _discord_errors(self) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                yield
        except discord.HTTPException as error:
            raise translate(error) from error
        except discord.RateLimited as error:
            raise DeliveryError("Discord asks to wait.", retry_after_seconds=error.retry_after) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            # Where discord.py sleeps out a limit of Discord's on all requests, it bars them all meanwhile; a
            # sleep that a timeout cuts short would never lift the bar.
            if bar := self._client.http._global_over:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
                bar.set()
            raise DeliveryError(
                "Discord could not be reached, or did not answer in time.", may_have_arrived=True
            ) from error
