"""/papers search and /papers top: the stored papers of a longer time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.store import papers
from tests.world import World, text_of


async def read_back(world: World, days: int) -> None:
    """Reads the lists of the last days, as the bot does in the background."""
    for back in range(days + 1):
        await world.services.polling.read_day(world.today - timedelta(days=back))


async def top(world: World, period: str) -> str:
    return text_of(await world.member.slash(world.channel, "papers top", period=period))


async def test_top_shows_the_most_upvoted_papers_of_each_period(world: World) -> None:
    for back, title, upvotes in (
        (0, "Of Today", 3),
        (6, "Of the Week", 5),
        (7, "Of the Month", 50),
        (30, "Of the Year", 500),
        (31, "Also of the Year", 400),
    ):
        day = world.today - timedelta(days=back)
        world.list_paper(f"2608.000{back:02}", day=day, title=title, upvotes=upvotes)
    await world.read_archive()
    await world.services.polling.read_day(world.today - timedelta(days=31))

    week, month, year = [await top(world, period) for period in ("week", "month", "year")]

    assert "Most upvoted papers of the last 7 days" in week
    assert week.index("▲ 5 [Of the Week]") < week.index("▲ 3 [Of Today]")
    assert "13 Aug 2026" in week
    assert "Month" not in week
    assert month.index("Of the Month") < month.index("Of the Week")
    assert "Year" not in month
    assert year.index("Of the Year") < year.index("Also of the Year") < year.index("Of the Month")


@pytest.mark.thorough
async def test_top_is_public_and_paged(world: World) -> None:
    for number in range(100):
        world.list_paper(f"2608.{number:05}", title=f"Paper {number}", upvotes=number)
    await read_back(world, 0)

    shown = await world.member.slash(world.channel, "papers top", period="week")

    assert not shown.ephemeral
    assert "Page 1 of 4" in text_of(shown)
    assert "▲ 99 [Paper 99]" in text_of(shown)
    await world.admin.click(shown.response, label="Next")
    assert "▲ 84 [Paper 84]" in text_of(shown)


async def test_top_says_how_far_back_the_archive_is_read_if_that_is_less_than_the_period(
    world: World,
) -> None:
    assert "The archive has not been read yet." in await top(world, "week")

    world.list_paper("2608.00001")
    await read_back(world, 10)

    assert "archive" not in await top(world, "week")
    answer = await top(world, "month")
    assert "The archive is read back to 9 Aug 2026; older papers are still being read." in answer


async def test_top_of_a_period_without_papers_says_so(world: World) -> None:
    await read_back(world, 7)

    assert "No papers of these days are known yet." in await top(world, "week")


async def search(world: World, keywords: str, **options: object) -> str:
    return text_of(await world.member.slash(world.channel, "papers search", keywords=keywords, **options))


async def test_search_finds_papers_however_old_and_says_where_each_matches(world: World) -> None:
    texts = {
        "2608.00001": {"title": "Reward Models at Home"},
        "2608.00002": {"paper": {"ai_keywords": ["cats", "reward models"]}},
        "2608.00003": {"summary": "First words. " * 30 + "Then a reward model is trained to judge."},
        "2608.00004": {"title": "Rewards"},
    }
    for number, (paper_id, item) in enumerate(texts.items()):
        world.list_paper(paper_id, day=world.today - timedelta(days=200 + number), **item)
        await world.services.polling.read_day(world.today - timedelta(days=200 + number))

    answer = await search(world, "reward model")

    assert "Search: 3 papers" in answer
    assert "`reward model` in 4 papers, best match first:" in answer
    assert (
        "[**Reward Models** at Home](https://huggingface.co/papers/2608.00001)\n-# 31 Jan 2026 · title"
        in answer
    )
    assert "-# 30 Jan 2026 · keyword **reward models**" in answer
    assert "-# 29 Jan 2026 · abstract: Then" in answer
    assert "Then a **reward model** is trained to judge." in answer


async def test_search_names_the_author_and_the_organization_that_match(world: World) -> None:
    world.list_paper("2608.00001", authors=("Ben", "Kaiming He"))
    await read_back(world, 0)

    assert "author **Kaiming He**" in await search(world, "author:Kaiming He")
    assert "organization **Example Lab**" in await search(world, "org:Example Lab")


async def test_search_results_are_sorted_as_asked(world: World) -> None:
    for number, (title, summary, back, upvotes) in enumerate(
        (
            ("A Video", "…", 3, 5),
            ("Second", "About video.", 2, 50),
            ("Third Video", "…", 9, 7),
            ("Fourth", "About video.", 1, 1),
        )
    ):
        day = world.today - timedelta(days=back)
        world.list_paper(f"2608.0000{number}", day=day, title=title, summary=summary, upvotes=upvotes)
    await read_back(world, 10)

    async def order(**options: object) -> list[str]:
        answer = await search(world, "video", **options)
        return [line.split("/")[-1][:10] for line in answer.splitlines() if "huggingface.co/papers" in line]

    expected = {"match": "2013", "upvotes": "1203", "day": "3102"}
    for sort, numbers in expected.items():
        assert await order(sort=sort) == [f"2608.0000{number}" for number in numbers]
    assert await order() == await order(sort="match")
    assert await order(sort="day", days=4) == ["2608.00003", "2608.00001", "2608.00000"]


async def test_search_results_are_public_and_loaded_page_by_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(23):
        world.list_paper(f"2608.{number:05}", title=f"Video number {number}", upvotes=number)
    await read_back(world, 0)
    loaded: list[int] = []
    by_ids = papers.by_ids

    async def note(conn: Any, ids: Any) -> Any:
        loaded.append(len(ids))
        return await by_ids(conn, ids)

    monkeypatch.setattr(papers, "by_ids", note)

    shown = await world.member.slash(world.channel, "papers search", keywords="video")
    assert not shown.ephemeral
    assert "Page 1 of 5" in text_of(shown)
    assert "Video** number 22" in text_of(shown)
    assert loaded == [5]
    await world.admin.click(shown.response, label="Next")
    assert "Page 2 of 5" in text_of(shown)
    assert "Video** number 17" in text_of(shown)
    assert loaded == [5, 5]


@pytest.mark.thorough
async def test_search_says_how_much_of_the_archive_is_read(world: World) -> None:
    assert "The archive has not been read yet." in await search(world, "video")
    world.list_paper("2608.00001", title="Video")
    await read_back(world, 10)
    note = "The archive is read back to 9 Aug 2026; older papers are still being read."

    assert note in await search(world, "video")
    assert note not in await search(world, "video", days=7)
    await read_back(world, 30)
    assert "archive" not in await search(world, "video")


async def test_a_search_without_a_match_says_what_to_do_next(world: World) -> None:
    world.list_paper("2608.00001", title="Cooking")
    await world.read_archive()

    answer = await search(world, "Qwen2.5-VL", days=9)
    assert "None of 1 paper of the last 9 days matches `Qwen2.5-VL`." in answer
    assert "Without `days`, the whole archive is searched." in answer
    assert "`quantiz*`" in answer
    assert "Without `days`" not in await search(world, "video")


async def test_a_wrong_query_is_explained_to_its_author_alone(world: World) -> None:
    shown = await world.member.slash(world.channel, "papers search", keywords="agents AND")

    assert shown.ephemeral
    assert "agents AND" in text_of(shown)


@pytest.mark.thorough
async def test_a_result_stays_within_discords_limits_however_long_its_texts_are(world: World) -> None:
    for number in range(5):
        world.list_paper(
            f"2608.0000{number}",
            title="*Video_ " * 40,
            summary="*_video_* " * 200,
            authors=("video " * 100,),
            paper={"ai_keywords": ["video " * 100]},
        )
    await read_back(world, 0)

    assert "Search: 5 papers" in await search(world, "video")
