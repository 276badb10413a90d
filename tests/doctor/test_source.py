"""The check of Hugging Face, on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.list_days import open_list_day
from bot.doctor.findings import Finding, Sign
from bot.doctor.source import check_source
from bot.settings import Settings
from bot.sources.fetching import FetchLimits
from tests.fakes.huggingface import FakeHuggingFace, Fault, raw_item
from tests.samples import NOW

ONE_TRY = FetchLimits(tries=1, total_seconds=60, max_wait_seconds=0)
QUICK = replace(ONE_TRY, total_seconds=0.2)


@pytest.fixture
async def hub() -> AsyncIterator[FakeHuggingFace]:
    async with FakeHuggingFace() as fake:
        fake.days[open_list_day(NOW)] = [raw_item(), raw_item(id="2608.00002")]
        yield fake


async def findings_of(
    hub: FakeHuggingFace, *, token: str | None = None, limits: FetchLimits = ONE_TRY
) -> dict[str, Finding]:
    settings = Settings.load(hf_endpoint=hub.url, hf_token=token)
    report = await check_source(settings, clock=lambda: NOW, limits=limits)
    return {finding.what: finding for finding in report.findings}


def wrongs(found: dict[str, Finding]) -> list[Finding]:
    return [finding for finding in found.values() if finding.sign is not Sign.FINE]


async def test_a_list_is_reported_with_its_papers_and_the_requests_left(hub: FakeHuggingFace) -> None:
    findings = await findings_of(hub)
    assert wrongs(findings) == []
    assert any("2 papers on the list of Wed 19 Aug 2026" in what for what in findings)
    assert "499 requests left for the next 300 s" in findings


async def test_before_a_day_opens_the_previous_list_counts(hub: FakeHuggingFace) -> None:
    hub.open_day = open_list_day(NOW) - timedelta(days=1)
    hub.days = {hub.open_day: [raw_item()]}
    assert any("1 paper on the list of Tue 18 Aug 2026" in what for what in await findings_of(hub))


async def test_a_refused_token_is_wrong_and_not_shown(hub: FakeHuggingFace) -> None:
    hub.token = "hf_right"
    assert "HF_TOKEN is accepted" in await findings_of(hub, token="hf_right")
    (refused,) = wrongs(await findings_of(hub, token="hf_wrong"))
    assert refused.sign is Sign.WRONG
    assert "check HF_TOKEN" in refused.remedy
    assert "hf_wrong" not in f"{refused}"


async def test_few_requests_left_are_a_warning(hub: FakeHuggingFace) -> None:
    hub.remaining = 3
    (few,) = wrongs(await findings_of(hub))
    assert (few.sign, few.what) == (Sign.WARNING, "3 requests left for the next 300 s")


async def test_unreadable_items_are_a_warning(hub: FakeHuggingFace) -> None:
    hub.days[open_list_day(NOW)].append({"paper": None})
    (broken,) = wrongs(await findings_of(hub))
    assert broken.sign is Sign.WARNING
    assert broken.what == "1 of 3 items on that list cannot be read"


async def test_an_incomplete_list_is_wrong(hub: FakeHuggingFace) -> None:
    hub.days[open_list_day(NOW)].extend([{}] * 3)
    findings = wrongs(await findings_of(hub))
    assert [finding.sign for finding in findings] == [Sign.WARNING, Sign.WRONG]
    assert "most of the papers that Hugging Face listed could not be read" in findings[1].what
    hub.days = {open_list_day(NOW): [{}]}
    (none,) = wrongs(await findings_of(hub))
    assert "none of the papers that Hugging Face listed could be read" in none.what


@pytest.mark.parametrize(
    "fault",
    [Fault(kind="hang"), Fault(kind="reset"), Fault(status=503), Fault(body=b"<html>"), Fault(status=404)],
    ids=lambda fault: f"{fault.kind} {fault.status}",
)
async def test_an_answer_that_is_not_a_list_is_wrong_and_names_the_endpoint(
    hub: FakeHuggingFace, fault: Fault
) -> None:
    hub.faults.extend([fault] * 10)
    limits = QUICK if fault.kind == "hang" else ONE_TRY
    (wrong,) = wrongs(await findings_of(hub, limits=limits))
    assert wrong.sign is Sign.WRONG
    assert hub.url in wrong.what
    assert wrong.remedy


async def test_the_servers_clock_is_read(hub: FakeHuggingFace) -> None:
    settings = Settings.load(hf_endpoint=hub.url)
    report = await check_source(settings, clock=lambda: NOW, limits=ONE_TRY)
    assert report.moment is not None
    assert report.moment.local == NOW
    assert abs(report.moment.remote - datetime.now(UTC)) < timedelta(hours=1)
