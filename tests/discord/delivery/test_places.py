"""Places: posts in forums with their tags, threads that sleep or are locked, and what is seen to be missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
import pytest_asyncio

from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, MessageId, RoleId, ServerId
from bot.discord.delivery import message_search
from bot.errors import DeliveryError, DeliveryErrorKind
from sandbox import Fault
from tests.discord.loopback import KINDS, Loopback, a_message, outcome
from tests.waiting import until


@pytest_asyncio.fixture(autouse=True)
async def _plain_forum_and_thread(loopback: Loopback) -> AsyncIterator[None]:
    yield
    tagged(loopback)
    thread(loopback).locked = False


def tagged(loopback: Loopback, *names: str, is_required: bool = False, moderated: bool = False) -> None:
    """Give the forum these tags, in Discord and as the gateway would have reported."""
    stored = [
        {"id": str(number), "name": name, "moderated": moderated, "emoji_id": None, "emoji_name": None}
        for number, name in enumerate(names, 1)
    ]
    loopback.sandbox.world.backend.get_channel(loopback.channels["forum"]).available_tags = stored
    forum: Any = loopback.client.get_channel(loopback.channels["forum"])
    known = [discord.ForumTag(name=name, moderated=moderated) for name in names]
    for number, tag in enumerate(known, 1):
        tag.id = number
    forum._available_tags = {tag.id: tag for tag in known}
    forum._flags = 1 << 4 if is_required else 0


def thread(loopback: Loopback) -> Any:
    found = loopback.client.get_channel(loopback.channels["thread"])
    assert found is not None
    return found


async def refused(loopback: Loopback, kind: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        await loopback.publish(kind)
    return raised.value


async def test_a_post_has_its_title_its_papers_and_the_tags_that_fit(loopback: Loopback) -> None:
    tagged(loopback, "Robots", "Videos", "LLM")
    sent = await loopback.publish("forum", a_message(query="video generation, LLM agents"))
    (request,) = loopback.sent("forum")
    assert request.json["name"] == "Video"
    assert request.json["applied_tags"] == ["2", "3"]
    assert request.json["message"]["allowed_mentions"] == {"parse": []}
    assert request.json["message"]["embeds"][0]["title"]
    assert request.json["message"]["components"]
    post = loopback.sandbox.world.backend.get_channel(sent)
    assert (post.parent_id, post.name) == (loopback.channels["forum"], "Video")


@pytest.mark.parametrize("kind", ["text", "thread", "forum"])
async def test_a_message_may_ping_its_role_and_nobody_else(loopback: Loopback, kind: str) -> None:
    role_id = RoleId(loopback.sandbox.guild.create_role("Readers").id)
    guild: Any = loopback.client.get_guild(loopback.sandbox.guild.id)
    await until(lambda: guild.get_role(role_id) is not None)
    await loopback.publish(kind, a_message(mention_role_id=role_id))
    (request,) = loopback.sent(kind)
    sent = request.json["message"] if kind == "forum" else request.json
    assert sent["allowed_mentions"] == {"parse": [], "roles": [str(role_id)]}
    assert f"<@&{role_id}>" in sent["content"]


@pytest.mark.parametrize("kind", ["text", "thread", "forum"])
async def test_a_role_that_does_not_exist_is_not_pinged(loopback: Loopback, kind: str) -> None:
    await loopback.publish(kind, a_message(mention_role_id=RoleId(77)))
    (request,) = loopback.sent(kind)
    sent = request.json["message"] if kind == "forum" else request.json
    assert sent["allowed_mentions"] == {"parse": []}
    assert "<@&" not in sent["content"]


async def test_a_forum_that_requires_a_tag_gets_one_even_if_none_fits(loopback: Loopback) -> None:
    tagged(loopback, "Help", "Papers", is_required=True)
    await loopback.publish("forum")
    assert loopback.sent("forum")[0].json["applied_tags"] == ["2"]


@pytest.mark.parametrize(("names", "why"), [((), "has none"), (("Official",), "only moderators")])
async def test_a_forum_whose_required_tags_we_may_not_use_is_refused_before_sending(
    loopback: Loopback, names: tuple[str, ...], why: str
) -> None:
    await loopback.deny("forum", manage_threads=True)
    tagged(loopback, *names, is_required=True, moderated=True)
    error = await refused(loopback, "forum")
    assert error.kind is DeliveryErrorKind.PERMISSION_MISSING
    assert why in error.reason
    assert not loopback.sent("forum")
    assert why in ((await loopback.publisher.access(loopback.place("forum"))).obstacle or "")


async def test_a_post_is_found_by_its_papers_open_or_archived(loopback: Loopback) -> None:
    sent = await loopback.publish("forum", a_message("2608.10001", "2608.10002"))
    assert await loopback.find("forum", "2608.10001", "2608.10002") == sent
    assert await loopback.find("forum", "2608.1000") is None
    assert await loopback.find("forum", "2608.10001", "2608.10003") is None
    assert await loopback.find("media", "2608.10001") is None
    later = datetime.now(UTC) + timedelta(hours=1)
    assert await loopback.find("forum", "2608.10001", since=later) is None
    loopback.sandbox.world.backend.edit_channel(sent, {}, thread_metadata={"archived": True})
    loopback.sandbox.requests.clear()
    assert await loopback.find("forum", "2608.10001", "2608.10002") == sent
    loopback.sandbox.world.backend.messages[sent].clear()
    assert await loopback.find("forum", "2608.10001", "2608.10002") is None


def archive(loopback: Loopback, post: int) -> None:
    backend = loopback.sandbox.world.backend
    changes = {"archived": True, "archive_timestamp": backend.now_iso()}
    backend.edit_channel(post, {}, thread_metadata=changes)


async def test_other_peoples_posts_are_ignored(loopback: Loopback) -> None:
    backend = loopback.sandbox.world.backend
    post = backend.create_thread(loopback.channels["forum"], "hello", loopback.sandbox.admin.id, type=11)
    assert await loopback.find("forum", "2608.10009") is None
    assert not [request for request in loopback.sandbox.requests if f"/channels/{post.id}" in request.path]


async def test_a_post_is_found_behind_more_than_a_hundred_others(loopback: Loopback) -> None:
    """Most of our own posts since the attempt are archived."""
    backend = loopback.sandbox.world.backend
    sent = await loopback.publish("forum", a_message("2608.10007"))
    later = [
        backend.create_thread(loopback.channels["forum"], "later", loopback.own_id, type=11).id
        for _ in range(110)
    ]
    for post in (sent, *later[:101]):
        archive(loopback, post)
    assert await loopback.find("forum", "2608.10007") == sent


@pytest.mark.parametrize(
    ("number", "kind", "limit"),
    [(1, "forum", "MAX_POSTS"), (2, "forum", "MAX_ARCHIVED"), (3, "text", "MAX_MESSAGES")],
)
async def test_a_post_that_is_not_found_among_as_many_as_are_looked_at_is_unconfirmed(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch, number: int, kind: str, limit: str
) -> None:
    first, *_, last = papers = [f"2608.101{number}{digit}" for digit in range(3)]
    for paper_id in papers:
        sent = await loopback.publish(kind, a_message(paper_id))
        if limit == "MAX_ARCHIVED":
            archive(loopback, sent)
    if limit != "MAX_POSTS":  # which is of no page, and the posts of other tests would be a hundred of these
        monkeypatch.setattr(message_search, "_PAGE", 2)
    monkeypatch.setattr(message_search, limit, 2)
    assert await loopback.find(kind, last) == sent
    with pytest.raises(DeliveryError) as raised:
        await loopback.find(kind, first)
    assert raised.value.kind is DeliveryErrorKind.UNCONFIRMED


@pytest.mark.parametrize("kind", KINDS)
async def test_without_the_history_a_post_is_unconfirmed(loopback: Loopback, kind: str) -> None:
    await loopback.deny(kind, read_message_history=True)
    with pytest.raises(DeliveryError, match="Read Message History") as raised:
        await loopback.find(kind)
    assert raised.value.kind is DeliveryErrorKind.UNCONFIRMED
    await loopback.deny(kind, view_channel=True)
    with pytest.raises(DeliveryError, match="View Channel") as raised:
        await loopback.find(kind)
    assert raised.value.kind is DeliveryErrorKind.PERMISSION_MISSING


@pytest.mark.parametrize("kind", ["voice", "stage"])
async def test_a_voice_channels_history_needs_the_connect_permission(loopback: Loopback, kind: str) -> None:
    await loopback.deny(kind, connect=True)
    with pytest.raises(DeliveryError, match=r"\*\*Connect\*\*") as raised:
        await loopback.find(kind)
    assert raised.value.kind is DeliveryErrorKind.UNCONFIRMED


async def test_an_archived_thread_is_reopened(loopback: Loopback) -> None:
    place = loopback.place("thread")
    loopback.sandbox.faults.add(
        Fault(method="POST", path="/channels/*", status=400, body={"message": "archived", "code": 50083})
    )
    await loopback.publish("thread")
    changes = [request for request in loopback.sandbox.requests if request.method == "PATCH"]
    assert [(change.path, change.json) for change in changes] == [
        (f"/channels/{place.channel_id}", {"archived": False})
    ]
    assert len(loopback.sent("thread")) == 2


@pytest.mark.parametrize(("status", "code"), [(403, 50013), (403, 50001), (403, 160005), (400, 50083)])
async def test_a_thread_that_cannot_be_reopened_is_locked(loopback: Loopback, status: int, code: int) -> None:
    loopback.refuse(400, 50083, method="POST", path="/channels/*")
    loopback.refuse(status, code, method="PATCH", path="/channels/*")
    error = await refused(loopback, "thread")
    assert error.kind is DeliveryErrorKind.CHANNEL_REFUSED
    assert "locked" in error.reason
    assert "unlock it" in error.reason


async def test_a_thread_that_cannot_be_reopened_just_now_is_retried(loopback: Loopback) -> None:
    loopback.refuse(400, 50083, method="POST", path="/channels/*")
    loopback.refuse(503, method="PATCH", path="/channels/*")
    assert (await refused(loopback, "thread")).kind is DeliveryErrorKind.TRANSIENT


@pytest.mark.parametrize(("status", "code"), [(403, 160005), (400, 50083)])
async def test_a_visible_lock_explains_the_refusal(loopback: Loopback, status: int, code: int) -> None:
    await loopback.deny("thread", manage_threads=True)
    thread(loopback).locked = True
    loopback.refuse(status, code, method="POST", path="/channels/*")
    error = await refused(loopback, "thread")
    assert error.kind is DeliveryErrorKind.PERMISSION_MISSING
    assert "is locked" in error.reason
    assert not [request for request in loopback.sandbox.requests if request.method == "PATCH"]


WRITING = {"thread": "Send Messages in Threads", "forum": "Create Posts", "media": "Create Posts"}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_refusal_names_the_one_permission_that_is_missing(loopback: Loopback, kind: str) -> None:
    place = loopback.place(kind)
    loopback.refuse(403, 50013, method="POST", path="/channels/*")
    for denied, named in [
        ({"embed_links": True}, "Embed Links"),
        (
            {"send_messages": True, "send_messages_in_threads": True, "embed_links": True},
            WRITING.get(kind, "Send Messages"),
        ),
        ({"view_channel": True}, "View Channel"),
    ]:
        await loopback.deny(kind, **denied)
        error = await refused(loopback, kind)
        assert error.kind is DeliveryErrorKind.PERMISSION_MISSING
        assert f"I'm missing **{named}** in <#{place.channel_id}>: give me **{named}**" in error.reason
        assert (await loopback.publisher.access(place)).obstacle == error.reason


async def test_a_channel_with_all_permissions_has_no_obstacle(loopback: Loopback) -> None:
    for kind in KINDS:
        access = await loopback.publisher.access(loopback.place(kind))
        assert (access.obstacle, access.history_obstacle) == (None, None)
        assert access.is_known
        assert not access.is_gone
        assert (access.publishing_obstacle is None) == (kind == "announcement")
        assert (access.threads_obstacle is None) == (kind in {"text", "announcement"})


async def test_missing_permissions_for_follow_ups_are_named(loopback: Loopback) -> None:
    place = loopback.place("announcement")
    await loopback.deny("announcement", create_public_threads=True, send_messages=True)
    access = await loopback.publisher.access(place)
    assert "**Create Public Threads**" in (access.threads_obstacle or "")
    assert "**Send Messages**" in (access.publishing_obstacle or "")
    loopback.refuse(403, 50013, method="POST", path="/channels/*")
    with pytest.raises(DeliveryError, match="Create Public Threads"):
        await loopback.publisher.open_thread(place.channel_id, MessageId(1), name="papers")
    with pytest.raises(DeliveryError, match=r"\*\*Send Messages\*\*"):
        await loopback.publisher.crosspost(place.channel_id, MessageId(1))
    await loopback.deny("announcement", read_message_history=True)
    access = await loopback.publisher.access(place)
    assert "**Read Message History**" in (access.threads_obstacle or "")


async def test_deleted_channels_and_left_servers_are_gone(loopback: Loopback) -> None:
    place = loopback.place("text")
    for kind in FeedKind:
        gone = Place(server_id=place.server_id, channel_id=ChannelId(404), kind=kind)
        assert (await loopback.publisher.access(gone)).is_gone
    left = Place(server_id=ServerId(404), channel_id=place.channel_id, kind=place.kind)
    assert (await loopback.publisher.access(left)).is_gone


async def test_a_thread_that_the_gateway_did_not_send_is_fetched(loopback: Loopback) -> None:
    place = loopback.place("thread")
    guild: Any = loopback.client.get_guild(place.server_id)
    threads, channels = guild._threads.copy(), guild._channels.copy()
    try:
        guild._threads.clear()
        assert not (await loopback.publisher.access(place)).is_gone
        loopback.refuse(403, 50001, method="GET", path=f"/channels/{place.channel_id}")
        access = await loopback.publisher.access(place)
        assert "**View Channel**" in (access.obstacle or "")
        assert not access.is_gone
        loopback.sandbox.faults.clear()
        loopback.refuse(503, method="GET", path=f"/channels/{place.channel_id}")
        assert not (await loopback.publisher.access(place)).is_known
        loopback.sandbox.faults.clear()
        guild._channels.pop(loopback.channels["text"])
        assert (await loopback.publisher.access(place)).obstacle is None
    finally:
        guild._threads.update(threads)
        guild._channels.update(channels)


async def test_nothing_is_known_about_an_unavailable_server(loopback: Loopback) -> None:
    place = loopback.place("text")
    guild: Any = loopback.client.get_guild(place.server_id)
    guild.unavailable = True
    try:
        access = await loopback.publisher.access(place)
        assert not access.is_known
        assert not access.is_gone
        with pytest.raises(DeliveryError) as raised:
            await loopback.find("text")
        assert outcome(raised.value) == (DeliveryErrorKind.TRANSIENT, True)
    finally:
        guild.unavailable = False


async def test_a_time_out_is_an_obstacle(loopback: Loopback) -> None:
    guild: Any = loopback.client.get_guild(loopback.place("text").server_id)
    guild.me.timed_out_until = datetime.now(UTC) + timedelta(hours=1)
    try:
        assert "timed out" in ((await loopback.publisher.access(loopback.place("text"))).obstacle or "")
    finally:
        guild.me.timed_out_until = None
