"""The notice board: notices brought to a server's channels, or to a person, and Discord's refusals."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.core.ids import ChannelId, MessageId, ServerId, UserId
from bot.core.notices import Told
from bot.discord.answers import notices as answers
from bot.discord.checking import CheckAgainButton
from bot.discord.delivery_errors import delivery_errors
from bot.discord.payloads import IDENTIFIED, MESSAGES, answered
from bot.discord.requests import unreadable_answers
from bot.discord.rooms import rooms

SEND_TIMEOUT_SECONDS = 30.0
# A message that may stand is looked for among so many, the newest: little is written between attempts.
MOST_LOOKED_THROUGH = 100  # which is what Discord gives at once


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
        async with delivery_errors(self._client, timeout_seconds=SEND_TIMEOUT_SECONDS):
            channel = self._client.get_partial_messageable(channel_id)
            return await self._put(channel, told, nonce=nonce, may_stand=may_stand, server_name=None)

    async def send(
        self, user_id: UserId, told: Told, *, nonce: str, may_stand: bool = False
    ) -> tuple[ChannelId, MessageId]:
        """Sends the message to the person, or finds that they have it.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        guild = self._client.get_guild(told.server_id)
        async with delivery_errors(self._client, timeout_seconds=SEND_TIMEOUT_SECONDS):
            # As text, as Discord documents ids; `create_dm` sends a number.
            opened = await answered(self._client.http.start_private_message(str(user_id)), IDENTIFIED)
            channel = self._client.get_partial_messageable(opened.id)
            message_id = await self._put(
                channel,
                told,
                nonce=nonce,
                may_stand=may_stand,
                server_name=guild.name if guild else "a server",
            )
        return ChannelId(channel.id), message_id

    async def _put(
        self,
        channel: discord.PartialMessageable,
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
        embed = answers.notice(told, server_name=server_name)
        with unreadable_answers():
            sent = await channel.send(
                embed=embed, view=view, nonce=nonce, allowed_mentions=discord.AllowedMentions.none()
            )
        return MessageId(sent.id)

    async def _standing(self, channel: discord.PartialMessageable, nonce: str) -> MessageId | None:
        """The message of an earlier attempt. Where the history may not be read, there is none to be seen."""
        own_id = self._client.user.id if self._client.user else 0
        newest = await answered(self._client.http.logs_from(channel.id, MOST_LOOKED_THROUGH), MESSAGES)
        for message in newest:
            if message.author.id == own_id and nonce in str(message.components):
                return MessageId(message.id)
        return None
