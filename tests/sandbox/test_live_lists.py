"""Live lists in the sandbox: what is requested, what is cached, and which errors are passed on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import aiohttp
import pytest

from sandbox.calendar import Calendar
from sandbox.huggingface import HuggingFace
from sandbox.live_lists import LiveLists
from tests.examples import first
from tests.fakes.huggingface import FakeHuggingFace, Fault, raw_item

WEDNESDAY = datetime(2026, 11, 25, 10, 42, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)


@pytest.fixture
async def upstream() -> AsyncIterator[FakeHuggingFace]:
    async with FakeHuggingFace() as running:
        running.days = {
            MONDAY: [raw_item(id=f"2608.{n:05}", day=MONDAY, upvotes=n) for n in range(130)],
            TUESDAY: [raw_item(id="2609.00001", day=TUESDAY)],
        }
        yield running


@pytest.fixture
async def lists(upstream: FakeHuggingFace) -> AsyncIterator[LiveLists]:
    async with LiveLists(upstream.url + "/", token="secret") as opened:
        yield opened


@pytest.fixture
async def hub(lists: LiveLists) -> AsyncIterator[HuggingFace]:
    hub = HuggingFace(calendar=Calendar.live(machine=lambda: WEDNESDAY), live=lists)
    await hub.start()
    yield hub
    await hub.close()


@pytest.fixture
async def client(hub: HuggingFace) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(hub.url) as session:
        yield session


async def asked(client: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    async with client.get(f"/api/{path}") as answer:
        return answer.status, await answer.json()


async def test_a_day_is_read_from_all_its_pages_and_cached(
    upstream: FakeHuggingFace, client: aiohttp.ClientSession
) -> None:
    ids: list[str] = []
    for page in range(3):
        status, items = await asked(client, f"daily_papers?date={MONDAY}&limit=60&p={page}")
        assert status == 200
        ids += [item["paper"]["id"] for item in items]
    assert ids == [f"2608.{n:05}" for n in reversed(range(130))]
    assert upstream.days_asked == ["2026-11-23", "2026-11-23"]
    assert upstream.requests[0].headers["Authorization"] == "Bearer secret"


async def test_pages_of_a_mirror_are_read_from_the_mirror(
    upstream: FakeHuggingFace, client: aiohttp.ClientSession
) -> None:
    link = f'<https://huggingface.example/api/daily_papers?date={MONDAY}&limit=100&p=1>; rel="next"'
    upstream.faults.append(Fault(body=b"[]", headers={"Link": link}))
    _, items = await asked(client, f"daily_papers?date={MONDAY}")
    assert len(items) == 30
    assert [request.query["p"] for request in upstream.requests if "p" in request.query] == ["1"]


async def test_a_future_day_is_not_requested(
    upstream: FakeHuggingFace, hub: HuggingFace, client: aiohttp.ClientSession
) -> None:
    status, answer = await asked(client, f"daily_papers?date={TUESDAY}")
    assert status == 400
    assert "must be less than or equal" in answer["error"]
    assert upstream.requests == []
    assert not hub.is_read


async def test_without_a_date_the_calendars_day_is_returned(
    hub: HuggingFace, client: aiohttp.ClientSession
) -> None:
    _, items = await asked(client, "daily_papers?limit=1")
    assert items[0]["paper"]["id"] == "2608.00129"
    assert hub.is_read


@pytest.mark.parametrize(
    ("fault", "status", "expected"),
    first(
        2,
        [
            (Fault(status=500, body=b'{"error": "broken"}'), 500, "broken"),
            (Fault(status=401, body=b'{"error": "who are you"}'), 401, "who are you"),
            (Fault(status=302, headers={"Location": "http://127.0.0.1:9/"}), 502, "redirects"),
            (Fault(body=b"<html>"), 502, "did not send JSON"),
            (Fault(body=b'{"no": "list"}'), 502, "not a list of papers"),
            (Fault(kind="reset"), 502, "could not be reached"),
        ],
    ),
)
async def test_a_failure_is_passed_on_and_not_cached(
    upstream: FakeHuggingFace, client: aiohttp.ClientSession, fault: Fault, status: int, expected: str
) -> None:
    upstream.day_faults[MONDAY] = fault
    got, answer = await asked(client, f"daily_papers?date={MONDAY}")
    assert (got, expected in answer["error"]) == (status, True)
    upstream.day_faults.clear()
    assert (await asked(client, f"daily_papers?date={MONDAY}"))[0] == 200


async def test_a_rate_limit_is_passed_on_with_retry_after(
    upstream: FakeHuggingFace, client: aiohttp.ClientSession
) -> None:
    headers = {"RateLimit": '"api";r=0;t=77', "Retry-After": "78"}
    upstream.faults.append(Fault(status=429, body=b"{}", headers=headers))
    async with client.get(f"/api/daily_papers?date={MONDAY}") as answer:
        assert answer.status == 429
        assert (answer.headers["RateLimit"], answer.headers["Retry-After"]) == ('"api";r=0;t=77', "78")


async def test_a_single_paper_is_fetched_or_refused(
    upstream: FakeHuggingFace, client: aiohttp.ClientSession
) -> None:
    upstream.papers["2608.00007"] = {"id": "2608.00007", "title": "Seven"}
    assert await asked(client, "papers/2608.00007") == (200, {"id": "2608.00007", "title": "Seven"})
    assert await asked(client, "papers/9999.99999") == (404, {"error": "Paper not found"})


@pytest.mark.parametrize(
    "fault", [Fault(status=503), Fault(body=b"[]"), Fault(body=b'"hello"'), Fault(kind="truncated")]
)
async def test_a_url_without_lists_is_not_available(
    upstream: FakeHuggingFace, lists: LiveLists, fault: Fault
) -> None:
    upstream.faults.append(fault)
    assert not await lists.is_available()
    assert len(upstream.requests) == 1  # one attempt
    assert await lists.is_available()


async def test_a_url_that_does_not_answer_is_not_available(
    upstream: FakeHuggingFace, lists: LiveLists, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.live_lists._ANSWER_SECONDS", 0.05)
    upstream.faults.append(Fault(kind="hang"))
    assert not await lists.is_available()


def test_the_displayed_url_has_no_password() -> None:
    assert LiveLists("https://me:secret@hub.example/mirror/").address == "https://hub.example/mirror"
