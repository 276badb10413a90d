"""The notice board: sends notices to a server's channels."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.core.ids import ChannelId, MessageId, ServerId
from bot.core.notices import ProblemReport
from bot.discord.answers import notices as answers
from bot.discord.command_mentions import clickable
from bot.discord.connection.errors import discord_errors
from bot.discord.connection.sharded_client import ShardedClient
from bot.discord.delivery.errors import delivery_errors
from bot.discord.delivery.payloads import MESSAGES, answered
from bot.discord.permissions.audience import may_be_named
from bot.discord.permissions.open_channels import open_channels
from bot.discord.permissions.viewer import find_channel
from bot.discord.ui.check_again_button import CheckAgainButton
from bot.discord.ui.components import SafeView
from bot.errors import DeliveryError

SEND_TIMEOUT_SECONDS = 30.0
MAX_MESSAGES = 100  # the newest, to search for a message of an earlier attempt; one request returns no more


class DiscordNoticeBoard:
    """Sends through the running client."""

    def __init__(self, client: ShardedClient) -> None:
        self._client = client

    async def channels(self, server_id: ServerId) -> Sequence[ChannelId]:
        """The server's system channel, then its first text channel, where the bot may write and embed.

        Raises:
            DeliveryError: they are not known just now.
        """
        guild = self._client.get_guild(server_id)
        if not self._client.knows_server(server_id) or (guild is not None and guild.unavailable):
            raise DeliveryError("The server could not be checked just now.")
        return [ChannelId(channel.id) for channel in open_channels(guild)] if guild else []

    async def post(
        self, channel_id: ChannelId, report: ProblemReport, *, nonce: str, may_have_arrived: bool = False
    ) -> MessageId:
        """Posts the notice in the channel, or finds it there.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        async with delivery_errors(self._client, timeout_seconds=SEND_TIMEOUT_SECONDS):
            channel = self._client.get_partial_messageable(channel_id)
            report = await self._as_read_in(channel_id, report)
            return await self._put(channel, report, nonce=nonce, may_have_arrived=may_have_arrived)

    async def _as_read_in(self, channel_id: ChannelId, report: ProblemReport) -> ProblemReport:
        """The part of the report that everybody who reads the channel may see."""
        guild = self._client.get_guild(report.server_id)
        place = await find_channel(guild, channel_id) if guild else None
        if guild is None or place is None:
            return report.naming(())
        rooms = {feed.channel_id: await find_channel(guild, feed.channel_id) for feed in report.feeds}
        return report.naming(
            [channel_id for channel_id, room in rooms.items() if may_be_named(room, where=place)]
        )

    async def _put(
        self,
        channel: discord.PartialMessageable,
        report: ProblemReport,
        *,
        nonce: str,
        may_have_arrived: bool,
    ) -> MessageId:
        if may_have_arrived and (message_id := await self._sent_before(channel, nonce)):
            return message_id
        view = SafeView(CheckAgainButton(report.server_id, nonce=nonce))
        (embed,) = clickable(self._client, [answers.notice(report)])
        with discord_errors():
            sent = await channel.send(
                embed=embed, view=view, nonce=nonce, allowed_mentions=discord.AllowedMentions.none()
            )
        return MessageId(sent.id)

    async def _sent_before(self, channel: discord.PartialMessageable, nonce: str) -> MessageId | None:
        """The message of an earlier attempt; None also if the bot may not read the history."""
        own_id = self._client.user.id if self._client.user else 0
        newest = await answered(self._client.http.logs_from(channel.id, MAX_MESSAGES), MESSAGES)
        for message in newest:
            if message.author.id == own_id and nonce in str(message.components):
                return MessageId(message.id)
        return None
