"""Requests: one gate for all, at one pace; and what must not be asked for twice is not."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from discord.http import Route
from typing_extensions import override

from bot.discord.connection.requests import Attempt, RepeatedRequestError, attempted
from bot.discord.delivery import explanations
from bot.errors import DeliveryError, DeliveryErrorKind
from bot.services.delivery.pace import RequestPace
from bot.services.fleet.fleet import LeaseLostError
from sandbox import Fault
from tests.discord.loopback import Loopback, connected, outcome
from tests.waiting import until

POSTS_ONCE = ("thread", "forum")


class CountingPace(RequestPace):
    """Gives turns at once, unless it is shut, lets requests leave unless they are kept, and counts both."""

    def __init__(self) -> None:
        super().__init__(10_000)
        self.turns = self.departures = 0
        self.opened = asyncio.Event()
        self.opened.set()
        self.lets_go = asyncio.Event()
        self.lets_go.set()

    @override
    async def turn(self) -> None:
        await self.opened.wait()
        self.turns += 1

    @override
    async def departure(self) -> None:
        await self.lets_go.wait()
        self.departures += 1


PACE = CountingPace()
CERTAIN: list[bool] = []  # what the process knows of its leases at the next looks; afterwards, all is well


@pytest_asyncio.fixture(scope="module")
async def running() -> AsyncIterator[Loopback]:
    async with connected(pace=PACE, may_send=lambda: CERTAIN.pop(0) if CERTAIN else True) as loopback:
        yield loopback


@pytest_asyncio.fixture
async def loopback(running: Loopback) -> AsyncIterator[Loopback]:
    yield running
    PACE.opened.set()
    PACE.lets_go.set()
    running.sandbox.faults.clear()
    running.sandbox.requests.clear()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanations, "SEND_TIMEOUT_SECONDS", 0.1)


async def test_every_request_takes_a_turn_and_the_gateway_none(loopback: Loopback) -> None:
    assert PACE.turns == PACE.departures == len(loopback.sandbox.requests) > 0  # of logging in
    before = PACE.turns
    await loopback.publish("text")
    await loopback.client.fetch_channel(loopback.channels["text"])
    await loopback.find("text")
    await loopback.client.tree.sync_if_changed()
    assert PACE.turns - before == len(loopback.sandbox.requests) - before == 4


@pytest.mark.parametrize("certain", [[False], [True, False]], ids=["while it waits", "while it connects"])
@pytest.mark.parametrize("kind", ["text", "forum"])
async def test_a_process_whose_leases_are_no_longer_certain_sends_nothing(
    loopback: Loopback, kind: str, certain: list[bool]
) -> None:
    CERTAIN[:] = certain
    with attempted() as attempt, pytest.raises(LeaseLostError):
        await loopback.publish(kind)
    assert loopback.sent(kind) == []
    assert not attempt.may_have_arrived


async def test_each_automatic_retry_of_discord_py_takes_a_turn(loopback: Loopback) -> None:
    before = PACE.turns
    loopback.sandbox.faults.add(Fault.rate_limit(path="/channels/*", retry_after_seconds=0.01, times=3))
    await loopback.client.fetch_channel(loopback.channels["text"])
    assert PACE.turns - before == 4


@pytest.mark.parametrize(
    "path",
    ["/interactions/1/token/callback", "/webhooks/1/token", "/webhooks/1/token/messages/@original"],
)
async def test_responses_to_interactions_wait_for_no_turn(loopback: Loopback, path: str) -> None:
    PACE.opened.clear()
    PACE.lets_go.clear()
    loopback.sandbox.faults.add(Fault(path=path, status=200, body={}))
    async with asyncio.timeout(90):
        await loopback.client.http.request(Route("POST", path))


async def test_a_request_that_is_ready_to_leave_is_sent_only_when_it_may(loopback: Loopback) -> None:
    PACE.lets_go.clear()
    before = PACE.turns
    fetching = asyncio.create_task(loopback.client.fetch_channel(loopback.channels["text"]))
    await until(lambda: PACE.turns > before)
    assert loopback.sandbox.requests == deque()
    PACE.lets_go.set()
    await fetching
    assert len(loopback.sandbox.requests) == 1


async def test_turns_are_spaced_evenly() -> None:
    async with connected(pace=RequestPace(50)) as loopback:
        loop = asyncio.get_running_loop()
        began = loop.time()
        fetches = [loopback.client.fetch_channel(channel_id) for channel_id in loopback.channels.values()]
        await asyncio.gather(*fetches)
        assert loop.time() - began >= (len(fetches) - 1) / 50 - 0.02


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("kind", POSTS_ONCE)
async def test_a_post_that_may_have_arrived_is_searched_and_not_sent_again(
    loopback: Loopback, kind: str, status: int
) -> None:
    loopback.sandbox.faults.add(
        Fault(method="POST", path="/channels/*", status=status, when="after", times=None)
    )
    with pytest.raises(DeliveryError) as raised:
        await loopback.publish(kind)
    assert outcome(raised.value) == (DeliveryErrorKind.TRANSIENT, True)
    assert len(loopback.sent(kind)) == 1
    loopback.sandbox.faults.clear()
    assert await loopback.find(kind) is not None


async def test_in_a_channel_the_nonce_lets_discord_py_repeat(loopback: Loopback) -> None:
    loopback.sandbox.faults.add(Fault(method="POST", path="/channels/*", status=500, when="after"))
    sent = await loopback.publish("text")
    assert len(loopback.sent("text")) == 2
    assert await loopback.find("text") == sent


@pytest.mark.parametrize("kind", POSTS_ONCE)
async def test_a_request_over_the_rate_limit_is_repeated(loopback: Loopback, kind: str) -> None:
    loopback.sandbox.faults.add(Fault.rate_limit(path="/channels/*", retry_after_seconds=0.01, times=2))
    await loopback.publish(kind)
    assert len(loopback.sent(kind)) == 3


@pytest.mark.parametrize("kind", ["text", *POSTS_ONCE])
async def test_a_message_may_have_arrived_after_the_connection_broke(loopback: Loopback, kind: str) -> None:
    loopback.sandbox.faults.add(Fault(method="POST", path="/channels/*", reset=True, when="after"))
    with pytest.raises(DeliveryError) as raised:
        await loopback.publish(kind)
    assert outcome(raised.value) == (DeliveryErrorKind.TRANSIENT, True)


@pytest.mark.parametrize("kind", ["text", *POSTS_ONCE])
@pytest.mark.usefixtures("impatient")
async def test_a_message_may_have_arrived_after_a_timeout(loopback: Loopback, kind: str) -> None:
    loopback.sandbox.faults.add(Fault(method="POST", path="/channels/*", delay_seconds=0.3))
    with pytest.raises(DeliveryError) as raised:
        await loopback.publish(kind)
    assert outcome(raised.value) == (DeliveryErrorKind.TRANSIENT, True)


@pytest.mark.parametrize("kind", ["text", *POSTS_ONCE])
@pytest.mark.usefixtures("impatient")
async def test_a_message_that_never_had_its_turn_has_not_arrived(loopback: Loopback, kind: str) -> None:
    PACE.opened.clear()
    with pytest.raises(DeliveryError) as raised:
        await loopback.publish(kind)
    assert outcome(raised.value) == (DeliveryErrorKind.TRANSIENT, False)
    assert not loopback.sent(kind)


@pytest.mark.parametrize("kind", ["text", *POSTS_ONCE])
async def test_without_a_connection_nothing_has_arrived(
    loopback: Loopback, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Route, "BASE", "http://127.0.0.1:9/api/v10")  # where nobody listens
    with pytest.raises(DeliveryError) as raised:
        await loopback.publish(kind)
    assert outcome(raised.value) == (DeliveryErrorKind.TRANSIENT, False)


@pytest.mark.parametrize("kind", ["text", *POSTS_ONCE])
async def test_a_message_may_have_arrived_if_a_lost_answer_preceded_the_refusal(
    loopback: Loopback, kind: str
) -> None:
    loopback.sandbox.faults.add(Fault(method="POST", path="/channels/*", status=500, when="after"))
    loopback.refuse(403, 50013, method="POST", path="/channels/*")
    with pytest.raises(DeliveryError) as raised:
        await loopback.publish(kind)
    assert raised.value.may_have_arrived


async def test_an_attempt_is_open_from_its_first_request_that_was_not_refused() -> None:
    with attempted(is_repeatable=False) as attempt:
        attempt.check()
        attempt.begin()
        attempt.end(is_refused=True)
        attempt.check()
        assert not attempt.may_have_arrived
        attempt.begin()
        assert attempt.may_have_arrived
        with pytest.raises(RepeatedRequestError):
            attempt.check()
    with attempted() as attempt:
        attempt.begin()
        attempt.check()
        attempt.begin()  # the first one had no answer
        attempt.end(is_refused=True)
        assert attempt.may_have_arrived
    assert not Attempt(is_repeatable=False).may_have_arrived
