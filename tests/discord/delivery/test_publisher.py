"""Publishing: what Discord is sent, what its refusals mean, and how an earlier message is found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import discord
import pytest
from aiohttp import web
from discord.http import Route
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.client import Client
from bot.core.feeds import FeedKind, Place, Style
from bot.core.ids import ChannelId, ServerId
from bot.core.layout import layout
from bot.core.messages import Message, compose, heading
from bot.core.papers import Paper
from bot.core.posts import Form
from bot.discord.delivery import explanations
from bot.discord.delivery.message_search import links
from bot.discord.delivery.publisher import DiscordPublisher
from bot.discord.ui.messages import to_discord
from bot.errors import DeliveryError, DeliveryErrorKind
from tests.examples import examples, first
from tests.fakes.hostile_papers import HOSTILE_PAPERS
from tests.samples import a_paper
from tests.world import World

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down

KIND = DeliveryErrorKind
NONCE = "n" * 24
SOMEWHERE = Place(server_id=ServerId(2), channel_id=ChannelId(1), kind=FeedKind.CHANNEL)


def a_message(*papers: Paper, form: Form = Form.CARD) -> Message:
    return compose([(paper, form, ()) for paper in papers], heading=heading(papers))


def urls(*paper_ids: str) -> list[str]:
    return [a_paper(paper_id).page_url for paper_id in paper_ids]


def place_of(world: World, channel: Any = None, kind: FeedKind = FeedKind.CHANNEL) -> Place:
    channel_id = ChannelId((channel or world.channel).id)
    return Place(server_id=ServerId(world.guild.id), channel_id=channel_id, kind=kind)


async def published(world: World, *papers: Paper, form: Form = Form.CARD) -> int:
    return await DiscordPublisher(world.client).publish(
        place_of(world), a_message(*papers, form=form), nonce=NONCE
    )


async def found(world: World, *paper_ids: str) -> int | None:
    return await DiscordPublisher(world.client).find(
        place_of(world), urls(*paper_ids), since=before(world.channel)
    )


def before(channel: Any) -> datetime:
    """A time before all of a channel's messages; the simulated Discord has its own clock."""
    return discord.utils.snowflake_time(channel.id) - timedelta(hours=1)


async def test_a_message_pings_nobody_and_carries_its_nonce(world: World) -> None:
    await published(world, a_paper(title="@everyone"))
    (sent,) = [request for request in world.env.http_requests if request.path.endswith("/messages")]
    assert sent.json["allowed_mentions"] == {"parse": []}
    assert (sent.json["nonce"], sent.json["enforce_nonce"]) == (NONCE, True)


async def test_menus_and_buttons_need_no_listener_so_that_memory_does_not_grow_with_posts(
    world: World,
) -> None:
    await published(world, a_paper())
    await published(world, a_paper("2608.00002"), a_paper("2608.00003"))
    assert all(message.components for message in world.posts())
    await world.member.select(world.posts()[1], ["2608.00003"])
    assert not world.client.persistent_views
    store = world.client._connection._view_store
    assert not store._views
    assert not store._synced_message_views


async def test_an_earlier_message_is_found_by_its_papers(world: World) -> None:
    sent = await published(world, a_paper("2608.00001"), a_paper("2608.00002"))
    assert await found(world, "2608.00001", "2608.00002") == sent
    assert await found(world, "2608.00002") == sent
    assert await found(world, "2608.00003") is None
    assert await found(world, "2608.00001", "2608.00003") is None


async def test_an_earlier_list_is_found_by_its_lines(world: World) -> None:
    papers = [a_paper(f"2608.{number:05}", title=f"[x](y) *{number}* _a_") for number in range(12)]
    sent = await published(world, *papers, form=Form.LINE)
    assert await found(world, *[paper.id for paper in papers]) == sent


async def test_an_id_that_is_a_prefix_of_another_does_not_match(world: World) -> None:
    await published(world, a_paper("2608.12345"))
    assert await found(world, "2608.1234") is None


async def test_answers_to_commands_and_other_peoples_messages_do_not_count(world: World) -> None:
    world.list_paper("2608.00001", title="Video")
    await world.services.polling.poll()
    await world.member.slash(world.channel, "paper", paper="2608.00001")
    await world.member.send(world.channel, urls("2608.00001")[0])
    assert await found(world, "2608.00001") is None


