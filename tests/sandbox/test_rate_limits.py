"""Discord's rate limits, which apply from the start."""

from __future__ import annotations

import asyncio
import json

import aiohttp

from sandbox import Sandbox
from sandbox.rate_limits import RateLimits


class FrozenClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_fifty_first_request_of_any_second_is_refused() -> None:
    clock = FrozenClock()
    limits = RateLimits(clock=clock)
    refused = 0
    for _ in range(200):  # 100 a second
        refused += limits.refusal(method="GET", path="/gateway") is not None
        clock.now += 0.01
    assert refused == limits.refused == 100
    clock.now += 1
    assert all(limits.refusal(method="GET", path=f"/channels/{number}") is None for number in range(50))
    assert limits.refusal(method="GET", path="/users/@me") is not None


def test_a_channel_accepts_five_messages_in_five_seconds_without_affecting_others() -> None:
    clock = FrozenClock()
    limits = RateLimits(clock=clock)
    one, other = "/channels/1/messages", "/channels/2/messages"
    assert [limits.refusal(method="POST", path=one) is None for _ in range(6)] == [True] * 5 + [False]
    assert limits.headers(method="POST", path=one)["X-RateLimit-Remaining"] == "0"
    assert limits.refusal(method="POST", path=other) is None
    assert limits.refusal(method="GET", path=one) is None
    clock.now += 5
    assert limits.refusal(method="POST", path=one) is None


def test_answers_to_interactions_do_not_count() -> None:
    limits = RateLimits(clock=FrozenClock())
    for _ in range(60):
        assert limits.refusal(method="POST", path="/interactions/1/token/callback") is None
        assert limits.refusal(method="PATCH", path="/webhooks/1/token/messages/@original") is None
    assert limits.refusal(method="GET", path="/gateway") is None


async def test_a_rate_limited_message_is_not_stored_and_says_when_to_retry() -> None:
    async with Sandbox(page_port=None) as sandbox, aiohttp.ClientSession() as session:
        limits = sandbox.limits
        assert limits is not None
        url = f"{sandbox.api_url}/channels/{sandbox.channel.id}/messages"
        headers = {"Authorization": f"Bot {sandbox.token}"}
        for remaining in (4, 3, 2, 1, 0):
            async with session.post(url, json={"content": "hello"}, headers=headers) as answer:
                assert answer.status == 200
                assert answer.headers["X-RateLimit-Remaining"] == str(remaining)
        async with session.post(url, json={"content": "hello"}, headers=headers) as answer:
            assert answer.status == 429
            assert answer.headers["Via"]
            assert answer.headers["X-RateLimit-Remaining"] == "0"
            assert answer.headers["X-RateLimit-Scope"] == "user"
            assert 1 <= int(answer.headers["Retry-After"]) <= 6
            body = await answer.json()
        assert 3 < body["retry_after"] <= 5.1
        assert body["global"] is False
        assert limits.refused == 1
        assert len(sandbox.messages(sandbox.channel)) == 5


async def test_the_fifty_first_request_in_a_second_gets_a_global_rate_limit() -> None:
    async with Sandbox(page_port=None) as sandbox, aiohttp.ClientSession() as session:
        assert sandbox.limits is not None
        headers = {"Authorization": f"Bot {sandbox.token}"}

        async def ask() -> tuple[int, dict[str, str]]:
            async with session.get(f"{sandbox.api_url}/users/@me", headers=headers) as answer:
                return answer.status, {**answer.headers, "body": await answer.text()}

        answers = await asyncio.gather(*(ask() for _ in range(60)))
        refused = [refusal for status, refusal in answers if status == 429]
        assert len(refused) == sandbox.limits.refused >= 1
        assert all(refusal["X-RateLimit-Global"] == "true" for refusal in refused)
        assert all(json.loads(refusal["body"])["global"] is True for refusal in refused)
        sandbox.lift_limits()
        assert [status for status, _ in await asyncio.gather(*(ask() for _ in range(60)))] == [200] * 60


async def test_too_many_invalid_requests_lead_to_a_ban_with_a_page_that_is_not_discords() -> None:
    async with Sandbox(page_port=None) as sandbox, aiohttp.ClientSession() as session:
        assert sandbox.limits is not None
        sandbox.limits.invalid.maximum = 3
        url = f"{sandbox.api_url}/users/@me"
        for _ in range(3):
            assert (await session.get(url, headers={"Authorization": "Bot wrong"})).status == 401
        headers = {"Authorization": f"Bot {sandbox.token}"}
        async with session.get(url, headers=headers) as answer:
            assert answer.status == 429
            assert "Via" not in answer.headers
            assert 590 <= int(answer.headers["Retry-After"]) <= 600
            assert answer.content_type == "text/plain"
        sandbox.limit_rates()
        assert (await session.get(url, headers=headers)).status == 200


async def test_an_announcement_channel_publishes_ten_messages_an_hour() -> None:
    async with Sandbox(page_port=None) as sandbox, aiohttp.ClientSession() as session:
        sandbox.lift_limits()
        headers = {"Authorization": f"Bot {sandbox.token}"}
        url = f"{sandbox.api_url}/channels/{sandbox.club.announcements.id}/messages"
        for number in range(11):
            async with session.post(url, json={"content": f"{number}"}, headers=headers) as answer:
                message = await answer.json()
            async with session.post(f"{url}/{message['id']}/crosspost", headers=headers) as answer:
                assert answer.status == (200 if number < 10 else 429)
                if number == 10:
                    assert 3500 < (await answer.json())["retry_after"] <= 3600
