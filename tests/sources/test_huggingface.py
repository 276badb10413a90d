"""List days and papers read from a loopback server that behaves, and misbehaves, like the real one."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import date

import pytest
from pydantic import SecretStr

from bot.core.ids import PaperId
from bot.errors import ConfigError, NotOpenYetError, PaperNotFoundError, SourceError
from bot.sources.huggingface import HuggingFace
from tests.fakes.huggingface import FakeHuggingFace, Fault, RawItem, raw_item
from tests.sources.conftest import Naps

_DAY = date(2026, 8, 19)
_ID = PaperId("2608.00001")


def _items(count: int) -> list[RawItem]:
    return [raw_item(id=f"2608.{n:05d}", upvotes=1000 - n) for n in range(1, count + 1)]


async def test_a_day_is_asked_for_by_date_with_the_largest_page(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    server.days[_DAY] = _items(3)
    listing = await client.list_day(_DAY)
    assert (listing.day, [paper.id for paper in listing.papers]) == (
        _DAY,
        ["2608.00001", "2608.00002", "2608.00003"],
    )
    (request,) = server.requests
    assert request.query == {"date": "2026-08-19", "limit": "100"}
    assert request.headers["User-Agent"].startswith("paperboy/")
    assert "Authorization" not in request.headers


async def test_a_day_of_many_pages_is_read_whole(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.days[_DAY] = _items(250)
    assert len((await client.list_day(_DAY)).papers) == 250
    assert [request.query.get("p") for request in server.requests] == [None, "1", "2"]


async def test_exactly_one_full_page_takes_one_request(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.days[_DAY] = _items(100)
    assert len((await client.list_day(_DAY)).papers) == 100
    assert len(server.requests) == 1


async def test_an_empty_day_is_no_failure(client: HuggingFace) -> None:
    assert (await client.list_day(date(2026, 8, 22))).papers == ()
    assert client.health.last_failure is None
    assert not client.health.is_failing


async def test_a_day_that_is_not_open_is_neither_empty_nor_a_failure(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    server.open_day = _DAY
    with pytest.raises(NotOpenYetError):
        await client.list_day(date(2026, 8, 20))
    assert len(server.requests) == 1
    assert not client.health.is_failing


async def test_a_paper_that_moved_between_two_pages_is_read_once(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    pages = [_items(2), _items(3)]
    link = {"Link": f'<{server.url}/api/daily_papers?date=2026-08-19&limit=100&p=1>; rel="next"'}
    server.faults.append(Fault(body=json.dumps(pages[0]).encode(), headers=link))
    server.faults.append(Fault(body=json.dumps(pages[1]).encode()))
    assert len((await client.list_day(_DAY)).papers) == 3


@pytest.mark.parametrize("origin", ["https://huggingface.co", "http://localhost:1"])
async def test_a_next_link_to_another_origin_is_asked_for_at_our_own(
    server: FakeHuggingFace, client: HuggingFace, origin: str
) -> None:
    server.days[_DAY] = _items(150)
    link = {"Link": f'<{origin}/api/daily_papers?date=2026-08-19&limit=100&p=1>; rel="next"'}
    server.faults.append(Fault(body=json.dumps(_items(100)).encode(), headers=link))
    assert len((await client.list_day(_DAY)).papers) == 150
    assert server.requests[1].query["p"] == "1"


async def test_a_next_link_to_some_other_place_is_not_followed(
    server: FakeHuggingFace, client: HuggingFace, caplog: pytest.LogCaptureFixture
) -> None:
    link = {"Link": '<https://example.org/collect?p=1>; rel="next"'}
    server.faults.append(Fault(body=json.dumps(_items(1)).encode(), headers=link))
    assert len((await client.list_day(_DAY)).papers) == 1
    assert "not followed" in caplog.text


async def test_a_broken_link_header_ends_the_day(
    server: FakeHuggingFace, client: HuggingFace, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults.append(Fault(body=b"[]", headers={"Link": '<http://[::1>; rel="next"'}))
    await client.list_day(_DAY)
    assert "Link header cannot be read" in caplog.text


@pytest.mark.parametrize("is_moving", [True, False])
async def test_paging_without_an_end_is_stopped(
    server: FakeHuggingFace, client: HuggingFace, caplog: pytest.LogCaptureFixture, *, is_moving: bool
) -> None:
    for page in range(30):
        link = {"Link": f'</api/daily_papers?p={page if is_moving else 1}>; rel="next"'}
        server.faults.append(Fault(body=b"[]", headers=link))
    await client.list_day(_DAY)
    assert len(server.requests) == (20 if is_moving else 2)
    assert "has no end" in caplog.text


async def test_a_page_that_fails_fails_the_day(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.days[_DAY] = _items(150)
    server.faults.extend([None, *[Fault(status=500)] * 4])
    with pytest.raises(SourceError, match="500"):
        await client.list_day(_DAY)


async def test_a_broken_item_costs_itself_and_a_warning(
    server: FakeHuggingFace, client: HuggingFace, caplog: pytest.LogCaptureFixture
) -> None:
    server.days[_DAY] = [*_items(2), {"paper": {"id": "no\nid"}}]
    listing = await client.list_day(_DAY)
    assert (len(listing.papers), len(listing.dropped)) == (2, 1)
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "item 2 (no id)" in record.getMessage()


async def test_a_broken_item_is_warned_of_once_however_often_its_day_is_read(
    server: FakeHuggingFace, client: HuggingFace, caplog: pytest.LogCaptureFixture
) -> None:
    server.days[_DAY] = [*_items(2), {"paper": {"id": "no id"}}]
    await client.list_day(_DAY)
    await client.list_day(_DAY)
    server.days[_DAY].append({"paper": {"id": "nor here"}})
    await client.list_day(_DAY)
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == 2
    assert "item 2 (no id)" in told[0]
    assert "item 3 (nor here)" in told[1]


async def test_very_many_broken_items_do_not_fill_the_log(
    server: FakeHuggingFace, client: HuggingFace, caplog: pytest.LogCaptureFixture
) -> None:
    server.days[_DAY] = [{}] * 90
    assert len((await client.list_day(_DAY)).dropped) == 90
    assert len(caplog.records) == 21
    assert "90 broken items in all" in caplog.text


async def test_an_item_cannot_name_a_list_day_of_the_future(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    item = raw_item(day=date(2030, 1, 1))
    server.days[_DAY] = [item]
    server.papers[_ID] = item["paper"]
    (paper,) = (await client.list_day(_DAY)).papers
    assert paper.list_day == _DAY
    assert (await client.paper(_ID)).list_day is None


async def test_an_unchanged_page_is_not_sent_again_and_keeps_its_next_link(
    server: FakeHuggingFace, client: HuggingFace, caplog: pytest.LogCaptureFixture
) -> None:
    server.has_etags = True
    server.days[_DAY] = [*_items(120), {"paper": None}]
    first = await client.list_day(_DAY)
    caplog.clear()
    assert await client.list_day(_DAY) == first
    assert [request.status for request in server.requests] == [200, 200, 304, 304]
    assert caplog.text == ""  # what was dropped has been said


async def test_a_changed_page_is_read_anew(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.has_etags = True
    server.days[_DAY] = _items(1)
    await client.list_day(_DAY)
    server.days[_DAY] = _items(2)
    assert len((await client.list_day(_DAY)).papers) == 2


async def test_only_so_many_pages_are_kept(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.has_etags = True
    for day in range(1, 66):
        await client.list_day(date.fromordinal(day))
    await client.list_day(date.fromordinal(1))
    await client.list_day(date.fromordinal(65))
    assert [request.status for request in server.requests[-2:]] == [200, 304]


async def test_a_304_that_was_not_asked_for_is_a_failure(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    server.faults.append(Fault(status=304))
    with pytest.raises(SourceError, match="304"):
        await client.list_day(_DAY)


async def test_a_paper_is_read_by_its_id(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.papers[_ID] = raw_item(id=_ID)["paper"]
    paper = await client.paper(_ID)
    assert (paper.id, paper.list_day) == (_ID, _DAY)


async def test_a_paper_that_hugging_face_does_not_know_is_told_apart(client: HuggingFace) -> None:
    with pytest.raises(PaperNotFoundError, match=r"2608\.00001"):
        await client.paper(_ID)
    assert not client.health.is_failing


async def test_another_paper_than_the_one_asked_for_is_refused(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    server.papers[_ID] = raw_item(id="2608.00002")["paper"]
    with pytest.raises(SourceError, match=r"2608\.00002"):
        await client.paper(_ID)


async def test_the_token_goes_out_in_its_header(server: FakeHuggingFace, naps: Naps) -> None:
    server.token = "hf_example"
    async with HuggingFace(server.url, SecretStr("hf_example"), clock=naps.clock) as client:
        await client.list_day(_DAY)
    assert server.requests[0].headers["Authorization"] == "Bearer hf_example"


@pytest.mark.parametrize("token", [None, "hf_wrong"])
async def test_a_refused_token_is_named_but_not_shown(
    server: FakeHuggingFace, naps: Naps, caplog: pytest.LogCaptureFixture, token: str | None
) -> None:
    server.token = "hf_example"
    caplog.set_level(logging.DEBUG)
    async with HuggingFace(server.url, token, clock=naps.clock) as client:
        with pytest.raises(SourceError, match="HF_TOKEN") as raised:
            await client.list_day(_DAY)
    assert len(server.requests) == 1
    assert "hf_wrong" not in caplog.text + str(raised.value)


@pytest.mark.parametrize("token", ["hf_\nexample", "hf example", "hf_é"])
def test_a_token_that_is_none_is_refused_without_showing_it(naps: Naps, token: str) -> None:
    with pytest.raises(ConfigError, match="HF_TOKEN") as raised:
        HuggingFace("https://huggingface.co", token, clock=naps.clock)
    assert token not in str(raised.value)


@pytest.mark.parametrize(
    "endpoint", ["", "huggingface.co", "ftp://huggingface.co", "https://", "https://u:p@a.b", "http://[x"]
)
def test_an_endpoint_that_is_no_address_is_refused(naps: Naps, endpoint: str) -> None:
    with pytest.raises(ConfigError, match="HF_ENDPOINT"):
        HuggingFace(endpoint, clock=naps.clock)


async def test_an_endpoint_can_lie_below_a_path(server: FakeHuggingFace, naps: Naps) -> None:
    async with HuggingFace(f"{server.url}/mirror/", clock=naps.clock) as client:
        with pytest.raises(SourceError, match=r"404 \(is HF_ENDPOINT right\?\)"):
            await client.list_day(_DAY)


async def test_the_health_tells_the_last_success_and_the_last_failure(
    server: FakeHuggingFace, client: HuggingFace, naps: Naps
) -> None:
    assert client.health.last_success_at is None
    started = naps.now
    await client.list_day(_DAY)
    await naps.sleep(60)
    server.faults.append(Fault(status=410, body=b"gone\nfor good"))
    with pytest.raises(SourceError):
        await client.list_day(_DAY)
    assert client.health.last_success_at == started
    assert client.health.last_failure_at == naps.now
    assert client.health.last_failure == "Hugging Face answered 410: gone for good"
    assert client.health.is_failing


async def test_concurrent_calls_share_one_client(server: FakeHuggingFace, client: HuggingFace) -> None:
    days = [date.fromordinal(_DAY.toordinal() - back) for back in range(12)]
    server.days = {day: _items(back + 1) for back, day in enumerate(days)}
    listings = await asyncio.gather(*(client.list_day(day) for day in days))
    assert [len(listing.papers) for listing in listings] == list(range(1, 13))
