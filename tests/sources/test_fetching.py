"""Timeouts, retries, waits and bounds, against a loopback server that misbehaves."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import date, timedelta
from functools import cache

import pytest

from bot.errors import NotOpenYetError, Problem, ProblemKind, SourceError
from bot.sources.bodies import Decompressor
from bot.sources.fetching import FetchLimits
from bot.sources.huggingface import HuggingFace
from tests.fakes.huggingface import FakeHuggingFace, Fault, raw_item
from tests.sources.conftest import Naps

_DAY = date(2026, 8, 19)
_EMPTY_SPARE = '"api";r=0;t=20'


@pytest.fixture(autouse=True)
async def one_paper(server: FakeHuggingFace) -> None:
    server.days[_DAY] = [raw_item()]


async def _problem(client: HuggingFace) -> Problem:
    """Why the day cannot be read."""
    with pytest.raises(SourceError) as raised:
        await client.list_day(_DAY)
    assert not isinstance(raised.value, NotOpenYetError)
    return raised.value.problem


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=502, body=b"<html>bad gateway</html>"),
        Fault(status=429),
        Fault(status=408),
        Fault(kind="truncated"),
        Fault(body=b'[{"paper": {"id"'),
        Fault(body=b"<html>maintenance</html>"),
        Fault(body=b""),
        Fault(body=b"[]", headers={"Content-Encoding": "gzip"}),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}-{len(fault.body)}",
)
async def test_a_temporary_failure_is_retried(
    server: FakeHuggingFace, client: HuggingFace, naps: Naps, fault: Fault
) -> None:
    server.faults.extend([fault, fault])
    assert len((await client.list_day(_DAY)).papers) == 1
    assert len(server.requests) == 3
    first, second = naps.taken
    assert 1 <= first <= 1.5
    assert 2 <= second <= 3


async def test_a_dropped_connection_is_retried(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.faults.extend([Fault(kind="reset")] * 3)
    assert len((await client.list_day(_DAY)).papers) == 1


async def test_an_answer_that_never_comes_times_out(
    server: FakeHuggingFace, naps: Naps, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults.append(Fault(kind="hang"))
    limits = FetchLimits(total_seconds=0.2)
    async with HuggingFace(server.url, clock=naps.clock, sleep=naps.sleep, limits=limits) as client:
        assert len((await client.list_day(_DAY)).papers) == 1
    assert len(naps.taken) == 1
    assert "no answer within 0.2 s" in caplog.text


async def test_cookies_are_not_kept(server: FakeHuggingFace, naps: Naps) -> None:
    server.faults.append(Fault(body=b"[]", headers={"Set-Cookie": "token=abc; Path=/"}))
    async with HuggingFace(server.url.replace("127.0.0.1", "localhost"), clock=naps.clock) as client:
        await client.list_day(_DAY)
        await client.list_day(_DAY)
    assert "Cookie" not in server.requests[1].headers


async def test_retries_are_limited(
    server: FakeHuggingFace, client: HuggingFace, naps: Naps, caplog: pytest.LogCaptureFixture
) -> None:
    server.day_faults[_DAY] = Fault(status=503)
    assert await _problem(client) == Problem(ProblemKind.SERVER_ERROR, 503)
    assert "after 4 attempts" in caplog.text
    assert len(server.requests) == 4
    assert naps.taken == sorted(naps.taken)


async def test_a_server_that_is_not_there_is_a_source_error(naps: Naps) -> None:
    async with FakeHuggingFace() as gone:
        url = gone.url
    async with HuggingFace(url, clock=naps.clock, sleep=naps.sleep) as client:
        assert await _problem(client) == Problem(ProblemKind.UNREACHABLE)
    assert len(naps.taken) == 3


async def test_a_429_is_retried_after_its_window(
    server: FakeHuggingFace, client: HuggingFace, naps: Naps
) -> None:
    server.faults.append(Fault(status=429, headers={"RateLimit": _EMPTY_SPARE, "Retry-After": "90"}))
    await client.list_day(_DAY)
    assert naps.taken == [21]


async def test_a_429_without_a_window_is_retried_after_retry_after(
    server: FakeHuggingFace, client: HuggingFace, naps: Naps
) -> None:
    server.faults.append(Fault(status=429, headers={"Retry-After": "90"}))
    await client.list_day(_DAY)
    assert naps.taken == [90]


async def test_a_503_is_retried_after_retry_after(
    server: FakeHuggingFace, client: HuggingFace, naps: Naps
) -> None:
    server.faults.append(Fault(status=503, headers={"Retry-After": "Wed, 19 Aug 2026 12:00:40 GMT"}))
    await client.list_day(_DAY)
    assert naps.taken == [40]


async def test_a_wait_that_is_too_long_fails_and_the_log_says_until_when(
    server: FakeHuggingFace, client: HuggingFace, naps: Naps, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults.append(Fault(status=429, headers={"Retry-After": "1800"}))
    for _ in range(2):  # and nothing is asked before that
        caplog.clear()
        assert await _problem(client) == Problem(ProblemKind.RATE_LIMITED)
        assert "until 2026-08-19 12:30 UTC" in caplog.text
    assert len(server.requests) == 1
    naps.now += timedelta(minutes=31)
    assert len((await client.list_day(_DAY)).papers) == 1
    assert naps.taken == []


async def test_a_server_can_pause_requests_for_an_hour_at_most(
    server: FakeHuggingFace, client: HuggingFace, naps: Naps
) -> None:
    server.faults.append(Fault(status=429, headers={"Retry-After": "999999999"}))
    assert await _problem(client) == Problem(ProblemKind.RATE_LIMITED)
    naps.now += timedelta(hours=1)
    await client.list_day(_DAY)


async def test_the_next_call_waits_for_an_exhausted_rate_limit(
    server: FakeHuggingFace, client: HuggingFace, naps: Naps
) -> None:
    server.remaining, server.resets_in = 0, 120
    await client.list_day(_DAY)
    assert naps.taken == []
    server.remaining = 499
    await client.list_day(_DAY)
    await client.list_day(_DAY)
    assert naps.taken == [121]


async def test_concurrent_calls_wait_for_an_exhausted_rate_limit(
    server: FakeHuggingFace, client: HuggingFace, naps: Naps
) -> None:
    server.remaining, server.resets_in = 0, 120
    await client.list_day(_DAY)
    server.remaining = 499
    await asyncio.gather(client.list_day(_DAY), client.list_day(date(2026, 8, 18)))
    assert naps.taken[0] == 121
    assert naps.now.minute == 2


@cache
def _gzipped(size: int, *, members: int = 1) -> bytes:
    return gzip.compress(b" " * size, compresslevel=1) * members


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="giant", size=8 * 1024 * 1024),
        Fault(body=_gzipped(64 * 1024 * 1024), headers={"Content-Encoding": "gzip"}),
        Fault(body=_gzipped(1024, members=2_000), headers={"Content-Encoding": "gzip"}),
        Fault(body=_gzipped(0, members=100_000), headers={"Content-Encoding": "gzip"}),
    ],
    ids=["plain", "one that unpacks to 64 MB", "many that unpack to 2 MB", "many that unpack to nothing"],
)
async def test_reading_an_answer_stops_when_it_is_too_large(
    server: FakeHuggingFace, client: HuggingFace, fault: Fault
) -> None:
    server.faults.append(fault)
    assert await _problem(client) == Problem(ProblemKind.TOO_LARGE)
    assert len(server.requests) == 1


def test_compressed_data_is_decompressed_in_bounded_pieces() -> None:
    pieces = [len(piece) for piece in Decompressor("gzip").feed(_gzipped(64 * 1024 * 1024))]
    assert sum(pieces) == 64 * 1024 * 1024
    assert max(pieces) == 64 * 1024


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 300_000])
@pytest.mark.parametrize("chunk", [1, 7, 100_000])
def test_compressed_data_is_complete_however_it_is_split(size: int, chunk: int) -> None:
    packed = _gzipped(size, members=2)
    unpacking = Decompressor("gzip")
    found = b"".join(
        piece for at in range(0, len(packed), chunk) for piece in unpacking.feed(packed[at : at + chunk])
    )
    unpacking.check_end()
    assert len(found) == 2 * size


async def test_a_compressed_answer_is_read(server: FakeHuggingFace, client: HuggingFace) -> None:
    body = gzip.compress(json.dumps([raw_item(), raw_item(id="2608.00002")]).encode())
    server.faults.append(Fault(body=body, headers={"Content-Encoding": "gzip"}))
    assert len((await client.list_day(_DAY)).papers) == 2
    assert server.requests[0].headers["Accept-Encoding"] == "gzip"


async def test_an_answer_that_is_not_a_list_is_not_retried(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    server.faults.append(Fault(body=b'{"error": "odd"}'))
    assert await _problem(client) == Problem(ProblemKind.UNREADABLE)
    assert len(server.requests) == 1


async def test_another_400_is_a_failure_whose_text_is_shortened_for_the_log(
    server: FakeHuggingFace, client: HuggingFace, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults.append(Fault(status=400, body=b'{"error": "Invalid\x1b[2J\n' + b"x" * 200_000))
    assert await _problem(client) == Problem(ProblemKind.REFUSED, 400)
    (record,) = caplog.records
    assert record.getMessage().isprintable()
    assert len(record.getMessage()) < 300


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_within_the_origin_is_followed(
    server: FakeHuggingFace, client: HuggingFace, status: int
) -> None:
    server.faults.append(Fault(status=status, headers={"Location": "/api/daily_papers?date=2026-08-19"}))
    assert len((await client.list_day(_DAY)).papers) == 1


@pytest.mark.parametrize(
    "location", ["https://example.org/api/daily_papers", "//example.org/", "http://[x", ""]
)
async def test_a_redirect_elsewhere_is_refused_and_the_token_stays(
    server: FakeHuggingFace, client: HuggingFace, location: str
) -> None:
    server.faults.append(Fault(status=302, headers={"Location": location}))
    assert await _problem(client) == Problem(ProblemKind.REDIRECTED)
    assert len(server.requests) == 1


async def test_a_redirect_to_another_server_never_reaches_it(
    server: FakeHuggingFace, client: HuggingFace
) -> None:
    async with FakeHuggingFace() as other:
        server.faults.append(Fault(status=307, headers={"Location": f"{other.url}/api/daily_papers"}))
        assert await _problem(client) == Problem(ProblemKind.REDIRECTED)
        assert other.requests == []


async def test_a_redirect_loop_ends(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.day_faults[_DAY] = Fault(status=302, headers={"Location": "/api/daily_papers?date=2026-08-19"})
    assert await _problem(client) == Problem(ProblemKind.REDIRECTED)
    assert len(server.requests) == 4


async def test_a_cancelled_call_is_cancelled_at_once(server: FakeHuggingFace, client: HuggingFace) -> None:
    server.faults.append(Fault(kind="hang"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await client.list_day(_DAY)
    assert client.health.last_failure is None


@pytest.mark.parametrize("before", [0, 150, 170, 190])
async def test_no_part_of_an_echoed_token_is_logged(
    server: FakeHuggingFace, naps: Naps, caplog: pytest.LogCaptureFixture, before: int
) -> None:
    token = "a-token-of-no-known-form-0123456789"
    echo = b"x" * before + token[:9].encode() + b"\x00" + token[9:].encode()
    server.faults.append(Fault(status=400, body=echo))
    async with HuggingFace(server.url, token, clock=naps.clock, sleep=naps.sleep) as client:
        assert await _problem(client) == Problem(ProblemKind.REFUSED, 400)
    assert "answered 400" in caplog.text
    assert token[:9] not in caplog.text