async def test_a_message_is_found_behind_many_others(world: World) -> None:
    for number in range(620):
        await world.member.send(world.channel, f"chat {number}")
        if number == 310:
            sent = await published(world, a_paper())
    assert await found(world, "2608.00001") == sent


async def test_older_messages_are_ignored(world: World) -> None:
    await published(world, a_paper())
    later = world.posts()[0].created_at + timedelta(hours=1)
    publisher = DiscordPublisher(world.client)
    assert await publisher.find(place_of(world), urls("2608.00001"), since=later) is None


async def test_without_read_message_history_a_post_is_unconfirmed(world: World) -> None:
    await published(world, a_paper())
    assert world.client.user is not None
    denied = Overwrite(
        target_id=world.client.user.id,
        type=OverwriteType.MEMBER,
        allow=0,
        deny=discord.Permissions.read_message_history.flag,
    )
    world.env.backend.set_overwrite(world.channel.id, denied)
    with pytest.raises(DeliveryError, match="Read Message History") as raised:
        await found(world, "2608.00001")
    assert raised.value.kind is DeliveryErrorKind.UNCONFIRMED


async def test_a_channel_and_roles_that_the_gateway_did_not_send_are_fetched(world: World) -> None:
    sent = await published(world, a_paper())
    guild = world.client.get_guild(world.guild.id)
    assert guild is not None
    guild._members.clear()
    guild._channels.clear()
    assert await found(world, "2608.00001") == sent


async def test_a_deleted_channel_is_gone(world: World) -> None:
    since = before(world.channel)
    missing = place_of(world, discord.Object(404))
    with pytest.raises(DeliveryError) as raised:
        await DiscordPublisher(world.client).find(missing, urls("2608.00001"), since=since)
    assert raised.value.kind is DeliveryErrorKind.GONE


async def test_a_thread_is_searched_too(world: World) -> None:
    channel = world.client.get_channel(world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    thread = await channel.create_thread(name="papers", type=discord.ChannelType.public_thread)
    publisher = DiscordPublisher(world.client)
    place = place_of(world, thread, FeedKind.THREAD)
    sent = await publisher.publish(place, a_message(a_paper()), nonce=NONCE)
    assert await publisher.find(place, urls("2608.00001"), since=before(thread)) == sent


@pytest.mark.parametrize(
    ("status", "code", "kind", "may_have_arrived"),
    first(
        4,
        [
            (403, 50013, KIND.CHANNEL_REFUSED, False),
            (403, 50001, KIND.CHANNEL_REFUSED, False),
            (404, 10003, KIND.GONE, False),
            (403, 160005, KIND.CHANNEL_REFUSED, False),
            (400, 50083, KIND.CHANNEL_REFUSED, False),
            (403, 99999, KIND.CHANNEL_REFUSED, False),
            (403, 0, KIND.CHANNEL_REFUSED, False),
            (404, 0, KIND.CHANNEL_REFUSED, False),
            (400, 50035, KIND.CONTENT_REFUSED, False),
            (400, 40003, KIND.TRANSIENT, False),
            (401, 0, KIND.BOT_REFUSED, False),
            (429, 0, KIND.TRANSIENT, False),
            (500, 0, KIND.TRANSIENT, True),
            (503, 0, KIND.TRANSIENT, True),
        ],
    ),
)
async def test_what_a_refusal_means(
    world: World, status: int, code: int, kind: DeliveryErrorKind, *, may_have_arrived: bool
) -> None:
    world.env.inject_error("POST", "/channels/*/messages", status=status, code=code)
    with pytest.raises(DeliveryError) as raised:
        await published(world, a_paper())
    error = raised.value
    assert (error.code, error.kind, error.may_have_arrived) == (code, kind, may_have_arrived)


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ClientConnectionError(),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError(),
        ConnectionResetError(),
        OSError(),
        TimeoutError(),
    ],
)
async def test_an_answer_that_never_came_is_no_refusal(
    world: World, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def request(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(world.client.http, "request", request)
    with pytest.raises(DeliveryError) as raised:
        await published(world, a_paper())
    assert raised.value.may_have_arrived
    assert raised.value.kind is DeliveryErrorKind.TRANSIENT


async def test_a_long_wait_that_discord_asks_for_is_passed_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def request(*_: Any, **__: Any) -> None:
        raise discord.RateLimited(77.0)

    monkeypatch.setattr(world.client.http, "request", request)
    with pytest.raises(DeliveryError) as raised:
        await published(world, a_paper())
    assert raised.value.retry_after_seconds == 77.0
    assert raised.value.kind is DeliveryErrorKind.TRANSIENT
    assert not raised.value.may_have_arrived


async def test_a_cancellation_passes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def request(*_: Any, **__: Any) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(world.client.http, "request", request)
    with pytest.raises(asyncio.CancelledError):
        await published(world, a_paper())


@dataclass
class Answer:
    status: int = 200
    json: Any = None
    text: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])


