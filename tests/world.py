"""The whole bot in one process: real store, real client in a simulated Discord, Hugging Face on loopback."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import discord
from aiohttp import TCPConnector
from simcord import Env
from simcord.backend.ops.commands import COMMAND_FIELDS

from bot.client import Client
from bot.core.list_days import open_list_day
from bot.discord.delivery.notice_board import DiscordNoticeBoard
from bot.discord.delivery.publisher import DiscordPublisher
from bot.proxies import Proxies
from bot.services.container import Services, assemble
from bot.services.context import ServiceContext
from bot.services.delivery.pace import ChannelPace
from bot.sources.huggingface import HuggingFace
from bot.store.database import Database
from bot.store.statements import insert_or_update
from bot.store.tables import list_days
from cogs import make_cogs
from tests.fakes.clock import FakeClock
from tests.fakes.database import open_kept
from tests.fakes.discord_limits import assert_within_limits, length
from tests.fakes.huggingface import FakeHuggingFace, RawItem, raw_item
from tests.outbox import until_delivered
from tests.samples import NINE_ON_WEEKDAYS, NOW

# SimCord also waits for every timer that is due within this limit.
SETTLE_SECONDS = 14.0

_described: list[dict[str, Any]] = []
_MENTION = re.compile(r"</([a-z ]+):\d+>(?: `([^`]+)`)?")


class OneRequestAConnection(Proxies):
    """No proxies, and no connection kept: aiohttp's timer that closes one would hold SimCord up."""

    def connector(self, *, limit: int = 0) -> TCPConnector:
        return TCPConnector(limit=limit, force_close=True)


@dataclass(kw_only=True)
class World:
    """What a test changes and reads."""

    clock: FakeClock
    hub: FakeHuggingFace
    database: Database
    client: Client
    services: Services
    env: Env
    guild: Any
    channel: Any  # #papers
    admin: Any
    member: Any
    source: HuggingFace
    _delivering: asyncio.Task[None]

    async def restart(self) -> None:
        """Restarts the bot: a new client and new services on the same store."""
        await _ended(self._delivering)
        old = self.client
        self.client, self.services = _bot(self.database, self.source, self.clock)
        await self.env.restart_bot(self.client)
        await self.client.sync_commands()
        await old.close()
        self._delivering = asyncio.create_task(self.services.delivery.run())

    @property
    def today(self) -> date:
        return open_list_day(self.clock())

    def list_paper(self, paper_id: str, *, day: date | None = None, **item: Any) -> RawItem:
        """Puts a paper on a list day (today's, if left out) and returns the raw item."""
        day = day or self.today
        raw = raw_item(id=paper_id, day=day, **item)
        self.hub.days.setdefault(day, []).append(raw)
        return raw

    async def command(self, name: str) -> Any:
        """The command, as it is registered at Discord."""
        (found,) = [command for command in await self.client.tree.fetch_commands() if command.name == name]
        return found

    async def subscriptions(self, channel: Any = None) -> list[str]:
        """The queries that the channel is subscribed to, as typed."""
        found = await self.services.subscriptions.of_channel((channel or self.channel).id)
        return [item.query.text for item in found.subscriptions] if found else []

    async def read_archive(self) -> None:
        """Reads now the list days that the bot reads in the background. Those without papers only count as read."""
        days = [self.today - timedelta(days=back) for back in range(31)]
        for day in filter(self.hub.days.get, days):
            await self.services.polling.read_day(day)
        async with self.database.write() as conn:
            rows = [
                {"day": day, "read_at": self.clock(), "unreadable": 0}
                for day in days
                if not self.hub.days.get(day)
            ]
            await conn.execute(insert_or_update(list_days, key=("day",)), rows)

    async def run(self) -> None:
        """Does one run and delivers its posts."""
        await self.services.runs.run()
        await self.delivered()

    async def delivered(self) -> None:
        """Waits until nothing more can be sent now."""
        await until_delivered(self.services.delivery, self._delivering)

    def posts(self, channel: Any = None) -> list[discord.Message]:
        """The bot's own messages in the channel, oldest first, answers to commands left out."""
        found = (channel or self.channel).history()
        return sorted(
            (message for message in found if message.interaction_metadata is None), key=lambda one: one.id
        )

    def posted_ids(self, channel: Any = None) -> list[str]:
        """The ids of the papers linked in the channel's posts, with repetitions."""
        ids: list[str] = []
        for message in self.posts(channel):
            ids.extend(paper_ids(message))
        return ids


def paper_ids(message: discord.Message) -> list[str]:
    """The ids of the papers that a message shows, as cards or lines."""
    found: list[str] = []
    for embed in message.embeds:
        if embed.url:
            found.append(embed.url.rpartition("/")[2])
        else:
            found.extend(_linked(embed.description or ""))
    return found


def _linked(text: str) -> list[str]:
    return [part.partition(")")[0].partition(">")[0] for part in text.split("huggingface.co/papers/")[1:]]


