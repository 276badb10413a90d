"""The publisher: sends our messages to places of every kind, and explains what Discord refuses."""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

import discord

from bot.core.access import Access
from bot.core.cards import Picture
from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, MessageId, RoleId, ServerId, UserId
from bot.core.messages import Message, without_pictures
from bot.core.tags import choose
from bot.discord.answers.follows import greeting
from bot.discord.command_mentions import clickable
from bot.discord.connection.errors import DiscordError, discord_errors
from bot.discord.connection.sharded_client import ShardedClient
from bot.discord.delivery import message_search
from bot.discord.delivery.errors import LOCKED, THREAD_ARCHIVED, delivery_errors
from bot.discord.delivery.explanations import Obstacle, check_history, explained_errors
from bot.discord.delivery.payloads import IDENTIFIED, answered
from bot.discord.delivery.pings import ping_obstacle, without_dead_pings
from bot.discord.permissions.bot_access import access_of, bot_permissions, checked_access
from bot.discord.permissions.obstacles import feed_kind, forum_tags
from bot.discord.ui.components import SafeView
from bot.discord.ui.direct_buttons import stop_and_change
from bot.discord.ui.messages import to_discord
from bot.errors import DeliveryError, DeliveryErrorKind

ALREADY_CROSSPOSTED = 40033
THREAD_EXISTS = 160004
WRONG_KIND_OF_CHANNEL = 50024
TAG_REQUIRED = 40067
# How often a message is tried again without the pictures that Discord refuses; at last, without any.
PICTURE_TRIES = 3
GREET_TIMEOUT_SECONDS = 20.0  # a person waits for the answer
SEARCH_TIMEOUT_SECONDS = 300.0  # for up to a thousand requests, one after the other
ARCHIVE_AFTER_MINUTES = 10_080  # a week without a message


