"""/papers top: the stored papers of a longer time."""

from __future__ import annotations

from datetime import timedelta

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
    await read_back(world, 31)

    week, month, year = [await top(world, period) for period in ("week", "month", "year")]

    assert "Most upvoted papers of the last 7 days" in week
    assert week.index("👍 5 · [Of the Week]") < week.index("👍 3 · [Of Today]")
    assert "13 Aug 2026" in week
    assert "Month" not in week
    assert month.index("Of the Month") < month.index("Of the Week")
    assert "Year" not in month
    assert year.index("Of the Year") < year.index("Also of the Year") < year.index("Of the Month")


async def test_top_is_public_and_paged(world: World) -> None:
    for number in range(100):
        world.list_paper(f"2608.{number:05}", title=f"Paper {number}", upvotes=number)
    await read_back(world, 0)

    shown = await world.member.slash(world.channel, "papers top", period="week")

    assert not shown.ephemeral
    assert "Page 1 of 4" in text_of(shown)
    assert "👍 99 · [Paper 99]" in text_of(shown)
    await world.admin.click(shown.response, label="Next")
    assert "👍 84 · [Paper 84]" in text_of(shown)


async def test_top_says_how_far_back_the_archive_is_read_if_that_is_less_than_the_period(
    world: World,
) -> None:
    assert "The archive has not been read yet." in await top(world, "week")

    world.list_paper("2608.00001")
    await read_back(world, 10)

    assert "archive" not in await top(world, "week")
    said = await top(world, "month")
    assert "The archive is read back to 9 Aug 2026; older papers are still being read." in said


async def test_top_of_a_period_without_papers_says_so(world: World) -> None:
    await read_back(world, 30)

    assert "No papers of these days are known yet." in await top(world, "week")
