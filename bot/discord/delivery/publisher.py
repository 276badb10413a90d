"""Publishing: our messages sent to places of every kind, and Discord's refusals as DeliveryErrors."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import discord

from bot.core.access import Access
from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, MessageId, RoleId, ServerId
from bot.core.messages import Message
from bot.core.tags import choose
from bot.discord.connection.requests import unreadable_answers
from bot.discord.delivery import message_search
from bot.discord.delivery.errors import delivery_errors
from bot.discord.delivery.payloads import IDENTIFIED, answered
from bot.discord.delivery.pings import ping_obstacle, without_dead_ping
from bot.discord.delivery.refusals import LOCKED, THREAD_ARCHIVED
from bot.discord.embeds import to_discord
from bot.discord.permissions.access import access_of, feed_kind, forum_tags, permissions_in
from bot.errors import DeliveryError, DeliveryErrorKind

# discord.py waits and repeats by itself, with the same nonce; past this the attempt counts as one whose
# answer never came. Discord remembers a nonce longer than that (`attempts.NONCE_HOLDS`).
SEND_TIMEOUT_SECONDS = 60.0

ALREADY_CROSSPOSTED = 40033
THREAD_EXISTS = 160004
WRONG_KIND_OF_CHANNEL = 50024
TAG_REQUIRED = 40067
THREAD_SLEEPS_AFTER_MINUTES = 10_080  # a week; a message in it wakes it

_Obstacle = Callable[[Access], str | None]  # of what the bot may do, what is in the way of this


class DiscordPublisher:
    """Sends through the running client."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def publish(self, place: Place, message: Message, *, nonce: str) -> MessageId:
        """Sends the message, which may ping its role and nobody else; `nonce` is at most 25 characters.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        message = without_dead_ping(self._client, place, message)
        if place.kind is FeedKind.FORUM:
            return await self._post(place, message)
        try:
            return await self._send(place, message, nonce=nonce)
        except DeliveryError as error:
            is_archived = place.kind is FeedKind.THREAD and error.code == THREAD_ARCHIVED
            if not is_archived or error.kind is DeliveryErrorKind.PERMISSION_MISSING:
                raise
        # A message wakes a thread by itself; where Discord wants it woken before, that is asked for.
        await self._wake(place)
        return await self._send(place, message, nonce=nonce)

    async def find(self, place: Place, page_urls: Collection[str], *, since: datetime) -> MessageId | None:
        """Our own message since then that links to all these pages; answers to commands do not count.

        Raises:
            DeliveryError: nobody knows, for the history cannot be read.
        """
        self._check_history(await self.access(place))
        http = self._client.http
        async with self._discord_errors(place, is_message=False):
            if place.kind is FeedKind.FORUM:
                return await message_search.in_forum(http, place, page_urls, own_id=self._own_id, since=since)
            return await message_search.in_history(
                http, place.channel_id, page_urls, own_id=self._own_id, since=since
            )

    async def crosspost(self, channel_id: ChannelId, message_id: MessageId) -> None:
        """Publishes the announcement; one that is published already is fine.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        async with self._discord_errors(
            self._place(channel_id), obstacle=lambda access: access.publishing_obstacle
        ):
            try:
                await answered(self._client.http.publish_message(channel_id, message_id), IDENTIFIED)
            except discord.HTTPException as error:
                if error.code != ALREADY_CROSSPOSTED:
                    raise

    async def open_thread(self, channel_id: ChannelId, message_id: MessageId, *, name: str) -> None:
        """Opens a thread under the message; where it has one, that is fine.

        Raises:
            DeliveryError: Discord refused it, or its answer never came.
        """
        async with self._discord_errors(
            self._place(channel_id), obstacle=lambda access: access.threads_obstacle
        ):
            try:
                request = self._client.http.start_thread_with_message(
                    channel_id, message_id, name=name, auto_archive_duration=THREAD_SLEEPS_AFTER_MINUTES
                )
                await answered(request, IDENTIFIED)
            except discord.HTTPException as error:
                if error.code != THREAD_EXISTS:
                    raise

    async def ping_obstacle(self, place: Place, role_id: RoleId) -> str | None:
        """Why nobody is notified by this role's pings there, as the gateway last told it; never raises."""
        return await ping_obstacle(self._client, place, role_id)

    async def access(self, place: Place) -> Access:
        """What the bot may do there now, as the gateway last told it; never raises."""
        return await access_of(self._client, place)

    @property
    def _own_id(self) -> int:
        return self._client.user.id if self._client.user else 0

    async def _send(self, place: Place, message: Message, *, nonce: str) -> MessageId:
        parts = to_discord(message)
        view = parts.view or discord.utils.MISSING
        channel = self._client.get_partial_messageable(place.channel_id)
        # In threads the nonce is not relied on, so nothing is sent twice within an attempt.
        async with self._discord_errors(place, is_repeatable=place.kind is FeedKind.CHANNEL):
            with unreadable_answers():
                sent = await channel.send(
                    parts.content,
                    embeds=parts.embeds,
                    view=view,
                    nonce=nonce,
                    allowed_mentions=_mentions(message),
                )
        return MessageId(sent.id)

    async def _post(self, place: Place, message: Message) -> MessageId:
        """A post in a forum, with the forum's tags that fit it."""
        parts = to_discord(message)
        async with self._discord_errors(place, is_message=False):
            forum = await self._forum(place)
            applied = await self._tags(forum, message)
        async with self._discord_errors(place, is_repeatable=False):
            with unreadable_answers():
                created = await forum.create_thread(
                    name=message.title,
                    content=parts.content,
                    embeds=parts.embeds,
                    view=parts.view or discord.utils.MISSING,
                    allowed_mentions=_mentions(message),
                    applied_tags=applied,
                )
        return MessageId(created.thread.id)

    async def _tags(self, forum: discord.ForumChannel, message: Message) -> list[discord.ForumTag]:
        may_moderate = (await permissions_in(self._client, forum)).manage_threads
        is_required = forum.flags.require_tag
        chosen = choose(
            forum_tags(forum), message.queries, is_required=is_required, may_moderate=may_moderate
        )
        if is_required and not chosen:
            raise DeliveryError(
                "The forum asks for a tag on every post, and there is none that I may use: add one, or ask "
                "for none.",
                code=TAG_REQUIRED,
                kind=DeliveryErrorKind.CHANNEL_REFUSED,
            )
        return [tag for one in chosen if (tag := forum.get_tag(one.id))]

    async def _forum(self, place: Place) -> discord.ForumChannel:
        forum = self._client.get_channel(place.channel_id)
        if forum is None:
            with unreadable_answers():
                forum = await self._client.fetch_channel(place.channel_id)
        if not isinstance(forum, discord.ForumChannel):
            raise DeliveryError(
                "The channel is no forum any more.",
                code=WRONG_KIND_OF_CHANNEL,
                kind=DeliveryErrorKind.CHANNEL_REFUSED,
            )
        return forum

    async def _wake(self, place: Place) -> None:
        try:
            async with self._discord_errors(place, is_message=False):
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

    def _check_history(self, access: Access) -> None:
        """To a bot that may not read it, Discord shows an empty history, and says nothing."""
        if not access.is_known:
            raise DeliveryError("The channel could not be looked at just now.", may_have_arrived=True)
        hidden = access.obstacle is not None and access.obstacle == access.history_obstacle
        if access.obstacle is not None and (access.is_gone or hidden):
            kind = DeliveryErrorKind.GONE if access.is_gone else DeliveryErrorKind.PERMISSION_MISSING
            raise DeliveryError(access.obstacle, kind)
        if access.history_obstacle is not None:
            raise DeliveryError(
                f"A message may have arrived or not, and I may not look. {access.history_obstacle}",
                kind=DeliveryErrorKind.UNCONFIRMED,
            )

    @asynccontextmanager
    async def _discord_errors(
        self,
        place: Place | None,
        *,
        is_repeatable: bool = True,
        is_message: bool = True,
        obstacle: _Obstacle = lambda access: access.obstacle,
    ) -> AsyncGenerator[None]:
        """Turns what discord.py raises into DeliveryError, with what is seen to be in the way."""
        try:
            async with delivery_errors(
                self._client,
                timeout_seconds=SEND_TIMEOUT_SECONDS,
                is_repeatable=is_repeatable,
                is_message=is_message,
            ):
                yield
        except DeliveryError as error:
            refusal, cause = error, error.__cause__
        else:
            return
        raise await self._explained(refusal, place, obstacle) from cause

    async def _explained(
        self, error: DeliveryError, place: Place | None, obstacle: _Obstacle
    ) -> DeliveryError:
        """The refusal with the one permission that is missing, where that is seen."""
        if place is None or error.kind is not DeliveryErrorKind.CHANNEL_REFUSED:
            return error
        access = await self.access(place)
        if access.is_gone:
            return replace(error, reason=access.obstacle or error.reason, kind=DeliveryErrorKind.GONE)
        seen = obstacle(access)
        return (
            error if seen is None else replace(error, reason=seen, kind=DeliveryErrorKind.PERMISSION_MISSING)
        )


@dataclass(frozen=True, slots=True)
class _Role:
    """A role by its id, as text: so Discord's API has ids, and discord.py would write a number."""

    id: str


def _mentions(message: Message) -> discord.AllowedMentions:
    mentions = discord.AllowedMentions.none()
    if message.mention_role_id is not None:
        mentions.roles = [_Role(id=str(message.mention_role_id))]  # pyright: ignore[reportAttributeAccessIssue]
    return mentions