def text_of(result: Any) -> str:
    """The text of an answer and its follow-ups."""
    parts: list[str | None] = []
    for message in answers(result):
        parts.append(message.content)
        for embed in message.embeds:
            parts.extend((embed.title, embed.description))
            parts.extend(f"{field.name}: {field.value}" for field in embed.fields)
            parts.append(embed.footer.text)
    return _MENTION.sub(_as_typed, "\n".join(filter(None, parts)))


def _as_typed(mention: re.Match[str]) -> str:
    """A mention of a command as the texts have it, which know no ids."""
    return f"`/{mention[1]}{' ' if mention[2] else ''}{mention[2] or ''}`"


def answers(result: Any) -> list[Any]:
    """The messages of an answer: the first one, unless it was deleted, and its follow-ups."""
    return [*filter(None, [result.response]), *result.followups]


@asynccontextmanager
async def running_world(
    folder: Path, *, now: datetime = NOW, hub: FakeHuggingFace | None = None
) -> AsyncIterator[World]:
    """The bot, ready in a server with a channel, an admin and a member. No scheduler starts its runs."""
    clock = FakeClock(now)
    async with hub or FakeHuggingFace() as running_hub:
        database = await open_kept(folder / "paperboy.db")
        source = HuggingFace(running_hub.url, token=None, clock=clock, proxies=OneRequestAConnection())
        client, services = _bot(database, source, clock)
        env = Env(client, settle_timeout=SETTLE_SECONDS)
        await env.start()
        _register_commands(env, client)
        guild = env.create_guild("Paper Club")
        admins = guild.create_role("Admins", permissions=discord.Permissions(administrator=True))
        world = World(
            clock=clock,
            hub=running_hub,
            database=database,
            client=client,
            services=services,
            env=env,
            guild=guild,
            channel=guild.create_text_channel("papers"),
            admin=guild.add_member(env.create_user("ada"), roles=[admins]),
            member=guild.add_member(env.create_user("ben")),
            source=source,
            _delivering=asyncio.create_task(services.delivery.run()),
        )
        try:
            yield world
            check_payloads(env)
            check_deferred_answers(env)
        finally:
            await _ended(world._delivering)
            await env.shutdown()
            await world.client.close()
            await source.close()
            await database.close()


def check_payloads(env: Env) -> None:
    """Fails where any message or choice that was sent breaks a limit of Discord's, or may ping."""
    for request in env.http_requests:
        if not request.path.startswith(("/interactions/", "/webhooks/", "/channels/")):
            continue
        payload = request.json or {}
        sent: dict[str, Any] = payload.get("data") or {} if "type" in payload else payload
        if "choices" in sent:
            _check_choices(sent["choices"])
        elif sent.keys() & {"content", "embeds"}:
            assert sent["allowed_mentions"]["parse"] == []
            assert_within_limits(sent)


def check_deferred_answers(env: Env) -> None:
    """Fails where a follow-up was sent while the person still saw "thinking…".

    SimCord takes it for an edit, as Discord does "for backwards compatibility"; elsewhere it is public.
    """
    thinking: set[str] = set()
    for request in env.http_requests:
        match (request.method, request.path.strip("/").split("/")):
            case ("POST", ["interactions", _, token, "callback"]) if (request.json or {}).get("type") == 5:
                thinking.add(token)
            case ("PATCH" | "DELETE", ["webhooks", _, token, "messages", "@original"]):
                thinking.discard(token)
            case ("POST", ["webhooks", _, token]):
                assert token not in thinking, f"a follow-up instead of the answer: {request.json}"
            case _:
                pass


def _check_choices(choices: list[dict[str, str]]) -> None:
    assert len(choices) <= 25
    for choice in choices:
        assert 1 <= length(choice["name"]) <= 100
        assert 1 <= length(choice["value"]) <= 100


def _register_commands(env: Env, client: Client) -> None:
    """Has the commands at Discord, as a sync would; they are described once a process."""
    if not _described:
        for command in client.tree.get_commands():
            described = command.to_dict(client.tree)
            _described.append({key: value for key, value in described.items() if key in COMMAND_FIELDS})
    registered = env.backend.register_commands(None, _described)
    client.tree._learn((command["name"], int(command["id"])) for command in registered)


def _bot(database: Database, source: HuggingFace, clock: FakeClock) -> tuple[Client, Services]:
    client = Client(shard_count=1)
    context = ServiceContext(
        database=database,
        source=source,
        publisher=DiscordPublisher(client),
        clock=clock,
        default_schedule=NINE_ON_WEEKDAYS,
        poll_interval_seconds=1800,
        backfill_days=30,
        wake=lambda: None,
    )
    services = assemble(context, board=DiscordNoticeBoard(client), pace=ChannelPace(10_000))
    client.use(services, make_cogs(services, mentions=client.command_mentions))
    return client, services


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
