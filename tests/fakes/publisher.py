"""An in-memory Discord for delivering: channels that keep messages, honor nonces, refuse, and lose answers."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict, deque
from collections.abc import Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from discord.utils import time_snowflake

from bot.core.access import Access
from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, MessageId, RoleId, UserId
from bot.core.messages import Message
from bot.errors import DeliveryError, DeliveryErrorKind
from bot.services.clock import Clock

NONCES_KEPT = timedelta(minutes=2)  # Discord: "the past few minutes"
LOST = DeliveryError("No answer came.", may_have_arrived=True)

_PAGE = re.compile(r"huggingface\.co/papers/(\d{4}\.\d{4,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    id: MessageId
    message: Message
    nonce: str
    at: datetime

    @property
    def paper_ids(self) -> list[str]:
        """The papers that it shows: a card each, or a line each."""
        found: list[str] = []
        for card in self.message.cards:
            found.extend(_PAGE.findall(card.url or card.description or ""))
        return found


@dataclass(kw_only=True)
class Fault:
    """What one call meets, instead of what it asked for or after it.

    Attributes:
        error: raised.
        arrives: whether the message is created all the same.
    """

    error: Exception
    arrives: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """How Discord refuses every message with a paper."""

    code: int = 50035
    even_bare: bool = False  # its title and link alone too
    names_embed: bool = False  # whether it says which embed it is

    def refusal(self, message: Message, paper_id: str) -> DeliveryError | None:
        """What a message with this paper is answered; None if it is taken."""
        is_bare = all(card.description is None for card in message.cards)
        if is_bare and not self.even_bare:
            return None
        shown = [paper_id in f"{card.url} {card.description}" for card in message.cards]
        named = (shown.index(True),) if self.names_embed else ()
        reason = "Discord refused the title." if is_bare else "Discord refused the description."
        return DeliveryError(
            reason, code=self.code, kind=DeliveryErrorKind.CONTENT_REFUSED, refused_embeds=named
        )


@dataclass(kw_only=True)
class FakePublisher:
    """Obeys the protocol of `Publisher`; see `Fault` for what goes wrong."""

    clock: Clock  # Discord's own
    channels: defaultdict[ChannelId, list[Sent]] = field(default_factory=lambda: defaultdict(list))
    faults: defaultdict[ChannelId, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    refusals: dict[ChannelId, DeliveryError] = field(default_factory=dict)  # of every call, until fixed
    poison: dict[str, Poison] = field(default_factory=dict)  # by paper id: what Discord refuses
    find_faults: deque[DeliveryError] = field(default_factory=deque)
    follow_up_faults: deque[Fault] = field(default_factory=deque)  # of publishing and opening threads
    obstacles: dict[ChannelId, Access] = field(default_factory=dict)  # what `access` says of a channel
    crossposted: set[MessageId] = field(default_factory=set)
    threads: set[MessageId] = field(default_factory=set)
    thread_names: dict[MessageId, str] = field(default_factory=dict)
    calls: list[tuple[str, ChannelId]] = field(default_factory=list)
    gate: asyncio.Event | None = None  # where set, a message waits for it before it is created
    hanging: set[ChannelId] = field(default_factory=set)  # channels that never answer
    in_flight: defaultdict[ChannelId, int] = field(default_factory=lambda: defaultdict(int))
    most_in_flight: int = 0  # in one channel
    _serial: int = 0

    def posted(self, channel_id: int) -> list[str]:
        """The ids of the papers in a channel, each time they stand there, in order."""
        return [paper_id for sent in self.channels[ChannelId(channel_id)] for paper_id in sent.paper_ids]

    def fail(self, channel_id: int, *faults: Fault | DeliveryError) -> None:
        self.faults[ChannelId(channel_id)].extend(
            fault if isinstance(fault, Fault) else Fault(error=fault) for fault in faults
        )

    def lose_answers(self, channel_id: int, count: int = 1) -> None:
        """The next messages arrive, and their answers do not."""
        self.fail(channel_id, *[Fault(error=LOST, arrives=True)] * count)

    async def publish(self, place: Place, message: Message, *, nonce: str) -> MessageId:
        channel_id = place.channel_id
        self.calls.append(("publish", channel_id))
        with self._one_more(channel_id):
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
            if channel_id in self.hanging:
                await asyncio.get_running_loop().create_future()
            if channel_id in self.refusals:
                raise self.refusals[channel_id]
            fault = self.faults[channel_id].popleft() if self.faults[channel_id] else None
            if fault is not None and not fault.arrives:
                raise fault.error
            self._check_content(message)
            message_id = self._create(place, message, nonce)
            if fault is not None:
                raise fault.error
            return message_id

    def _check_content(self, message: Message) -> None:
        shown = Sent(id=MessageId(0), message=message, nonce="", at=self.clock())
        for paper_id in shown.paper_ids:
            poison = self.poison.get(paper_id)
            if poison is not None and (refusal := poison.refusal(message, paper_id)):
                raise refusal

    @contextmanager
    def _one_more(self, channel_id: ChannelId) -> Generator[None]:
        self.in_flight[channel_id] += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight[channel_id])
        try:
            yield
        finally:
            self.in_flight[channel_id] -= 1

    async def find(self, place: Place, page_urls: Collection[str], *, since: datetime) -> MessageId | None:
        channel_id = place.channel_id
        self.calls.append(("find", channel_id))
        await asyncio.sleep(0)
        if self.find_faults:
            raise self.find_faults.popleft()
        wanted = {url.rpartition("/")[2] for url in page_urls}
        for sent in self.channels[channel_id]:
            if sent.at >= since and wanted <= set(sent.paper_ids):
                return sent.id
        return None

    async def open_direct(self, user_id: UserId) -> ChannelId:
        self.calls.append(("open_direct", ChannelId(user_id)))
        return ChannelId(user_id + 1)

    async def greet(self, place: Place, *, nonce: str) -> MessageId:
        return await self.publish(place, Message(content="A greeting."), nonce=nonce)

    async def crosspost(self, channel_id: ChannelId, message_id: MessageId) -> None:
        await self._follow("crosspost", channel_id, message_id, self.crossposted)

    async def open_thread(self, channel_id: ChannelId, message_id: MessageId, *, name: str) -> None:
        await self._follow("open_thread", channel_id, message_id, self.threads)
        self.thread_names[message_id] = name

    async def ping_obstacle(self, place: Place, role_id: RoleId) -> str | None:
        return None

    async def access(self, place: Place) -> Access:
        return self.obstacles.get(place.channel_id, Access())

    async def _follow(
        self, call: str, channel_id: ChannelId, message_id: MessageId, done: set[MessageId]
    ) -> None:
        self.calls.append((call, channel_id))
        with self._one_more(channel_id):
            await asyncio.sleep(0.005)  # long enough for another to begin, if one may
        assert message_id in {sent.id for sent in self.channels[channel_id]}
        fault = self.follow_up_faults.popleft() if self.follow_up_faults else None
        if fault is None or fault.arrives:
            done.add(message_id)
        if fault is not None:
            raise fault.error

    def _create(self, place: Place, message: Message, nonce: str) -> MessageId:
        channel_id = place.channel_id
        for sent in self.channels[channel_id]:
            if place.kind is FeedKind.FORUM:
                break  # posts in a forum have no nonce
            if sent.nonce == nonce and abs(self.clock() - sent.at) <= NONCES_KEPT:
                return sent.id
        self._serial += 1
        message_id = MessageId(time_snowflake(self.clock()) + self._serial)
        sent = Sent(id=message_id, message=message, nonce=nonce, at=self.clock())
        self.channels[channel_id].append(sent)
        return sent.id
