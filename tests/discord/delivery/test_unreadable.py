"""Answers that are not Discord's: each is as good as none, whatever was asked for, and is no bug."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bot.core.ids import ChannelId, MessageId, ServerId, UserId
from bot.core.notices import ProblemReport
from bot.core.runs import SourceFailure
from bot.discord.delivery.notice_board import DiscordNoticeBoard
from bot.errors import DeliveryError, DeliveryErrorKind, Problem, ProblemKind
from sandbox import Fault
from tests.cases import each
from tests.discord.loopback import KINDS, Loopback, a_message, in_each_kind
from tests.examples import only_thorough

PAGE = b"<html><title>Sign in to this network</title></html>"
MESSAGE = json.dumps({"id": "5", "channel_id": "1", "embeds": [], "content": "x" * 500}).encode()
DEEP = b"[" * 100_000
UNREAD = SourceFailure(
    first_at=datetime(2026, 8, 19, 1, tzinfo=UTC),
    last_at=datetime(2026, 8, 19, 8, tzinfo=UTC),
    problem=Problem(ProblemKind.TIMED_OUT),
    day=None,
)
GARBAGE = {
    "a page": Fault(raw=PAGE, content_type="text/html"),
    "a page that is called JSON": Fault(raw=PAGE),
    "nothing": Fault(status=204, raw=b"", content_type="text/plain"),
    "nothing that is called JSON": Fault(raw=b""),
    "a list of numbers": Fault(raw=b"[1, 2]"),
    "a string": Fault(raw=b'"ok"'),
    "null": Fault(raw=b"null"),
    "a number": Fault(raw=b"7"),
    "an object of another shape": Fault(raw=b'{"status": "ok"}'),
    "an empty object": Fault(raw=b"{}"),
    "an id that is none": Fault(raw=b'{"id": "abc"}'),
    "JSON cut in the middle": Fault(raw=MESSAGE[:100]),
    "bytes that are no text": Fault(raw=b'{"id": "\xff\xfe"}'),
    "JSON of a type that is not JSON": Fault(raw=MESSAGE, content_type="application/octet-stream"),
    "JSON without a bottom": Fault(raw=DEEP),
    "a body that breaks off": Fault(raw=MESSAGE, cuts=50),
    "a page with 502 that is called JSON": Fault(status=503, raw=PAGE),
    "a redirect to nowhere": Fault(status=302, raw=b"", headers={"Location": "http://127.0.0.1:9/login"}),
    "a redirect without an address": Fault(status=307, raw=PAGE, content_type="text/html"),
}
CUT_LIST = Fault(raw=b'[{"id": "5"')
WORDS = {"code": "50035"}
SHAPELESS = {
    "errors that are a list": b'{"code": 50035, "message": "no", "errors": [1]}',
    "errors that are text": b'{"code": 50035, "message": "no", "errors": "no"}',
    "errors without their list": b'{"code": 50035, "message": "no", "errors": {"embeds": {"_errors": [3]}}}',
    "no message": b'{"code": 7, "message": null, "errors": {"a": "b"}}',
    "a code in words": b'{"code": "fifty", "message": "no"}',
    "a code that is enormous": b'{"code": 99999999999999999999, "message": "no"}',
    "cut JSON": b'{"code": 50035, "mess',
    "a list": b"[1]",
    "a string": b'"no"',
}


def garble(loopback: Loopback, what: str, path: str, *, method: str = "POST") -> None:
    fault = GARBAGE[what]
    loopback.sandbox.faults.add(
        Fault(
            method=method,
            path=path,
            status=fault.status or 200,
            raw=fault.raw,
            content_type=fault.content_type,
            cuts=fault.cuts,
            headers=fault.headers,
            times=None,
        )
    )


@each(("kind", "what"), in_each_kind([*GARBAGE], [*GARBAGE][::6]))
async def test_a_message_may_have_arrived(loopback: Loopback, kind: str, what: str) -> None:
    await loopback.reset()
    garble(loopback, what, "/channels/*")
    with pytest.raises(DeliveryError) as raised:
        await loopback.publish(kind)
    assert raised.value.may_have_arrived
    assert not raised.value.kind.is_final
    assert len(loopback.sent(kind)) == 1


@pytest.mark.parametrize("kind", ["text", "thread", "forum"])
async def test_a_message_that_arrived_despite_such_an_answer_is_found(loopback: Loopback, kind: str) -> None:
    paper_id = f"2609.{KINDS.index(kind):05}"
    loopback.sandbox.faults.add(
        Fault(method="POST", path="/channels/*", when="after", status=200, raw=PAGE, content_type="text/html")
    )
    with pytest.raises(DeliveryError):
        await loopback.publish(kind, a_message(paper_id))
    assert await loopback.find(kind, paper_id) is not None
    assert len(loopback.sent(kind)) == 1


@each(("kind", "what"), in_each_kind([*GARBAGE], [*GARBAGE][::6]))
async def test_a_history_that_cannot_be_read_is_not_an_empty_one(
    loopback: Loopback, kind: str, what: str
) -> None:
    await loopback.reset()
    garble(loopback, what, "/channels/*/messages", method="GET")
    garble(loopback, what, "/guilds/*/threads/active", method="GET")
    with pytest.raises(DeliveryError) as raised:
        await loopback.find(kind)
    assert not raised.value.kind.is_final


@each("what", GARBAGE)
async def test_archived_posts_that_cannot_be_listed_are_not_an_empty_list(
    loopback: Loopback, what: str
) -> None:
    await loopback.reset()
    garble(loopback, what, "/channels/*/threads/archived/public", method="GET")
    with pytest.raises(DeliveryError) as raised:
        await loopback.find("forum")
    assert not raised.value.kind.is_final


@each("what", GARBAGE)
async def test_an_unreadable_answer_fails_a_follow_up(loopback: Loopback, what: str) -> None:
    await loopback.reset()
    garble(loopback, what, "/channels/*/messages/*")
    channel_id = ChannelId(loopback.channels["announcement"])
    for request in (
        loopback.publisher.crosspost(channel_id, MessageId(1)),
        loopback.publisher.open_thread(channel_id, MessageId(1), name="papers"),
    ):
        with pytest.raises(DeliveryError) as raised:
            await request
        assert not raised.value.kind.is_final


@each("what", GARBAGE)
async def test_a_notice_may_have_arrived(loopback: Loopback, what: str) -> None:
    await loopback.reset()
    board = DiscordNoticeBoard(loopback.client)
    report = ProblemReport(server_id=ServerId(loopback.sandbox.guild.id), source=UNREAD)
    garble(loopback, what, "/channels/*/messages")
    with pytest.raises(DeliveryError) as raised:
        await board.post(ChannelId(loopback.channels["text"]), report, nonce="n" * 24)
    assert raised.value.may_have_arrived


@each("what", GARBAGE)
async def test_direct_messages_that_cannot_be_opened_are_postponed(loopback: Loopback, what: str) -> None:
    await loopback.reset()
    garble(loopback, what, "/users/@me/channels")
    with pytest.raises(DeliveryError) as raised:
        await loopback.publisher.open_direct(UserId(loopback.sandbox.admin.id))
    assert not raised.value.kind.is_final


@each("what", GARBAGE)
async def test_a_notice_is_not_sent_again_if_the_history_cannot_be_read(
    loopback: Loopback, what: str
) -> None:
    await loopback.reset()
    board = DiscordNoticeBoard(loopback.client)
    report = ProblemReport(server_id=ServerId(loopback.sandbox.guild.id), source=UNREAD)
    garble(loopback, what, "/channels/*/messages", method="GET")
    with pytest.raises(DeliveryError):
        await board.post(ChannelId(loopback.channels["text"]), report, nonce="o" * 24, may_have_arrived=True)
    assert not loopback.sent("text")


@each(("kind", "what"), in_each_kind([*SHAPELESS], [*SHAPELESS][::4]))
@each("status", [400, *only_thorough([403, 429])])
async def test_a_refusal_in_an_unknown_shape_loses_nothing(
    loopback: Loopback, kind: str, what: str, status: int
) -> None:
    await loopback.reset()
    fault = Fault(method="POST", path="/channels/*", status=status, raw=SHAPELESS[what], times=None)
    loopback.sandbox.faults.add(fault)
    with pytest.raises(DeliveryError) as raised:
        await loopback.publish(kind)
    assert 0 <= raised.value.code < 2**31
    if what != "errors without their list":
        assert raised.value.kind is not DeliveryErrorKind.CONTENT_REFUSED


async def test_a_bug_in_composing_is_still_a_bug(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("discord.embeds.Embed.to_dict", broken)
    with pytest.raises(KeyError):
        await loopback.publish("text")
