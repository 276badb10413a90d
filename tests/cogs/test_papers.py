"""/papers and /paper."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.examples import first
from tests.fakes.huggingface import Fault, raw_item
from tests.fakes.leaks import FINAL_LEAKS, leaked
from tests.world import World, text_of


async def test_today_shows_the_newest_list_that_has_papers_and_names_it(world: World) -> None:
    world.list_paper("2608.00001", day=world.today - timedelta(days=1), title="Tea Leaves")

    result = await world.member.slash(world.channel, "papers today")

    assert "18 Aug 2026" in text_of(result)
    assert "Tea Leaves" in text_of(result)


async def test_a_date_shows_that_list_by_upvotes(world: World) -> None:
    day = world.today - timedelta(days=5)
    world.list_paper("2608.00001", day=day, title="Few", upvotes=1)
    world.list_paper("2608.00002", day=day, title="Many", upvotes=9)

    answer = text_of(await world.member.slash(world.channel, "papers date", date=day.isoformat()))

    assert answer.index("Many") < answer.index("Few")


async def test_a_list_not_read_since_it_closed_may_be_incomplete(world: World) -> None:
    day = world.today
    world.list_paper("2608.00001", title="Tea Leaves")
    answer = text_of(await world.member.slash(world.channel, "papers date", date=day.isoformat()))
    assert "still open; it closes" in answer

    world.clock.advance(days=2)

    answer = text_of(await world.member.slash(world.channel, "papers date", date=day.isoformat()))
    assert "while the list was still open: later papers may be missing" in answer
    await world.run()
    answer = text_of(await world.member.slash(world.channel, "papers date", date=day.isoformat()))
    assert "filling" not in answer


@pytest.mark.thorough
async def test_a_paper_that_comes_back_is_on_both_lists_and_posted_once(world: World) -> None:
    first = world.today - timedelta(days=6)
    world.list_paper("2608.00001", day=first, title="Video Tea Leaves")
    await world.admin.slash(world.channel, "papers date", date=first.isoformat())
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.run()
    assert world.posted_ids() == [], "it was listed before the subscription"

    world.list_paper("2608.00001", title="Video Tea Leaves")
    world.clock.advance(days=1)  # the channel's time
    await world.run()
    await world.run()

    for day in (first, world.today - timedelta(days=1)):
        answer = text_of(await world.member.slash(world.channel, "papers date", date=day.isoformat()))
        assert "1 paper" in answer
        assert "Tea Leaves" in answer
    assert world.posted_ids() == ["2608.00001"]
    answer = text_of(await world.member.slash(world.channel, "paper", paper="2608.00001"))
    assert "on the lists of 13 Aug 2026 and 19 Aug 2026" in answer


async def test_a_paper_that_its_list_does_not_show_any_more_stays_on_it(world: World) -> None:
    world.list_paper("2608.00001", title="Tea Leaves")
    await world.run()
    world.hub.days.clear()
    world.clock.advance(hours=1)
    await world.run()

    assert "Tea Leaves" in text_of(await world.member.slash(world.channel, "papers today"))


async def test_an_empty_weekend_is_no_failure(world: World) -> None:
    answer = text_of(await world.member.slash(world.channel, "papers date", date="2026-08-15"))

    assert "weekend" in answer


@pytest.mark.parametrize(
    "typed", first(1, ["someday", "8/7/2026", "2026-13-01", "20260819", "2026-W33-1", "0"])
)
async def test_a_wrong_date_is_answered_with_how_to_write_it(world: World, typed: str) -> None:
    result = await world.member.slash(world.channel, "papers date", date=typed)

    assert "YYYY-MM-DD" in text_of(result)


async def test_a_future_day_is_not_open_yet(world: World) -> None:
    answer = text_of(await world.member.slash(world.channel, "papers date", date="2026-08-21"))

    assert "is not open yet" in answer


async def test_a_long_list_is_paged(world: World) -> None:
    for number in range(16):
        world.list_paper(f"2608.{number:05}", title=f"Paper number {number}")

    result = await world.member.slash(world.channel, "papers today")
    assert "Page 1 of 2" in text_of(result)

    await world.member.click(result.response, label="Next")


async def test_a_paper_is_shown_with_its_links(world: World) -> None:
    world.list_paper("2608.00001", title="Tea Leaves")
    await world.run()

    result = await world.member.slash(
        world.channel, "paper", paper="https://huggingface.co/papers/2608.00001"
    )

    assert "Tea Leaves" in text_of(result)
    assert "19 Aug 2026" in text_of(result)


async def test_a_paper_that_was_never_listed_is_asked_of_hugging_face(world: World) -> None:
    inner = raw_item(id="2401.12345", title="An Unlisted Paper")["paper"]
    inner.pop("submittedOnDailyAt", None)
    world.hub.papers["2401.12345"] = inner

    result = await world.member.slash(world.channel, "paper", paper="arXiv:2401.12345v2")

    assert "An Unlisted Paper" in text_of(result)
    assert "on no Daily Papers list that I know" in text_of(result)


@pytest.mark.parametrize("typed", first(1, ["cats", "1234", "2401.12345 2401.54321", "99999999.1"]))
async def test_a_wrong_id_is_answered_with_how_to_write_it(world: World, typed: str) -> None:
    result = await world.member.slash(world.channel, "paper", paper=typed)

    assert "`2401.12345`" in text_of(result)


async def test_an_unknown_paper_is_reported(world: World) -> None:
    result = await world.member.slash(world.channel, "paper", paper="2401.99999")

    assert "no paper `2401.99999`" in text_of(result)


async def test_unreadable_items_are_counted_below_the_list(world: World) -> None:
    day = world.today - timedelta(days=1)
    world.list_paper("2608.00001", day=day, title="Tea Leaves")
    world.hub.days[day].append({"paper": {"id": "hep-th/9901001"}})

    for typed in (day.isoformat(), day.isoformat()):  # read for the occasion, then known
        answer = text_of(await world.member.slash(world.channel, "papers date", date=typed))
        assert "Tea Leaves" in answer
        assert "1 item on this list could not be read, so papers may be missing" in answer


async def test_a_list_none_of_whose_items_can_be_read_is_no_empty_list(world: World) -> None:
    day = world.today - timedelta(days=1)
    world.hub.days[day] = [{"paper": {}}] * 3

    answer = text_of(await world.member.slash(world.channel, "papers date", date=day.isoformat()))

    assert "none of the papers that Hugging Face listed could be read" in answer
    assert "has no papers" not in answer


async def test_the_newest_list_may_be_incomplete_while_hugging_face_fails(world: World) -> None:
    world.list_paper("2608.00001", title="Tea Leaves")
    await world.run()
    world.hub.day_faults[world.today] = Fault(status=500)
    world.clock.advance(hours=1)
    await world.run()

    answer = text_of(await world.member.slash(world.channel, "papers today"))

    assert "Tea Leaves" in answer
    assert "may be incomplete or out of date, because Hugging Face had an internal error (500)" in answer


@pytest.mark.parametrize("fault", first(1, FINAL_LEAKS), ids=lambda fault: f"{fault.kind} {fault.status}")
async def test_what_hugging_face_answers_instead_of_a_list_or_a_paper_is_shown_to_nobody(
    world: World, fault: Fault
) -> None:
    for command, options in (("papers today", {}), ("paper", {"paper": "2401.12345"})):
        world.hub.faults.append(fault)
        answer = text_of(await world.member.slash(world.channel, command, **options))
        assert "could not be read, because" in answer or "no paper `2401.12345`" in answer
        assert not leaked(answer)


async def test_titles_of_recent_papers_are_offered_while_one_types_the_newest_first(world: World) -> None:
    async def offered(typed: str, command: str = "paper") -> list[tuple[str, str]]:
        found = await world.member.autocomplete(world.channel, command, "paper", typed)
        return [(choice["name"], choice["value"]) for choice in found]

    assert await offered("tea") == []
    raw = world.list_paper("2608.00001", day=world.today - timedelta(days=1), title="Tea Leaves", upvotes=99)
    for number in range(2, 32):
        world.list_paper(f"2608.{number:05}", title=f"Leaves of tea and {'green ' * 30}dry", upvotes=number)
    for back in (0, 1):
        await world.services.polling.read_day(world.today - timedelta(days=back))

    assert len(await offered("tea")) == 25
    raw["title"] = raw["paper"]["title"] = "Tea Leaves, revised"
    await world.services.polling.read_day(world.today - timedelta(days=1))

    everything = await offered("leaves tea")
    (older,) = await offered("2608.00001", "explain")

    assert len(everything) == 25
    assert everything[0] == ("Leaves of tea and" + " green" * 13 + "…", "2608.00031")
    assert older == ("2608.00001: Tea Leaves, revised", "2608.00001")
    assert "Tea Leaves" in text_of(await world.member.slash(world.channel, "paper", paper=older[1]))
    assert "choose a recent paper while you type" in text_of(
        await world.member.slash(world.channel, "paper", paper="tea leaves")
    )