class DiscordPublisher:
    """Sends through the running client."""

    def __init__(self, client: ShardedClient) -> None:
        self._client = client

    async def publish(self, place: Place, message: Message, *, nonce: str) -> MessageId:
        """Sends the message, which may ping its role and nobody else; `nonce` has at most 25 characters.

        Pictures that Discord refuses are left out.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        message = without_dead_pings(self._client, place, message)
        for more_tries in reversed(range(PICTURE_TRIES)):
            try:
                return await self._publish(place, message, nonce=nonce)
            except DeliveryError as error:
                if not error.refused_pictures:
                    raise
                refused = {index: [*map(Picture, names)] for index, names in error.refused_pictures.items()}
            # Nothing was posted, and no picture is worth losing the rest for.
            message = without_pictures(message, refused if more_tries else None)
        return await self._publish(place, message, nonce=nonce)

    async def _publish(self, place: Place, message: Message, *, nonce: str) -> MessageId:
        if place.kind is FeedKind.FORUM:
            return await self._post(place, message)
        try:
            return await self._send(place, message, nonce=nonce)
        except DeliveryError as error:
            is_archived = place.kind is FeedKind.THREAD and error.code == THREAD_ARCHIVED
            if not is_archived or error.kind is DeliveryErrorKind.PERMISSION_MISSING:
                raise
        # A message usually reopens an archived thread; here Discord wants that done first.
        await self._reopen(place)
        return await self._send(place, message, nonce=nonce)

    async def open_direct(self, user_id: UserId) -> ChannelId:
        """Opens direct messages to the person, or finds those that are open. Sends nothing.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        # Discord documents ids as text; `create_dm` sends a number.
        request = self._client.http.start_private_message(str(user_id))
        async with delivery_errors(self._client, timeout_seconds=GREET_TIMEOUT_SECONDS, is_message=False):
            return ChannelId((await answered(request, IDENTIFIED)).id)

    async def greet(self, place: Place, *, nonce: str) -> MessageId:
        """Greets a person by direct message; the same nonce within two minutes returns the first message.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        channel = self._client.get_partial_messageable(place.channel_id)
        async with explained_errors(self._client, place, timeout_seconds=GREET_TIMEOUT_SECONDS):
            with discord_errors():
                sent = await channel.send(
                    embeds=clickable(self._client, [greeting()]),
                    view=SafeView(*stop_and_change()),
                    nonce=nonce,
                    allowed_mentions=discord.AllowedMentions.none(),
                )
        return MessageId(sent.id)

    async def find(self, place: Place, page_urls: Collection[str], *, since: datetime) -> MessageId | None:
        """Our own message since then that links to all these pages; answers to commands do not count.

        Raises:
            DeliveryError: the history cannot be read.
        """
        check_history(await checked_access(self._client, place))
        http = self._client.http
        async with explained_errors(
            self._client, place, is_message=False, timeout_seconds=SEARCH_TIMEOUT_SECONDS
        ):
            if place.kind is FeedKind.FORUM:
                return await message_search.in_forum(http, place, page_urls, own_id=self._own_id, since=since)
            return await message_search.in_history(
                http, place.channel_id, page_urls, own_id=self._own_id, since=since
            )

    async def crosspost(self, channel_id: ChannelId, message_id: MessageId) -> None:
        """Publishes the announcement; does nothing if it is published already.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        request = self._client.http.publish_message(channel_id, message_id)
        await self._follow_up(
            channel_id, request, ALREADY_CROSSPOSTED, obstacle=lambda access: access.publishing_obstacle
        )

    async def open_thread(self, channel_id: ChannelId, message_id: MessageId, *, name: str) -> None:
        """Opens a thread under the message; does nothing if it has one.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        request = self._client.http.start_thread_with_message(
            channel_id, message_id, name=name, auto_archive_duration=ARCHIVE_AFTER_MINUTES
        )
        await self._follow_up(
            channel_id, request, THREAD_EXISTS, obstacle=lambda access: access.threads_obstacle
        )

    async def ping_obstacle(self, place: Place, role_id: RoleId) -> str | None:
        """Why this role's pings notify nobody there, from the gateway's latest events; never raises."""
        return await ping_obstacle(self._client, place, role_id)

    async def access(self, place: Place) -> Access:
        """What the bot may do there now, from the gateway's latest events; never raises."""
        return await access_of(self._client, place)

    @property
    def _own_id(self) -> int:
        return self._client.user.id if self._client.user else 0

    async def _follow_up(
        self, channel_id: ChannelId, request: Awaitable[object], done_code: int, *, obstacle: Obstacle
    ) -> None:
        """Makes a request about a sent message; `done_code` says that it was done before."""
        async with explained_errors(self._client, self._place(channel_id), obstacle=obstacle):
            try:
                await answered(request, IDENTIFIED)
            except DiscordError as error:
                if error.code != done_code:
                    raise

    async def _send(self, place: Place, message: Message, *, nonce: str) -> MessageId:
        parts = to_discord(message)
        view = parts.view or discord.utils.MISSING
        channel = self._client.get_partial_messageable(place.channel_id)
        # Discord does not honor nonces in threads, so the request must not be repeated there.
        async with explained_errors(self._client, place, is_repeatable=place.kind is not FeedKind.THREAD):
            with discord_errors():
                sent = await channel.send(
                    parts.content,
                    embeds=parts.embeds,
                    view=view,
                    nonce=nonce,
                    allowed_mentions=_mentions(message),
                    silent=message.is_silent,
                )
        return MessageId(sent.id)

    async def _post(self, place: Place, message: Message) -> MessageId:
        """Creates a forum post with the forum's tags that fit it."""
        parts = to_discord(message)
        async with explained_errors(self._client, place, is_message=False):
            forum = await self._forum(place)
            applied = await self._tags(forum, message)
        async with explained_errors(self._client, place, is_repeatable=False):
            with discord_errors():
                created = await forum.create_thread(
                    name=message.title,
                    content=parts.content,
                    embeds=parts.embeds,
                    view=parts.view or discord.utils.MISSING,
                    allowed_mentions=_mentions(message),
                    silent=message.is_silent,
                    applied_tags=applied,
                )
        return MessageId(created.thread.id)

    async def _tags(self, forum: discord.ForumChannel, message: Message) -> list[discord.ForumTag]:
        may_moderate = (await bot_permissions(self._client, forum)).manage_threads
        is_required = forum.flags.require_tag
        chosen = choose(
            forum_tags(forum), message.queries, is_required=is_required, may_moderate=may_moderate
        )
        if is_required and not chosen:
            raise DeliveryError(
                "The forum requires a tag on every post, and has none that I can use: add one, or turn "
                "this off.",
                code=TAG_REQUIRED,
                kind=DeliveryErrorKind.CHANNEL_REFUSED,
            )
        return [tag for choice in chosen if (tag := forum.get_tag(choice.id))]

    async def _forum(self, place: Place) -> discord.ForumChannel:
        forum = self._client.get_channel(place.channel_id)
        if forum is None:
            with discord_errors():  # in its server, whose roles decide which tags the bot may use
                guild = self._client.get_guild(place.server_id or 0)
                if guild is None or guild.unavailable:
                    guild = await self._client.fetch_guild(place.server_id or 0)
                forum = await guild.fetch_channel(place.channel_id)
        if not isinstance(forum, discord.ForumChannel):
            raise DeliveryError(
                "The channel is no longer a forum.",
                code=WRONG_KIND_OF_CHANNEL,
                kind=DeliveryErrorKind.CHANNEL_REFUSED,
            )
        return forum

    async def _reopen(self, place: Place) -> None:
        try:
            async with explained_errors(self._client, place, is_message=False):
                await answered(self._client.http.edit_channel(place.channel_id, archived=False), IDENTIFIED)
        except DeliveryError as error:
            if error.kind is DeliveryErrorKind.GONE or not error.kind.blocks_channel:
                raise
            raise replace(
                error,
                reason=error.reason if error.kind is DeliveryErrorKind.PERMISSION_MISSING else LOCKED,
                code=THREAD_ARCHIVED,
                may_have_arrived=False,
            ) from error

    def _place(self, channel_id: ChannelId) -> Place | None:
        channel = self._client.get_channel(channel_id)
        if channel is None or isinstance(channel, discord.abc.PrivateChannel):
            return None
        server_id = ServerId(channel.guild.id)
        return Place(server_id=server_id, channel_id=channel_id, kind=feed_kind(channel.type))


@dataclass(frozen=True, slots=True)
class _Role:
    """A role by its id as text, which is how Discord documents ids; discord.py would send a number."""

    id: str


def _mentions(message: Message) -> discord.AllowedMentions:
    mentions = discord.AllowedMentions.none()
    pinged = list(filter(None, (message.mention_role_id, *message.also_pings)))
    if pinged:
        mentions.roles = [_Role(id=str(role_id)) for role_id in pinged]  # pyright: ignore[reportAttributeAccessIssue]
    return mentions
