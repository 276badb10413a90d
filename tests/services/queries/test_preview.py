"""Previewing without a store: which lists are read, and what is found in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.core.limits import DEFAULT_LIMITS, Limits
from bot.core.query.errors import QueryError
from bot.errors import Problem, ProblemKind, SourceError
from bot.services.progress import Advance
from bot.services.queries.preview import Matches, alternatives, preview
from bot.sources.fetching import FetchLimits
from bot.sources.huggingface import HuggingFace
from tests.fakes.huggingface import FakeHuggingFace, Fault, raw_item
from tests.samples import NOW, TODAY


@pytest_asyncio.fixture
async def hub() -> AsyncIterator[FakeHuggingFace]:
    async with FakeHuggingFace() as fake:
        yield fake


def list_papers(hub: FakeHuggingFace, *titles: str, back: int = 0) -> None:
    day = TODAY - timedelta(days=back)
    hub.days[day] = [
        raw_item(id=f"2608.{back:02}{number:03}", title=title, day=day, upvotes=number)
        for number, title in enumerate(titles)
    ]


async def found(hub: FakeHuggingFace, keywords: str, *, days: int = 1) -> Matches:
    async with HuggingFace(hub.url, clock=lambda: NOW, limits=FetchLimits(tries=1)) as source:
        return await preview(source, alternatives(keywords, DEFAULT_LIMITS), days=days, today=TODAY)


def titles(matches: Matches) -> list[str]:
    return [match.paper.title for match in matches.papers]


async def test_one_day_is_the_newest_list_that_has_papers(hub: FakeHuggingFace) -> None:
    hub.open_day = TODAY - timedelta(days=1)  # the next has not opened
    list_papers(hub, "Video models", "Other", back=3)
    matches = await found(hub, "video model")
    assert matches.days == (TODAY - timedelta(days=3),)
    assert (matches.listed, titles(matches)) == (2, ["Video models"])


async def test_several_days_are_read_each_once_the_newest_first(hub: FakeHuggingFace) -> None:
    list_papers(hub, "Video a", "Video b", back=0)
    list_papers(hub, "Video c", "Audio", back=2)
    matches = await found(hub, "video", days=3)
    assert hub.days_asked == ["2026-08-19", "2026-08-18", "2026-08-17"]
    assert (matches.listed, titles(matches)) == (4, ["Video b", "Video a", "Video c"])


async def test_a_paper_on_two_lists_counts_once(hub: FakeHuggingFace) -> None:
    hub.days = {TODAY: [raw_item(title="Video")], TODAY - timedelta(days=1): [raw_item(title="Video")]}
    assert (await found(hub, "video", days=2)).listed == 1


async def test_each_paper_tells_which_of_the_keywords_found_it(hub: FakeHuggingFace) -> None:
    list_papers(hub, "Video", "Audio", "Audio of a video")
    matches = await found(hub, "video, audio")
    assert [[query.canonical for query in match.queries] for match in matches.papers] == [
        ["video", "audio"],
        ["audio"],
        ["video"],
    ]


def test_an_error_shows_its_place_in_all_that_was_typed() -> None:
    with pytest.raises(QueryError) as error:
        alternatives("video, audio AND", DEFAULT_LIMITS)
    assert error.value.position == len("video, audio ")


def test_each_keyword_has_the_whole_length_that_the_operator_allows() -> None:
    assert len(alternatives(f"{'a' * 20}, {'b' * 20}", Limits(query_length=20))) == 2
    assert len(alternatives("a" * 1_000, Limits(query_length=1_000))) == 1
    with pytest.raises(QueryError, match="at most 20"):
        alternatives("a" * 21, Limits(query_length=20))


async def test_a_list_that_cannot_be_read_ends_it(hub: FakeHuggingFace) -> None:
    hub.day_faults[TODAY - timedelta(days=1)] = Fault(status=403)
    with pytest.raises(SourceError):
        await found(hub, "video", days=3)


async def test_what_could_not_be_read_of_the_lists_is_counted_and_named(hub: FakeHuggingFace) -> None:
    list_papers(hub, "Video a", "Video b")
    hub.days[TODAY].append({})
    matches = await found(hub, "video")
    assert (matches.listed, matches.unreadable, matches.problem) == (2, 1, None)
    hub.days[TODAY] += [None] * 4
    matches = await found(hub, "video")
    assert (matches.listed, matches.unreadable) == (2, 5)
    assert (matches.problem, matches.problem_day) == (Problem(ProblemKind.MOST_ITEMS_UNREADABLE), TODAY)


async def test_a_newest_list_that_cannot_be_read_is_not_passed_over(hub: FakeHuggingFace) -> None:
    list_papers(hub, "Video", back=1)
    hub.days[TODAY] = [{"paper": {}}]
    with pytest.raises(SourceError):
        await found(hub, "video")


async def test_progress_is_reported_for_each_day(hub: FakeHuggingFace) -> None:
    reported: list[int | str] = []

    @contextmanager
    def progress(total: int) -> Generator[Advance]:
        reported.append(total)
        yield lambda: reported.append("step")
        reported.append("end")

    async with HuggingFace(hub.url, clock=lambda: NOW, limits=FetchLimits(tries=1)) as source:
        await preview(source, alternatives("a", DEFAULT_LIMITS), days=2, today=TODAY, progress=progress)
    assert reported == [2, "step", "step", "end"]
