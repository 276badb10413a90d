from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import aiohttp
import pytest

from sandbox import Fault
from sandbox.huggingface import HuggingFace, sample_calendar, sample_days

# A Monday, 22:00 in New York: Tuesday's list has been open for half an hour.
MONDAY_EVENING = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
TUESDAY = date(2026, 11, 24)


@pytest.fixture
async def hub() -> AsyncIterator[HuggingFace]:
    hub = HuggingFace(calendar=sample_calendar(lambda: MONDAY_EVENING))
    await hub.start()
    yield hub
    await hub.close()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def test_the_sample_has_the_odd_cases_that_a_bot_must_handle() -> None:
    days = sample_days(sample_calendar(lambda: MONDAY_EVENING).days)
    assert all(6 <= len(items) <= 12 for items in days.values())
    items = [(day, item) for day, of_day in days.items() for item in of_day]
    papers = [item["paper"] for _, item in items]
    assert all(item["paper"]["submittedOnDailyAt"].startswith(day.isoformat()) for day, item in items)
    assert any(not paper["summary"] for paper in papers)
    assert any("ai_summary" not in paper for paper in papers)
    assert any("$" in paper["summary"] for paper in papers)
    assert any("$" in paper["title"] for paper in papers)
    assert any(len(paper["authors"]) > 30 for paper in papers)
    assert any("organization" in paper for paper in papers)


def test_a_sample_paper_returns_later_with_more_upvotes() -> None:
    days = sample_days(sample_calendar(lambda: MONDAY_EVENING).days)
    upvotes: dict[str, list[int]] = {}
    for day in sorted(days):
        on_day = [item["paper"] for item in days[day]]
        assert len({paper["id"] for paper in on_day}) == len(on_day)
        for paper in on_day:
            upvotes.setdefault(paper["id"], []).append(paper["upvotes"])
    again = [seen for seen in upvotes.values() if len(seen) > 1]
    assert len(again) >= 2
    assert all(seen == sorted(set(seen)) for seen in again)


async def test_a_future_list_is_refused_until_the_calendar_reaches_it(client: aiohttp.ClientSession) -> None:
    calendar = sample_calendar(lambda: MONDAY_EVENING)
    hub = HuggingFace(calendar=calendar)
    await hub.start()
    try:
        wednesday = calendar.state()["next"]
        assert wednesday == "2026-11-25"
        to_come = hub.days[date(2026, 11, 25)]
        [first, *_] = [item["paper"]["id"] for item in to_come]
        for path in (f"daily_papers?date={wednesday}", f"papers/{first}"):
            async with client.get(f"{hub.url}/api/{path}") as answer:
                assert answer.status in {400, 404}
                assert first not in await answer.text()
        assert await calendar.next_day()
        for path in (f"daily_papers?date={wednesday}", "daily_papers", f"papers/{first}"):
            async with client.get(f"{hub.url}/api/{path}") as answer:
                assert answer.status == 200
                assert first in await answer.text()
    finally:
        await hub.close()


async def test_a_list_has_pages_sorted_by_upvotes(hub: HuggingFace, client: aiohttp.ClientSession) -> None:
    address: str | None = f"{hub.url}/api/daily_papers?date={TUESDAY}&limit=4"
    upvotes: list[int] = []
    pages = 0
    while address is not None:
        async with client.get(address) as answer:
            assert answer.status == 200
            assert "RateLimit" in answer.headers
            upvotes += [item["paper"]["upvotes"] for item in await answer.json()]
            address = str(answer.links["next"]["url"]) if "next" in answer.links else None
        pages += 1
    assert pages == 3
    assert upvotes == sorted(upvotes, reverse=True)
    assert len(upvotes) == len(hub.days[TUESDAY])


async def test_past_the_end_and_on_days_off_the_list_is_empty(
    hub: HuggingFace, client: aiohttp.ClientSession
) -> None:
    for query in (f"date={TUESDAY}&p=9", "date=2026-11-22"):
        async with client.get(f"{hub.url}/api/daily_papers?{query}") as answer:
            assert (answer.status, await answer.json()) == (200, [])


@pytest.mark.parametrize(
    "query", ["date=2026-11-25", "date=tomorrow", "date=20261124", "limit=101", "limit=0", "limit=x", "p=-1"]
)
async def test_invalid_requests_are_rejected_like_the_api_does(
    hub: HuggingFace, client: aiohttp.ClientSession, query: str
) -> None:
    async with client.get(f"{hub.url}/api/daily_papers?{query}") as answer:
        assert answer.status == 400
        assert (await answer.json())["error"].startswith("✖")


async def test_without_a_date_the_newest_list_with_papers_is_returned(
    hub: HuggingFace, client: aiohttp.ClientSession
) -> None:
    hub.days[TUESDAY] = []
    async with client.get(f"{hub.url}/api/daily_papers") as answer:
        days = {item["paper"]["submittedOnDailyAt"][:10] for item in await answer.json()}
    assert days == {"2026-11-23"}


async def test_a_single_paper_is_found_or_not(hub: HuggingFace, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{hub.url}/api/papers/1706.03762") as answer:
        assert (await answer.json())["title"] == "Attention Is All You Need"
    async with client.get(f"{hub.url}/api/papers/9999.99999") as answer:
        assert (answer.status, await answer.json()) == (404, {"error": "Paper not found"})


async def test_an_injected_fault_happens_the_requested_number_of_times(
    hub: HuggingFace, client: aiohttp.ClientSession
) -> None:
    hub.faults.add(Fault(path="/api/daily_papers", status=500, times=2))
    statuses: list[int] = []
    for _ in range(3):
        async with client.get(f"{hub.url}/api/daily_papers") as answer:
            statuses.append(answer.status)
    assert statuses == [500, 500, 200]
    assert [request.status for request in hub.requests] == statuses
