"""Refusals: what each of Discord's answers means, in every kind of channel, for all that is asked of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.ids import ChannelId, MessageId
from bot.core.messages import compose
from bot.core.posts import Form
from bot.errors import DeliveryError, DeliveryErrorKind
from sandbox import Fault
from tests.cases import each
from tests.discord.loopback import KINDS, Loopback, Outcome, in_each_kind, outcome
from tests.samples import a_paper

KIND = DeliveryErrorKind
BLOCKED = (KIND.CHANNEL_REFUSED, False)
GONE = (KIND.GONE, False)
LATER = (KIND.TRANSIENT, False)
CONTENT = (KIND.CONTENT_REFUSED, False)
BOT = (KIND.BOT_REFUSED, False)
UNCLEAR = (KIND.TRANSIENT, True)

REFUSALS: list[tuple[int, int, Outcome]] = [
    (403, 50001, BLOCKED),
    (403, 50013, BLOCKED),
    (403, 50007, BLOCKED),
    (403, 50278, BLOCKED),
    (404, 10003, GONE),
    (404, 10004, GONE),
    (404, 10008, GONE),
    (400, 50008, BLOCKED),
    (400, 50024, BLOCKED),
    (400, 50068, BLOCKED),
    (403, 160005, BLOCKED),
    (400, 160005, BLOCKED),
    (400, 40066, BLOCKED),
    (400, 40067, BLOCKED),
    (403, 99999, BLOCKED),
    (403, 0, BLOCKED),
    (404, 0, BLOCKED),
    (400, 40003, LATER),
    (400, 160006, LATER),
    (400, 160007, LATER),
    (403, 40004, LATER),
    (429, 20028, LATER),
    (400, 50035, CONTENT),
    (400, 200000, CONTENT),
    (400, 0, LATER),
    (400, 99999, LATER),
    (405, 0, LATER),
    (409, 0, LATER),
    (415, 0, LATER),
    (403, 40333, BOT),
    (401, 0, BOT),
    (503, 0, UNCLEAR),
    (503, 130000, UNCLEAR),
]
ONE_OF_EACH = list({expected: (status, code, expected) for status, code, expected in REFUSALS}.values())


@each(("kind", "refusal"), in_each_kind(REFUSALS, ONE_OF_EACH))
async def test_a_refusal_of_a_message(
    loopback: Loopback, kind: str, refusal: tuple[int, int, Outcome]
) -> None:
    status, code, expected = refusal
    await loopback.reset()
    loopback.refuse(status, code, method="POST", path="/channels/*")
    with pytest.raises(DeliveryError) as raised:
        await loopback.publish(kind)
    assert outcome(raised.value) == expected
    assert raised.value.code == code
    assert raised.value.reason
    assert len(loopback.sent(kind)) == 1


@each(("kind", "refusal"), in_each_kind(REFUSALS, ONE_OF_EACH))
async def test_a_refusal_of_a_search(
    loopback: Loopback, kind: str, refusal: tuple[int, int, Outcome]
) -> None:
    status, code, expected = refusal
    await loopback.reset()
    loopback.refuse(status, code, method="GET", path="/channels/*/messages")
    loopback.refuse(status, code, method="GET", path="/guilds/*/threads/active")
    with pytest.raises(DeliveryError) as raised:
        await loopback.find(kind)
    # What is looked for is not what Discord could refuse the content of.
    assert outcome(raised.value) == (LATER if expected == CONTENT else expected)


@each(("status", "code", "expected"), REFUSALS)
async def test_a_refusal_of_publishing_and_of_a_thread(
    loopback: Loopback, status: int, code: int, expected: Outcome
) -> None:
    await loopback.reset()
    loopback.refuse(status, code, method="POST", path="/channels/*/messages/*")
    channel_id = ChannelId(loopback.channels["announcement"])
    with pytest.raises(DeliveryError) as raised:
        await loopback.publisher.crosspost(channel_id, MessageId(1))
    assert outcome(raised.value) == expected
    with pytest.raises(DeliveryError) as raised:
        await loopback.publisher.open_thread(channel_id, MessageId(1), name="papers")
    assert outcome(raised.value) == expected


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "thread"])
async def test_a_channel_that_discord_calls_archived_is_not_reopened(loopback: Loopback, kind: str) -> None:
    loopback.refuse(400, 50083, method="POST", path="/channels/*")
    with pytest.raises(DeliveryError) as raised:
        await loopback.publish(kind)
    assert outcome(raised.value) == BLOCKED
    assert not [request for request in loopback.sandbox.requests if request.method == "PATCH"]


async def test_a_follow_up_that_was_done_before_succeeds(loopback: Loopback) -> None:
    channel_id = ChannelId(loopback.channels["announcement"])
    message_id = await loopback.publish("announcement")
    for _ in range(2):
        await loopback.publisher.open_thread(channel_id, message_id, name="papers")
        await loopback.publisher.crosspost(channel_id, message_id)
    loopback.refuse(400, 40033, path="*/crosspost")
    loopback.refuse(400, 160004, path="*/threads")
    await loopback.publisher.open_thread(channel_id, message_id, name="papers")
    await loopback.publisher.crosspost(channel_id, message_id)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_long_wait_is_passed_on_and_nothing_has_arrived(loopback: Loopback, kind: str) -> None:
    loopback.sandbox.faults.add(Fault.rate_limit(path="/channels/*", retry_after_seconds=600))
    with pytest.raises(DeliveryError) as raised:
        await loopback.publish(kind)
    assert raised.value.retry_after_seconds == 600
    assert outcome(raised.value) == LATER


async def test_a_follow_up_passes_on_a_long_wait_too(loopback: Loopback) -> None:
    channel_id = ChannelId(loopback.channels["announcement"])
    loopback.sandbox.faults.add(Fault.rate_limit(path="/channels/*/crosspost", retry_after_seconds=1800))
    with pytest.raises(DeliveryError) as raised:
        await loopback.publisher.crosspost(channel_id, MessageId(2))
    assert raised.value.retry_after_seconds == 1800
    assert outcome(raised.value) == LATER


@pytest.mark.parametrize("kind", ["text", "thread", "forum"])
async def test_a_picture_that_discord_refuses_is_left_out_and_the_rest_is_posted(
    loopback: Loopback, kind: str
) -> None:
    for number, part, key in ((0, "thumbnail", "url"), (1, "author", "icon_url")):
        named = {"embeds": {str(number): {part: {key: {"_errors": [{"code": "URL_TYPE_INVALID_URL"}]}}}}}
        errors = {"message": named} if kind == "forum" else named
        body = {"code": 50035, "message": "Invalid Form Body", "errors": errors}
        loopback.sandbox.faults.add(
            Fault(method="POST", containing=f"https://{part}.example", status=400, body=body, times=None)
        )
    papers = [
        replace(a_paper("2608.00001"), thumbnail="https://thumbnail.example/a.png"),
        replace(
            a_paper("2608.00002"),
            organization="Lab",
            organization_avatar="https://author.example/a.png",
            thumbnail="https://fine.example/a.png",
        ),
    ]
    message = compose([(paper, Form.CARD, ()) for paper in papers], heading="**2 papers**")

    await loopback.publish(kind, message)

    *_, last = loopback.sent(kind)
    sent = last.json["message"] if kind == "forum" else last.json
    first, second = sent["embeds"]
    assert "thumbnail" not in first
    assert first["description"]
    assert second["author"]["name"] == "Lab"
    assert "icon_url" not in second["author"]
    assert second["thumbnail"]["url"] == "https://fine.example/a.png"
