"""A real client, connected to a loopback Discord over HTTP and its gateway."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import discord
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.client import Client, point_at
from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, MessageId, ServerId
from bot.core.messages import Message, compose, heading
from bot.core.posts import Form
from bot.core.query.parser import parse_query
from bot.discord.delivery.publisher import DiscordPublisher
from bot.errors import DeliveryError, DeliveryErrorKind
from bot.services.delivery.pace import RequestPace
from sandbox import Fault, RecordedRequest, Sandbox
from tests.discord_address import restored
from tests.examples import THOROUGH
from tests.samples import a_paper
from tests.waiting import LIMIT_SECONDS, until

T = TypeVar("T")
KINDS = ("text", "announcement", "thread", "forum", "media", "voice", "stage")


def in_each_kind(cases: Sequence[T], few: Sequence[T]) -> list[tuple[str, T]]:
    """Kinds of channels and cases: all in a text channel; in the others a usual run tries a few."""
    return [(kind, case) for kind in KINDS for case in (cases if THOROUGH or kind == "text" else few)]


@dataclass(kw_only=True)
class Loopback:
    sandbox: Sandbox
    client: Client
    publisher: DiscordPublisher
    channels: dict[str, int]  # one of each kind
    denied: set[str] = field(default_factory=set[str])  # kinds whose permissions differ

    def place(self, kind: str) -> Place:
        feed_kind = {"thread": FeedKind.THREAD, "forum": FeedKind.FORUM, "media": FeedKind.FORUM}
        return Place(
            server_id=ServerId(self.sandbox.guild.id),
            channel_id=ChannelId(self.channels[kind]),
            kind=feed_kind.get(kind, FeedKind.CHANNEL),
        )

    def refuse(self, status: int, code: int = 0, *, method: str = "*", path: str = "*") -> None:
        """Have every such request refused, until the faults are cleared."""
        body = {"message": "no", "code": code}
        self.sandbox.faults.add(Fault(method=method, path=path, status=status, body=body, times=None))

    def sent(self, kind: str) -> list[RecordedRequest]:
        """The attempts at a message or post there."""
        place = self.place(kind)
        path = f"/channels/{place.channel_id}/"
        path += "threads" if place.kind is FeedKind.FORUM else "messages"
        return [
            request for request in self.sandbox.requests if request.method == "POST" and request.path == path
        ]

    async def deny(self, kind: str, **permissions: bool) -> None:
        """Take the permissions from the bot there (in a thread: in its channel), or give them back (False)."""
        denied = discord.Permissions(**permissions)
        self.denied.add(kind)
        channel_id = self.channels["text" if kind == "thread" else kind]
        overwrite = Overwrite(target_id=self.own_id, type=OverwriteType.MEMBER, allow=0, deny=denied.value)
        self.sandbox.world.backend.set_overwrite(channel_id, overwrite)
        channel: Any = self.client.get_channel(channel_id)
        await until(lambda: channel.overwrites_for(discord.Object(self.own_id)).pair()[1] == denied)

    @property
    def own_id(self) -> int:
        assert self.client.user is not None
        return self.client.user.id

    async def reset(self) -> None:
        """Makes the sandbox what it was when the client connected, for the next test."""
        self.sandbox.faults.clear()
        for kind in list(self.denied):
            await self.deny(kind)
        self.denied.clear()
        self.sandbox.requests.clear()

    async def publish(self, kind: str, message: Message | None = None) -> MessageId:
        return await self.publisher.publish(
            self.place(kind), message or a_message(), nonce=secrets.token_hex(12)
        )

    async def find(self, kind: str, *paper_ids: str, since: datetime | None = None) -> MessageId | None:
        urls = [a_paper(paper_id).page_url for paper_id in paper_ids or ("2608.00001",)]
        since = since or datetime.now(UTC) - timedelta(hours=1)
        return await self.publisher.find(self.place(kind), urls, since=since)


def a_message(*paper_ids: str, query: str = "video", **options: Any) -> Message:
    papers = [a_paper(paper_id) for paper_id in paper_ids or ("2608.00001",)]
    return compose(
        [(paper, Form.CARD, (parse_query(query),)) for paper in papers], heading=heading(papers), **options
    )


Outcome = tuple[DeliveryErrorKind, bool]


def outcome(error: DeliveryError) -> Outcome:
    """The error's kind, and whether the message may have arrived."""
    return error.kind, error.may_have_arrived


@asynccontextmanager
async def connected(
    *, pace: RequestPace | None = None, may_send: Callable[[], bool] = lambda: True
) -> AsyncIterator[Loopback]:
    """A client that is ready in a separate sandbox."""
    async with Sandbox(page_port=None) as sandbox:
        sandbox.lift_limits()
        channels = _channels(sandbox)
        with restored():
            point_at(api_url=sandbox.api_url, gateway_url=None)
            client = Client(
                gateway_url=sandbox.gateway_url,
                shard_count=1,
                pace=pace or RequestPace(2_000),
                may_send=may_send,
            )
            async with _logged_in(client, sandbox.token):
                publisher = DiscordPublisher(client)
                yield Loopback(sandbox=sandbox, client=client, publisher=publisher, channels=channels)


@asynccontextmanager
async def _logged_in(client: Client, token: str) -> AsyncIterator[None]:
    connecting = None
    try:
        await client.login(token)
        connecting = asyncio.create_task(client.connect())
        async with asyncio.timeout(LIMIT_SECONDS):
            await client.wait_until_ready()
        yield
    finally:
        await client.close()
        if connecting is not None:
            connecting.cancel()
            with suppress(asyncio.CancelledError):
                await connecting


def _channels(sandbox: Sandbox) -> dict[str, int]:
    guild, backend = sandbox.guild, sandbox.world.backend
    media = guild.create_forum_channel("media")
    backend.get_channel(media.id).type = discord.ChannelType.media.value
    thread = backend.create_thread(
        sandbox.club.papers.id, "papers", sandbox.admin.id, type=discord.ChannelType.public_thread.value
    )
    return {
        "text": sandbox.club.papers.id,
        "announcement": sandbox.club.announcements.id,
        "thread": thread.id,
        "forum": sandbox.club.forum.id,
        "media": media.id,
        "voice": sandbox.club.voice.id,
        "stage": guild.create_stage_channel("stage").id,
    }
