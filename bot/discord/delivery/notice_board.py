"""The notice board: sends notices to a server's channels or to a person."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.core.ids import ChannelId, MessageId, ServerId, UserId
from bot.core.notices import ProblemReport
from bot.discord.answers import notices as answers
from bot.discord.command_mentions import clickable
from bot.discord.connection.errors import discord_errors
from bot.discord.delivery.errors import delivery_errors
from bot.discord.delivery.payloads import IDENTIFIED, MESSAGES, answered
from bot.discord.permissions.audience import may_be_named
from bot.discord.permissions.open_channels import open_channels
from bot.discord.permissions.viewer import Viewer, find_channel, find_member
from bot.discord.ui.check_again_button import CheckAgainButton
from bot.discord.ui.components import SafeView
from bot.errors import DeliveryError, DeliveryErrorKind

SEND_TIMEOUT_SECONDS = 30.0
MAX_MESSAGES = 100  # the newest, to search for a message of an earlier attempt; one request returns no more


class DiscordNoticeBoard:
    """Sends through the running client."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def channels(self, server_id: ServerId) -> Sequence[ChannelId]:
        """The server's system channel, then its first text channel, where the bot may write and embed."""
        guild = self._client.get_guild(server_id)
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
            return await self._put(
                channel, report, nonce=nonce, may_have_arrived=may_have_arrived, server_name=None
            )

    async def send(
        self, user_id: UserId, report: ProblemReport, *, nonce: str, may_have_arrived: bool = False
    ) -> tuple[ChannelId, MessageId]:
        """Sends the notice to the person, or finds that they have it.

        Raises:
            DeliveryError: Discord refused it, its answer never came, or the person may not read it any more.
        """
        guild = self._client.get_guild(report.server_id)
        async with delivery_errors(self._client, timeout_seconds=SEND_TIMEOUT_SECONDS):
            report = await self._as_read_by(user_id, report)
            # Discord documents ids as text; `create_dm` sends a number.
            opened = await answered(self._client.http.start_private_message(str(user_id)), IDENTIFIED)
            channel = self._client.get_partial_messageable(opened.id)
            message_id = await self._put(
                channel,
                report,
                nonce=nonce,
                may_have_arrived=may_have_arrived,
                server_name=guild.name if guild else "a server",
            )
        return ChannelId(channel.id), message_id

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

    async def _as_read_by(self, user_id: UserId, report: ProblemReport) -> ProblemReport:
        """The part of the report about channels that the person sees and manages now.

        Raises:
            DeliveryError: there is none.
        """
        guild = self._client.get_guild(report.server_id)
        if guild is None:
            raise DeliveryError(
                "The bot is not in that server any more.", kind=DeliveryErrorKind.CHANNEL_REFUSED
            )
        person = await find_member(guild, user_id)
        if person is None:
            raise DeliveryError(
                "That person is not in the server any more.", kind=DeliveryErrorKind.CHANNEL_REFUSED
            )
        viewer = Viewer(guild, person)
        named = report.naming(await viewer.managed(feed.channel_id for feed in report.feeds))
        is_gone = viewer.manages_channels and any(feed.block and feed.block.is_gone for feed in named.unnamed)
        if not (named.feeds or named.source is not None or is_gone):
            raise DeliveryError(
                "That person manages none of these channels any more.", kind=DeliveryErrorKind.CHANNEL_REFUSED
            )
        return named

    async def _put(
        self,
        channel: discord.PartialMessageable,
        report: ProblemReport,
        *,
        nonce: str,
        may_have_arrived: bool,
        server_name: str | None,
    ) -> MessageId:
        if may_have_arrived and (message_id := await self._sent_before(channel, nonce)):
            return message_id
        view = SafeView(CheckAgainButton(report.server_id, nonce=nonce))
        (embed,) = clickable(self._client, [answers.notice(report, server_name=server_name)])
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