@asynccontextmanager
async def discord_that_answers(
    monkeypatch: pytest.MonkeyPatch, *answers: Answer
) -> AsyncIterator[DiscordPublisher]:
    """discord.py's own HTTP client against a server on loopback that gives these answers, the last forever."""
    left = list(answers)

    async def handle(request: web.Request) -> web.StreamResponse:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if answer.text is not None:
            return web.Response(
                status=answer.status, text=answer.text, content_type="text/html", headers=answer.headers
            )
        return web.Response(
            status=answer.status,
            body=json.dumps(answer.json or {}).encode(),
            headers={"Content-Type": "application/json", **answer.headers},  # and no charset, like Discord
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setattr(Route, "BASE", f"http://127.0.0.1:{runner.addresses[0][1]}")
    client = Client(shard_count=1)
    await client._async_setup_hook()
    # What logging in does, without its request.
    http: Any = client.http
    http._HTTPClient__session = aiohttp.ClientSession(trace_configs=[http.http_trace])
    http._global_over = asyncio.Event()
    http._global_over.set()
    try:
        yield DiscordPublisher(client)
    finally:
        await client.http.close()
        await runner.cleanup()


async def refused(publisher: DiscordPublisher) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        await publisher.publish(SOMEWHERE, a_message(a_paper()), nonce=NONCE)
    return raised.value


@pytest.mark.parametrize("status", [403, 404, 429, 400])
async def test_a_refusal_by_a_proxy_blocks_no_channel(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    page = Answer(status=status, text="<html>error 1015</html>", headers={"Retry-After": "90"})
    async with discord_that_answers(monkeypatch, page) as publisher:
        error = await refused(publisher)
    assert error.kind is DeliveryErrorKind.BOT_REFUSED
    assert error.retry_after_seconds == 90
    assert not error.may_have_arrived


async def test_a_date_for_retry_after_that_has_passed_asks_for_no_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = Answer(status=429, text="…", headers={"Retry-After": "Wed, 19 Aug 2026 09:00:00 GMT"})
    async with discord_that_answers(monkeypatch, page) as publisher:
        assert (await refused(publisher)).retry_after_seconds == 0


async def test_a_long_global_rate_limit_is_passed_on_and_blocks_no_other_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limited = Answer(
        status=429, json={"retry_after": 600.0, "global": True, "message": "…"}, headers={"Via": "1.1 google"}
    )
    async with discord_that_answers(monkeypatch, limited) as publisher:
        error = await refused(publisher)
        assert error.retry_after_seconds == 600
        assert publisher._client.http._global_over.is_set()


async def test_a_timeout_during_a_global_rate_limit_does_not_block_other_requests_forever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(explanations, "SEND_TIMEOUT_SECONDS", 2.0)  # enough for the answer on a busy machine
    limited = Answer(
        status=429, json={"retry_after": 20.0, "global": True, "message": "…"}, headers={"Via": "1.1 google"}
    )
    async with discord_that_answers(monkeypatch, limited) as publisher:
        assert not (await refused(publisher)).may_have_arrived
        assert publisher._client.http._global_over.is_set()


@settings(max_examples=examples(2), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(HOSTILE_PAPERS, min_size=1, max_size=14, unique_by=lambda one: one.id), st.sampled_from(Style)
)
def test_every_message_is_recognized_by_its_own_papers_only(papers: list[Paper], style: Style) -> None:
    by_id = {paper.id: paper for paper in papers}
    for entries in layout(papers, style=style, max_papers=10, queries_of={}):
        shown = [by_id[entry.paper_id] for entry in entries]
        message = compose(
            [(by_id[entry.paper_id], entry.form, ()) for entry in entries], heading=heading(shown)
        )
        embeds = to_discord(message).embeds
        assert links(embeds, [paper.page_url for paper in shown])
        for other in by_id.keys() - {paper.id for paper in shown}:
            assert not links(embeds, [by_id[other].page_url])
