"""Rate limits as Discord has them, where they are asked for."""

from __future__ import annotations

import aiohttp

from sandbox import Sandbox
from sandbox.rate_limits import RateLimits


class HeldClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_fifty_first_request_of_any_second_is_refused() -> None:
    clock = HeldClock()
    limits = RateLimits(clock=clock)
    refused = 0
    for _ in range(200):  # 100 a second
        refused += limits.refusal(method="GET", path="/gateway") is not None
        clock.now += 0.01
    assert refused == limits.refused == 100
    clock.now += 1
    assert all(limits.refusal(method="GET", path=f"/channels/{one}") is None for one in range(50))
    assert limits.refusal(method="GET", path="/users/@me") is not None


def test_a_channel_takes_five_messages_in_five_seconds_and_the_others_go_on() -> None:
    clock = HeldClock()
    limits = RateLimits(clock=clock)
    one, other = "/channels/1/messages", "/channels/2/messages"
    assert [limits.refusal(method="POST", path=one) is None for _ in range(6)] == [True] * 5 + [False]
    assert limits.headers(method="POST", path=one)["X-RateLimit-Remaining"] == "0"
    assert limits.refusal(method="POST", path=other) is None
    assert limits.refusal(method="GET", path=one) is None
    clock.now += 5
    assert limits.refusal(method="POST", path=one) is None


def test_answers_to_interactions_do_not_count() -> None:
    limits = RateLimits(clock=HeldClock())
    for _ in range(60):
        assert limits.refusal(method="POST", path="/interactions/1/token/callback") is None
        assert limits.refusal(method="PATCH", path="/webhooks/1/token/messages/@original") is None
    assert limits.refusal(method="GET", path="/gateway") is None


async def test_a_refused_message_is_not_stored_and_says_when_to_come_back() -> None:
    async with Sandbox(page_port=None) as sandbox, aiohttp.ClientSession() as session:
        limits = sandbox.limit_rates(latency_seconds=0.01)
        url = f"{sandbox.api_url}/channels/{sandbox.channel.id}/messages"
        headers = {"Authorization": f"Bot {sandbox.token}"}
        for remaining in (4, 3, 2, 1, 0):
            async with session.post(url, json={"content": "hello"}, headers=headers) as answer:
                assert answer.status == 200
                assert answer.headers["X-RateLimit-Remaining"] == str(remaining)
        async with session.post(url, json={"content": "hello"}, headers=headers) as answer:
            assert answer.status == 429
            assert answer.headers["Via"]
            told = await answer.json()
        assert 3 < told["retry_after"] <= 5.1
        assert told["global"] is False
        assert limits.refused == 1
        assert len(sandbox.messages(sandbox.channel)) == 5
