"""Papers in the store: what moves and what stays."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.papers import Paper
from bot.store import papers
from tests.list_days import both_sources, papers_of
from tests.samples import NOW, TODAY, a_paper, paper_id
from tests.store.samples import HOUR, listed

FULL = Paper(
    id=paper_id(1),
    list_day=TODAY,
    title="Ünïcode, “quotes” and 'apostrophes'; -- DROP TABLE papers",
    abstract="An abstract with $\\alpha$ and \N{CRYING FACE}",
    authors=("A. One", "B. Two", ""),
    published_at=NOW - 10 * HOUR,
    upvotes=7,
    comments=2,
    ai_summary="In short.",
    ai_keywords=("agents", "world model"),
    github_repo="https://example.org/code",
    github_stars=12,
    project_page="https://example.org/",
    organization="A Lab",
    organization_login="a-lab",
    organization_avatar="https://example.org/lab.png",
    submitter="Someone",
    submitter_login="someone",
    thumbnail="https://example.org/1.png",
    media="https://example.org/1.gif",
    withdrawn_at=NOW,
)


async def test_a_paper_comes_back_as_it_was(conn: AsyncConnection) -> None:
    assert all(getattr(FULL, field.name) != field.default for field in fields(Paper)), "the sample is full"
    await papers.upsert(conn, [FULL], seen_at=NOW)
    assert await papers.get(conn, FULL.id) == FULL


async def test_a_paper_that_is_not_there_is_none(conn: AsyncConnection) -> None:
    assert await papers.get(conn, paper_id(1)) is None
    assert await papers.first_seen(conn, paper_id(1)) is None


async def test_only_new_papers_are_returned_in_the_order_given(conn: AsyncConnection) -> None:
    assert await papers.upsert(conn, [a_paper(3), a_paper(1)], seen_at=NOW) == [paper_id(3), paper_id(1)]
    assert await papers.upsert(conn, [a_paper(4), a_paper(3), a_paper(2)], seen_at=NOW) == [
        paper_id(4),
        paper_id(2),
    ]
    assert await papers.upsert(conn, [], seen_at=NOW) == []
    assert await papers.count(conn) == 4


async def test_everything_moves_but_the_first_time_seen(conn: AsyncConnection) -> None:
    await papers.upsert(conn, [FULL], seen_at=NOW)
    bare = replace(a_paper(1, upvotes=300), title="A new title")
    await papers.upsert(conn, [bare], seen_at=NOW + HOUR)
    assert await papers.get(conn, FULL.id) == bare
    assert await papers.first_seen(conn, FULL.id) == NOW


LATER = TODAY + timedelta(days=6)


@pytest.mark.parametrize("order", [(TODAY, LATER), (LATER, TODAY)])
async def test_a_paper_that_comes_back_is_on_both_lists(
    conn: AsyncConnection, order: tuple[date, date]
) -> None:
    for day in order:
        await papers.upsert(conn, [a_paper(1, list_day=day)], seen_at=NOW, day=day)

    for day in order:
        assert [found.id for found in await papers.of_day(conn, day)] == [paper_id(1)]
    assert await papers.count(conn) == 1
    assert await papers.newest_day(conn, up_to=LATER - timedelta(days=1)) == TODAY


@pytest.mark.parametrize("order", [(TODAY, LATER), (LATER, TODAY)])
async def test_it_is_decided_by_the_latest_of_its_days_whichever_is_read_last(
    conn: AsyncConnection, order: tuple[date, date]
) -> None:
    for day in order:
        await papers.upsert(conn, [a_paper(1, list_day=day)], seen_at=NOW, day=day)

    found = [
        await papers.get(conn, paper_id(1)),
        *(await papers.by_ids(conn, [paper_id(1)])).values(),
        *await papers.of_day(conn, TODAY),
        *await papers.between(conn, TODAY, TODAY),
        *await papers.between(conn, LATER, LATER),
        *await papers.between(conn, TODAY, LATER),
    ]
    assert [paper.list_day for paper in found if paper] == [LATER] * 6


async def test_a_paper_is_on_the_list_that_showed_it_and_on_a_later_day_that_it_names(
    conn: AsyncConnection,
) -> None:
    await papers.upsert(conn, [a_paper(1, list_day=LATER)], seen_at=NOW, day=TODAY)

    assert (
        await papers.of_day(conn, TODAY) == await papers.of_day(conn, LATER) == [a_paper(1, list_day=LATER)]
    )


async def test_a_paper_that_its_list_does_not_show_any_more_stays_on_it(conn: AsyncConnection) -> None:
    await papers.upsert(conn, [a_paper(1), a_paper(2)], seen_at=NOW, day=TODAY)
    await papers.upsert(conn, [a_paper(2)], seen_at=NOW + HOUR, day=TODAY)

    assert [found.id for found in await papers.of_day(conn, TODAY)] == [paper_id(1), paper_id(2)]


async def test_a_paper_given_twice_is_new_once(conn: AsyncConnection) -> None:
    twice = [a_paper(1, upvotes=1), a_paper(1, upvotes=2, list_day=TODAY - timedelta(days=6))]
    assert await papers.upsert(conn, twice, seen_at=NOW) == [paper_id(1)]
    assert await papers.get(conn, paper_id(1)) == a_paper(1, upvotes=2)


async def test_a_paper_that_was_never_listed_is_refused(conn: AsyncConnection) -> None:
    with pytest.raises(ValueError, match=r"never listed.*2608\.00002"):
        await papers.upsert(conn, [a_paper(1), a_paper(2, list_day=None)], seen_at=NOW)
    assert await papers.count(conn) == 0


async def test_an_opened_paper_is_on_no_list_until_a_list_shows_it(conn: AsyncConnection) -> None:
    await papers.add_unlisted(conn, a_paper(1))
    assert await papers.get(conn, paper_id(1)) == a_paper(1, list_day=None)
    assert await papers.count(conn) == 0
    assert await papers.between(conn, TODAY, TODAY) == []

    assert await papers.upsert(conn, [a_paper(1, upvotes=9)], seen_at=NOW) == [paper_id(1)]
    await papers.add_unlisted(conn, a_paper(1))

    assert await papers.get(conn, paper_id(1)) == a_paper(1, upvotes=9)
    assert await papers.first_seen(conn, paper_id(1)) == NOW


async def test_a_day_is_read_by_upvotes_and_then_id(conn: AsyncConnection) -> None:
    other_day = a_paper(9, list_day=TODAY - timedelta(days=1), upvotes=99)
    day = [a_paper(3, upvotes=5), a_paper(2, upvotes=5), a_paper(1), a_paper(4, upvotes=80)]
    await papers.upsert(conn, [*day, other_day], seen_at=NOW)
    assert [found.id for found in await papers.of_day(conn, TODAY)] == [paper_id(n) for n in (4, 2, 3, 1)]


async def test_a_span_of_days_has_both_its_ends(conn: AsyncConnection) -> None:
    days = [a_paper(number, list_day=TODAY + timedelta(days=number)) for number in range(5)]
    await papers.upsert(conn, days, seen_at=NOW)
    assert await papers.between(conn, TODAY + timedelta(days=1), TODAY + timedelta(days=3)) == days[1:4]


async def test_the_newest_day_is_not_after_the_day_asked_for(conn: AsyncConnection) -> None:
    assert await papers.newest_day(conn, up_to=TODAY) is None
    for number, days in enumerate((-9, -3, 1)):
        await papers.upsert(conn, [a_paper(number, list_day=TODAY + timedelta(days=days))], seen_at=NOW)
    assert await papers.newest_day(conn, up_to=TODAY) == TODAY - timedelta(days=3)


@pytest.mark.thorough
async def test_many_papers_are_written_at_once(conn: AsyncConnection) -> None:
    await listed(conn, *range(3000))
    assert await papers.count(conn) == 3000


async def test_the_papers_of_a_post_are_read_at_once(conn: AsyncConnection) -> None:
    await papers.upsert(conn, [a_paper(1), a_paper(2), a_paper(3)], seen_at=NOW)
    assert await papers.by_ids(conn, [paper_id(3), paper_id(1), paper_id(9)]) == {
        paper_id(1): a_paper(1),
        paper_id(3): a_paper(3),
    }
    assert await papers.by_ids(conn, []) == {}


async def test_papers_first_seen_after_a_moment_are_returned_with_the_time(conn: AsyncConnection) -> None:
    await papers.upsert(conn, [a_paper(1)], seen_at=NOW)
    later = NOW + HOUR
    old = a_paper(3, list_day=TODAY - timedelta(days=1))
    await papers.upsert(conn, [a_paper(1, upvotes=9), a_paper(2), old], seen_at=later)
    assert await papers.first_seen_after(conn, NOW, first=TODAY) == {paper_id(2): later}


@both_sources
async def test_papers_of_list_days_are_read_as_they_were_written(
    conn: AsyncConnection, files: list[Path]
) -> None:
    listed_papers = papers_of(files)
    await papers.upsert(conn, listed_papers, seen_at=NOW)
    stored = await papers.by_ids(conn, [paper.id for paper in listed_papers])
    assert stored == {paper.id: paper for paper in listed_papers}
