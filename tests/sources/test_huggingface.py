"""List days and papers read from a loopback server that behaves, and misbehaves, like the real one."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from datetime import date

import pytest
from pydantic import SecretStr

from bot.core.ids import PaperId
from bot.core.opened_papers import Repositories
from bot.errors import (
    ConfigError,
    NotOpenYetError,
    PaperNotFoundError,
    Problem,
    ProblemKind,
    SourceError,
)
from bot.sources import huggingface, paging
from bot.sources.huggingface import HuggingFace
from tests.fakes.huggingface import FakeHuggingFace, Fault, RawItem, raw_item
from tests.sources.conftest import Naps

_DAY = date(2026, 8, 19)
_ID = PaperId("2608.00001")
_ITSELF = '</api/daily_papers?date=2026-08-19&limit=100>; rel="next"'


def _items(count: int) -> list[RawItem]:
    return [raw_item(id=f"2608.{n:05d}", upvotes=1000 - n) for n in range(1, count + 1)]


def _body(items: list[RawItem]) -> bytes:
    return json.dumps(items).encode()


async def test_a_day_is_requested_by_date_with_the_largest_page(
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
async def test_a_next_link_to_another_origin_is_requested_from_ours(
    server: FakeHuggingFace, client: HuggingFace, origin: str
) -> None:
    server.days[_DAY] = _items(150)
    link = {"Link": f'<{origin}/api/daily_papers?date=2026-08-19&limit=100&p=1>; rel="next"'}
    server.faults.append(Fault(body=json.dumps(_items(100)).encode(), headers=link))
    assert len((await client.list_day(_DAY)).papers) == 150
    assert server.requests[1].query["p"] == "1"


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ("https://example.org/collect?p=1", ProblemKind.REDIRECTED),
        ("/api/papers?p=1", ProblemKind.REDIRECTED),
        ("/api/daily_papers", ProblemKind.REDIRECTED),
        ("/api/daily_papers?date=2026-08-18&p=1", ProblemKind.REDIRECTED),
        ("http://[::1", ProblemKind.UNREADABLE),
    ],
)
async def test_a_next_link_that_cannot_be_followed_leaves_the_list_incomplete(
    server: FakeHuggingFace, client: HuggingFace, link: str, kind: ProblemKind
) -> None:
    server.faults.append(Fault(body=_body(_items(1)), headers={"Link": f'<{link}>; rel="next"'}))
    listing = await client.list_day(_DAY)
    assert (len(listing.papers), listing.problem) == (1, Problem(kind))
    assert len(server.requests) == 1
    assert client.health.is_failing


async def test_a_next_link_without_a_date_requests_the_same_day(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    server.days[_DAY] = _items(150)
    server.faults.append(
        Fault(body=_body(_items(100)), headers={"Link": '</api/daily_papers?p=1>; rel="next"'})
    )
    assert len((await client.list_day(_DAY)).papers) == 150
    assert server.requests[1].query == {"date": "2026-08-19", "limit": "100", "p": "1"}


@pytest.mark.parametrize(
    ("pages", "asked"),
    [
        ([0, 0], 1),  # to itself
        ([1, 2, 1], 3),  # around
        ([1, 2, 3, 4], 2),  # on and on, with the same papers
    ],
)
async def test_a_paging_loop_is_stopped_and_reported(
    server: FakeHuggingFace, client: HuggingFace, pages: list[int], asked: int
) -> None:
    is_same = asked == 2
    for number, page in enumerate(pages):
        link = {"Link": f'</api/daily_papers?p={page}>; rel="next"'} if page else {"Link": _ITSELF}
        items = _items(1) if is_same else [raw_item(id=f"2608.{number:05d}")]
        server.faults.append(Fault(body=_body(items), headers=link))
    listing = await client.list_day(_DAY)
    assert len(server.requests) == asked
    assert listing.problem == Problem(ProblemKind.REPEATED)
    assert len(listing.papers) == (1 if is_same else asked)


async def test_endless_empty_pages_are_not_an_empty_day(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.day_faults[_DAY] = Fault(body=b"[]", headers={"Link": '</api/daily_papers?p=1>; rel="next"'})
    with pytest.raises(SourceError) as raised:
        await client.list_day(_DAY)
    assert raised.value.problem == Problem(ProblemKind.REPEATED)
    assert len(server.requests) == 1


@pytest.mark.thorough
async def test_three_thousand_papers_are_read_whole(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.days[_DAY] = _items(3_000)
    listing = await client.list_day(_DAY)
    assert (len(listing.papers), listing.problem) == (3_000, None)


async def test_a_list_that_is_too_long_is_cut_and_reported(
    server: FakeHuggingFace, client: HuggingFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert paging.MAX_ITEMS == paging.MAX_PAGES * 100
    monkeypatch.setattr(paging, "MAX_ITEMS", 500)
    server.days[_DAY] = _items(600)
    listing = await client.list_day(_DAY)
    assert (len(listing.papers), listing.problem) == (500, Problem(ProblemKind.TOO_LONG))
    assert len(server.requests) == 5


async def test_a_page_that_fails_leaves_the_list_incomplete(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    server.days[_DAY] = _items(150)
    server.faults.extend([None, *[Fault(status=500)] * 4])
    listing = await client.list_day(_DAY)
    assert (len(listing.papers), listing.problem) == (100, Problem(ProblemKind.SERVER_ERROR, 500))


@pytest.mark.parametrize("items", [[None], [{}], [{"paper": {"id": "x"}}, [], 5], [{"new": "format"}] * 12])
async def test_a_list_without_a_readable_item_is_a_failure_and_not_an_empty_day(
    server: FakeHuggingFace, client: HuggingFace, items: list[object]
) -> None:
    server.days[_DAY] = items
    with pytest.raises(SourceError) as raised:
        await client.list_day(_DAY)
    assert raised.value.problem == Problem(ProblemKind.NO_ITEM_READABLE)
    assert client.health.last_failure == raised.value.problem


async def test_a_page_without_a_readable_item_leaves_the_list_incomplete(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    server.days[_DAY] = [*_items(100), *[{"paper": {"upvotes": -1}}] * 20]
    listing = await client.list_day(_DAY)
    assert (len(listing.papers), listing.unreadable) == (100, 20)
    assert listing.problem == Problem(ProblemKind.NO_ITEM_READABLE)


@pytest.mark.parametrize(("broken", "is_problem"), [(1, False), (6, False), (7, True)])
async def test_a_list_with_mostly_unreadable_items_has_a_problem(
    server: FakeHuggingFace, client: HuggingFace, *, broken: int, is_problem: bool
) -> None:
    server.days[_DAY] = [*_items(6), *[{}] * broken]
    listing = await client.list_day(_DAY)
    assert (len(listing.papers), listing.unreadable) == (6, broken)
    assert listing.problem == (Problem(ProblemKind.MOST_ITEMS_UNREADABLE) if is_problem else None)


async def test_the_event_loop_is_not_blocked_while_an_answer_is_parsed(
    server: FakeHuggingFace, client: HuggingFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    went_on = threading.Event()

    def read(body: bytes) -> object:
        loop.call_soon_threadsafe(went_on.set)
        assert went_on.wait(10), "the event loop waits for this"
        return json.loads(body)

    monkeypatch.setattr(huggingface, "decode_json", read)
    server.days[_DAY] = _items(1)
    assert len((await client.list_day(_DAY)).papers) == 1


async def test_an_old_day_is_never_reported_as_not_open(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.open_day = date(2026, 8, 1)
    with pytest.raises(SourceError) as raised:
        await client.list_day(date(2026, 8, 12))
    assert raised.value.problem == Problem(ProblemKind.REFUSED, 400)


async def test_a_broken_item_is_dropped_with_a_warning(
    server: FakeHuggingFace, client: HuggingFace, caplog: pytest.LogCaptureFixture
) -> None:
    server.days[_DAY] = [*_items(2), {"paper": {"id": "no\nid"}}]
    listing = await client.list_day(_DAY)
    assert (len(listing.papers), listing.unreadable, listing.problem) == (2, 1, None)
    assert not client.health.is_failing
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "item 2 (no id)" in record.getMessage()


async def test_a_broken_item_is_logged_once_however_often_its_day_is_read(
    server: FakeHuggingFace, client: HuggingFace, caplog: pytest.LogCaptureFixture
) -> None:
    server.days[_DAY] = [*_items(2), {"paper": {"id": "no id"}}]
    await client.list_day(_DAY)
    await client.list_day(_DAY)
    server.days[_DAY].append({"paper": {"id": "nor here"}})
    await client.list_day(_DAY)
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert "item 2 (no id)" in warnings[0]
    assert "item 3 (nor here)" in warnings[1]


async def test_very_many_broken_items_do_not_fill_the_log(
    server: FakeHuggingFace, client: HuggingFace, caplog: pytest.LogCaptureFixture
) -> None:
    server.days[_DAY] = [*_items(10), *[{}] * 90]
    assert (await client.list_day(_DAY)).unreadable == 90
    assert len(caplog.records) == 21
    assert "90 items cannot be read" in caplog.text


async def test_an_item_cannot_name_a_list_day_of_the_future(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    item = raw_item(day=date(2030, 1, 1))
    server.days[_DAY] = [item]
    server.papers[_ID] = item["paper"]
    (paper,) = (await client.list_day(_DAY)).papers
    assert paper.list_day == _DAY
    assert (await client.paper(_ID)).paper.list_day is None


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


async def test_a_changed_page_is_read_again(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.has_etags = True
    server.days[_DAY] = _items(1)
    await client.list_day(_DAY)
    server.days[_DAY] = _items(2)
    assert len((await client.list_day(_DAY)).papers) == 2


async def test_the_page_cache_is_bounded(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.has_etags = True
    for day in range(1, 66):
        await client.list_day(date.fromordinal(day))
    await client.list_day(date.fromordinal(1))
    await client.list_day(date.fromordinal(65))
    assert [request.status for request in server.requests[-2:]] == [200, 304]


async def test_an_unexpected_304_is_a_failure(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.faults.append(Fault(status=304))
    with pytest.raises(SourceError, match="304"):
        await client.list_day(_DAY)


async def test_a_paper_is_read_by_its_id(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.papers[_ID] = raw_item(id=_ID)["paper"]
    paper = (await client.paper(_ID)).paper
    assert (paper.id, paper.list_day) == (_ID, _DAY)


async def test_a_paper_comes_with_what_is_linked_to_it_the_most_liked_first(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    linked = [{"id": "a/few", "likes": 1}, {"id": "b/many", "likes": 9}, {"id": "../../settings"}, None]
    server.papers[_ID] = raw_item(id=_ID)["paper"] | {
        "linkedModels": linked,
        "numTotalModels": 12,
        "linkedDatasets": "none",
        "numTotalDatasets": True,
        "linkedSpaces": [{"id": "c/demo"}],
    }

    found = (await client.paper(_ID)).linked

    assert found.models == Repositories(ids=("b/many", "a/few"), total=12)
    assert found.datasets == Repositories()
    assert found.spaces == Repositories(ids=("c/demo",), total=1)


async def test_single_papers_do_not_push_lists_out_of_the_cache(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    server.has_etags = True
    await client.list_day(_DAY)
    for number in range(65):
        server.papers[f"2608.{number:05}"] = raw_item(id=f"2608.{number:05}")["paper"]
        await client.paper(PaperId(f"2608.{number:05}"))
    await client.list_day(_DAY)
    assert server.requests[-1].status == 304


async def test_a_paper_that_hugging_face_does_not_have_is_an_error_of_its_own(client: HuggingFace) -> None:
    with pytest.raises(PaperNotFoundError):
        await client.paper(_ID)
    assert not client.health.is_failing


async def test_a_paper_other_than_the_requested_one_is_refused(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    server.papers[_ID] = raw_item(id="2608.00002")["paper"]
    with pytest.raises(SourceError) as raised:
        await client.paper(_ID)
    assert raised.value.problem == Problem(ProblemKind.UNREADABLE)


async def test_a_paper_that_is_too_large_is_refused(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.faults.append(Fault(kind="giant", size=8 * 1024 * 1024))
    with pytest.raises(SourceError) as raised:
        await client.paper(_ID)
    assert raised.value.problem == Problem(ProblemKind.TOO_LARGE)


async def test_the_token_is_sent_in_its_header(server: FakeHuggingFace, naps: Naps) -> None:
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
        with pytest.raises(SourceError) as raised:
            await client.list_day(_DAY)
    assert raised.value.problem == Problem(ProblemKind.TOKEN_REFUSED, 401)
    assert "HF_TOKEN" in raised.value.problem.advice
    assert len(server.requests) == 1
    assert "hf_wrong" not in caplog.text + str(raised.value)


@pytest.mark.parametrize("token", ["hf_\nexample", "hf example", "hf_é"])
def test_an_invalid_token_is_refused_without_showing_it(naps: Naps, token: str) -> None:
    with pytest.raises(ConfigError, match="HF_TOKEN") as raised:
        HuggingFace("https://huggingface.co", token, clock=naps.clock)
    assert token not in str(raised.value)


@pytest.mark.parametrize(
    "endpoint", ["", "huggingface.co", "ftp://huggingface.co", "https://", "https://u:p@a.b", "http://[x"]
)
def test_an_endpoint_that_is_not_an_address_is_refused(naps: Naps, endpoint: str) -> None:
    with pytest.raises(ConfigError, match="HF_ENDPOINT"):
        HuggingFace(endpoint, clock=naps.clock)


async def test_an_endpoint_can_have_a_path(server: FakeHuggingFace, naps: Naps) -> None:
    async with HuggingFace(f"{server.url}/mirror/", clock=naps.clock) as client:
        with pytest.raises(SourceError) as raised:
            await client.list_day(_DAY)
    assert raised.value.problem == Problem(ProblemKind.NOT_FOUND, 404)
    assert "HF_ENDPOINT" in raised.value.problem.advice


async def test_the_health_has_the_last_success_and_the_last_failure(
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
    assert client.health.last_failure == Problem(ProblemKind.REFUSED, 410)
    assert client.health.is_failing


async def test_concurrent_calls_share_one_client(server: FakeHuggingFace, client: HuggingFace) -> None:
    days = [date.fromordinal(_DAY.toordinal() - back) for back in range(12)]
    server.days = {day: _items(back + 1) for back, day in enumerate(days)}
    listings = await asyncio.gather(*(client.list_day(day) for day in days))
    assert [len(listing.papers) for listing in listings] == list(range(1, 13))
